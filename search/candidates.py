"""The first stage of an answer: the chat's pictures that lie in the question's direction, best first."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace

from search.direction import Direction
from search.query import Query, Sort
from search.ranking import Candidate, candidates
from search.records import Remembered
from storage.filtered import FilteredPhotos
from storage.index_records import Neighbour
from storage.vectors import VectorIndex

DEPTH = 1_000
"""How many photos are ranked at once: of chats that are in memory without SQL, of others in brief (5 ms; whole, 30)."""
WIDER = 4
"""How much wider the net is cast each time that collapsing left too few for a page."""


class Candidates:
    """Ranks the photos of the question's chat that its filters leave, each picture once."""

    def __init__(self, filtered: FilteredPhotos, index: VectorIndex) -> None:
        self._filtered = filtered
        self._index = index

    async def best(self, query: Query, direction: Direction | None, depth: int = DEPTH) -> list[Candidate]:
        """At least a page of pictures, where so many are left, and those of the `depth` nearest photos.

        Without a direction nothing is nearer than anything else: they are the newest, or the oldest where asked for.
        """
        if direction is None:
            return await self._by_date(query, depth)
        return await self._nearest(query, direction, depth)

    def are_in_memory(self, chat_id: int) -> bool:
        """Whether photos of a chat are at hand: then there are some."""
        return self._index.count_in_memory(chat_id) > 0

    async def left(self, query: Query) -> int | None:
        """How many photos the question's filters leave; None where it has none."""
        return await self._index.count_left(query.chat_id, query.filters) if query.filters else None

    async def among(self, query: Query, photo_ids: Sequence[int]) -> set[int]:
        """Which of these photos the question's filters leave."""
        return await self._filtered.among(query.chat_id, query.filters, photo_ids)

    async def still(self, query: Query, photo_ids: Sequence[int]) -> Collection[int]:
        """Which of these photos, found earlier, still satisfy the filters: SQL has the last word, whatever memory has.
        Whether they were there when the question was asked was settled when they were found."""
        lasting = replace(query, filters=replace(query.filters, up_to=None))
        return await self.among(lasting, photo_ids) if lasting.filters else photo_ids

    def check(self, chat_id: int, found: Sequence[Candidate], still: Collection[int]) -> None:
        """Have a chat read anew of which memory has told what SQL does not: it was not heard of a change."""
        if any(isinstance(one.posting, Remembered) and one.posting.id not in still for one in found):
            self._index.forget(chat_id)

    async def _nearest(self, query: Query, direction: Direction, wanted: int) -> list[Candidate]:
        while True:
            neighbours, asking = await asyncio.gather(
                self._index.nearest(query.chat_id, direction.vector, wanted, direction.exclude, query.filters),
                self._asking(query),
            )
            unknown = [neighbour.photo_id for neighbour in neighbours if neighbour.moment is None]
            postings = await self._filtered.in_brief(query.chat_id, query.filters, unknown) if unknown else {}
            found = _without(asking, candidates(query.chat_id, neighbours, postings))
            if len(found) >= query.count or len(neighbours) < wanted:
                return found
            wanted *= WIDER

    async def _by_date(self, query: Query, wanted: int) -> list[Candidate]:
        asked_in = (query.chat_id, query.asked_in)
        while True:
            is_oldest_first = query.sort is Sort.OLDEST
            rows = await self._filtered.by_date(query.chat_id, query.filters, wanted, oldest_first=is_oldest_first)
            neighbours = [Neighbour(row.id, row.image_id, 0.0) for row in rows]
            asking = next((row.id for row in rows if (row.origin_chat_id, row.message_id) == asked_in), None)
            found = _without(asking, candidates(query.chat_id, neighbours, {row.id: row for row in rows}))
            if len(found) >= query.count or len(rows) < wanted:
                return found
            wanted *= WIDER

    async def _asking(self, query: Query) -> int | None:
        """The photo of the very message that asks: no answer to it."""
        return None if query.asked_in is None else await self._filtered.posted_in(query.chat_id, query.asked_in)


def _without(photo_id: int | None, found: list[Candidate]) -> list[Candidate]:
    return found if photo_id is None else [one for one in found if one.posting.id != photo_id]
