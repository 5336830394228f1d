"""Answers a question from the photos of the chat in which it was asked, and from no other."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from search.candidates import DEPTH, Candidates
from search.direction import Direction, Directions
from search.duplicates import Duplicates
from search.errors import ChatNotSearchable
from search.fusion import Fusion, Said
from search.pictures import Pictures
from search.query import Query
from search.ranking import Candidate, Hit, hits, ordered
from search.records import ChatCounts, Photo, PhotoPost
from search.text_search import TextSearch
from search.verdict import Judge, Verdict, judged
from storage.chats import Chats
from storage.photos import Photos

T = TypeVar("T")

Undisturbed = Callable[[], AbstractContextManager[None]]
"""Holds what works in the background for as long as somebody waits."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found, and what might have been missed."""

    hits: tuple[Hit, ...]
    """The first page."""
    counts: ChatCounts
    verdict: Verdict = Verdict.SURE
    found: tuple[Candidate, ...] = ()
    """Every hit in brief, those of the first page included, in the order in which pages show them."""


class Searcher:
    """The read side of the domain: a question passes through its stages, one line each."""

    def __init__(
        self,
        chats: Chats,
        photos: Photos,
        directions: Directions,
        candidates: Candidates,
        text_search: TextSearch,
        judge: Judge,
        duplicates: Duplicates,
        pictures: Pictures,
        undisturbed: Undisturbed = nullcontext,
    ) -> None:
        self._chats = chats
        self._photos = photos
        self._directions = directions
        self._candidates = candidates
        self._text_search = text_search
        self._fusion = Fusion(photos, text_search)
        self._judge = judge
        self._duplicates = duplicates
        self._pictures = pictures
        self._undisturbed = undisturbed

    async def answer(self, query: Query) -> Answer:
        """The best-matching photos of the query's chat.

        Raises:
            QuestionError: with a sentence for the asker.
            FileError, ImageRefused: the photo asked about could not be read.
        """
        with self._undisturbed():
            return await self._by_one_model(lambda: self._answer(query))

    async def _answer(self, query: Query) -> Answer:
        query = await self._text_search.narrowed(await self._addressed(query))
        async with self._beside(query) as beside:
            if not self._candidates.are_in_memory(query.chat_id) and not (await beside.counts).indexed:
                return Answer((), await beside.counts)
            direction = await self._directions.of(query)
            found, looks = await self._found(query, direction, DEPTH, beside)
            counts = await beside.counts
            if not counts.indexed:  # forgotten this very moment
                return Answer((), counts)
            found, verdict = judged(query, found, looks)
            found = await self._duplicates.collapsed(query.chat_id, found, _asked_about(direction))
        found = await self._each_once(query.chat_id, ordered(found, query)[:DEPTH], query.count)
        return Answer(await self.page(query, found[: query.count]), counts, verdict, tuple(found))

    async def deeper(self, query: Query, depth: int) -> list[Candidate]:
        """What an answer found, and what follows down to `depth`; not judged again. Raises what `answer` raises."""
        return await self._by_one_model(lambda: self._deeper(query, depth))

    async def _deeper(self, query: Query, depth: int) -> list[Candidate]:
        query = await self._text_search.narrowed(await self._addressed(query))
        async with self._beside(query) as beside:
            direction = await self._directions.of(query)
            found, _ = await self._found(query, direction, depth, beside)
            return ordered(await self._duplicates.collapsed(query.chat_id, found, _asked_about(direction)), query)

    async def _by_one_model(self, work: Callable[[], Awaitable[T]]) -> T:
        """What a change of model falls into is done again: vectors of two models say nothing of each other, and may not
        even have as many dimensions."""
        while True:
            model = self._directions.model
            try:
                found = await work()
            except Exception:
                if self._directions.model == model:
                    raise
            else:
                if self._directions.model == model:
                    return found

    @asynccontextmanager
    async def _beside(self, query: Query) -> AsyncIterator["_Beside"]:
        """Begun while looks are sought. So is the reading of a chat's fingerprints at its first question."""
        said = asyncio.create_task(self._fusion.said(query), name="texts")
        counts = asyncio.create_task(self._photos.counts(query.chat_id), name="counts")
        loading = asyncio.create_task(self._duplicates.load(query.chat_id), name="fingerprints")
        try:
            yield _Beside(said, counts)
        finally:
            for task in (said, counts, loading):
                task.cancel()
            await asyncio.gather(said, counts, loading, return_exceptions=True)

    async def _found(
        self, query: Query, direction: Direction | None, depth: int, beside: "_Beside"
    ) -> tuple[list[Candidate], Verdict]:
        """By looks and by texts, and what may be claimed of the looks."""
        looking = await self._candidates.best(query, direction, depth)
        looks = await self._judge.looks(query, direction, looking, await self._chosen_from(query, looking, beside))
        return (await beside.said).with_looks(query, looking, looks), looks

    async def _chosen_from(self, query: Query, looking: Sequence[Candidate], beside: "_Beside") -> int:
        """Among how many photos the best were chosen: the pictures ranked, where that is all there is."""
        left = await self._candidates.left(query)
        photos = (await beside.counts).indexed if left is None else left
        return photos if photos > DEPTH else len(looking)

    async def page(self, query: Query, found: Sequence[Candidate]) -> tuple[Hit, ...]:
        """A page of an answer, each row read whole; what is gone or has changed by now is left out."""
        shown = hits(query.chat_id, found, await self._photos.get([one.posting.id for one in found]))
        narrowed = await self._text_search.narrowed(query)
        still = await self._candidates.still(narrowed, [hit.photo.id for hit in shown])
        shown = tuple(hit for hit in shown if hit.photo.id in still)
        self._candidates.check(query.chat_id, found, still)
        left = partial(self._candidates.among, narrowed) if narrowed.filters else None
        return await self._duplicates.counted(query.chat_id, shown, left, query.asked_in)

    async def repeats(self, chat_id: int, shown: Sequence[int], further: Sequence[int], wanted: int) -> set[int]:
        """See `Duplicates.repeats`."""
        return await self._duplicates.repeats(chat_id, shown, further, wanted)

    async def _each_once(self, chat_id: int, found: Sequence[Candidate], count: int) -> list[Candidate]:
        """Without what is on the first page, or the first after it, a picture once more: only the best were compared,
        and by date they need not come first."""
        again = await self._duplicates.repeats(chat_id, [], [one.posting.image_id for one in found], count + 1)
        return [one for place, one in enumerate(found) if place not in again]

    async def preview(self, post: PhotoPost | Photo) -> bytes:
        """See `Pictures.preview`."""
        with self._undisturbed():
            return await self._pictures.preview(post)

    async def _addressed(self, query: Query) -> Query:
        """The query, to the archive of the chat that its chat has become.

        Raises:
            ChatNotSearchable
        """
        chat = await self._chats.get(query.chat_id)
        if chat is not None and chat.migrated_to is not None:  # asked just before the group became a supergroup
            return await self._addressed(replace(query, chat_id=chat.migrated_to))
        if chat is not None and chat.left_at is not None:
            raise ChatNotSearchable
        return query


@dataclass(frozen=True, slots=True)
class _Beside:
    """What is asked of SQL while looks are sought: other threads' work, 5 to 20 ms of it for a large chat."""

    said: asyncio.Task[Said]
    counts: asyncio.Task[ChatCounts]


def _asked_about(direction: Direction | None) -> frozenset[int]:
    """The images that a question is about: no answer to it, nor is what is the same picture."""
    return frozenset() if direction is None else direction.exclude
