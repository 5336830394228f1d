"""The first stage of an answer: the chat's pictures that lie in the question's direction, best first."""

from collections.abc import Sequence

from search.direction import Direction
from search.query import Query, Sort
from search.ranking import Candidate, candidates
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

    async def _nearest(self, query: Query, direction: Direction, wanted: int) -> list[Candidate]:
        asking = await self._asking(query)
        while True:
            neighbours = await self._index.nearest(
                query.chat_id, direction.vector, wanted, direction.exclude, query.filters
            )
            unknown = [neighbour.photo_id for neighbour in neighbours if neighbour.moment is None]
            postings = await self._filtered.in_brief(query.chat_id, query.filters, unknown) if unknown else {}
            found = _without(asking, candidates(query.chat_id, neighbours, postings))
            if len(found) >= query.count or len(neighbours) < wanted:
                return found
            wanted *= WIDER

    async def _by_date(self, query: Query, wanted: int) -> list[Candidate]:
        asking = await self._asking(query)
        while True:
            is_oldest_first = query.sort is Sort.OLDEST
            rows = await self._filtered.by_date(query.chat_id, query.filters, wanted, oldest_first=is_oldest_first)
            neighbours = [Neighbour(row.id, row.image_id, 0.0) for row in rows]
            found = _without(asking, candidates(query.chat_id, neighbours, {row.id: row for row in rows}))
            if len(found) >= query.count or len(rows) < wanted:
                return found
            wanted *= WIDER

    async def _asking(self, query: Query) -> int | None:
        """The photo of the very message that asks: no answer to it."""
        return None if query.asked_in is None else await self._filtered.posted_in(query.chat_id, query.asked_in)


def _without(photo_id: int | None, found: list[Candidate]) -> list[Candidate]:
    return found if photo_id is None else [one for one in found if one.posting.id != photo_id]
