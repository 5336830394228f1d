"""Chroma for a program with an event loop: where its calls are done, how much at once, and for how long.

A directory is kept by a process of its own (`storage.chroma_process`): `upsert` holds the GIL, and stalled the bot's
event loop for up to 1.3 s. A server is a process already: its calls are done on threads. Nothing is decided here about
what to ask Chroma, and nothing it says is the truth: that is in SQL.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Concatenate, ParamSpec, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from storage.chroma_client import ChromaLocation
from storage.chroma_errors import unavailable
from storage.chroma_process import ChromaProcess
from storage.chroma_threads import ChromaThreads
from storage.collection import Collection, Opened
from storage.database import batches
from storage.errors import VectorIndexUnavailable
from storage.index_records import IndexEntry, Near, Place

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

PAGE = 1_000
PATIENCE = 60
"""Seconds for one call. Chroma's HTTP client waits for ever; opening a million vectors takes 20 seconds."""
CLOSING_PATIENCE = 1.5
"""Seconds that closing waits for a write in hand; a bot that is stopped has ten in all."""


class Caller(Protocol):
    """Whoever calls a collection's methods, elsewhere than on the event loop."""

    @property
    def batch(self) -> int:
        """Entries to be written in one call; Chroma takes 5,461."""

    async def begin(self, call: Callable[Concatenate[Collection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """A write that can be the first call of all."""

    async def write(self, call: Callable[Concatenate[Collection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """A call that changes something: one after the other."""

    async def ask(self, call: Callable[Concatenate[Collection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """A call that changes nothing: two at a time, beside a write."""

    async def drop(self) -> None:
        """Leave nothing of it on a server; a directory is set aside by whoever opens it for another model."""

    async def close(self) -> None:
        """After the write in hand."""

    def give_up(self) -> None:
        """Of a call that does not come back."""

    def stop(self) -> None:
        """For good, and without waiting."""


class ChromaIndex:
    """The vector index of one model. Every method raises VectorIndexUnavailable where Chroma fails."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    @classmethod
    def at(cls, location: ChromaLocation, model: str, dimensions: int) -> ChromaIndex:
        """The index of a model in a place; nothing is opened yet, and no process started."""
        if location.directory is None:
            return cls(ChromaThreads(Collection(location, model, dimensions)))
        absolute = replace(location, directory=location.directory.absolute())
        return cls(ChromaProcess(partial(Collection, absolute, model, dimensions)))

    async def open(self, generation: str) -> Opened:
        """Open the collection of this build, or make it; again, if it is open.

        A directory that is broken or of another archive is set aside and begun anew, for SQL can refill it.
        """
        return await self._in_time(self._caller.begin(Collection.open, generation))

    async def look_into(self, generation: str) -> Opened:
        """Open the collection without mending anything: what is wrong is raised."""
        return await self._in_time(self._caller.begin(Collection.look_into, generation))

    async def renew(self, generation: str) -> Opened:
        """Begin a new build, empty; a directory is set aside until `discard`."""
        return await self._in_time(self._caller.begin(Collection.renew, generation))

    async def discard(self, before: datetime | None = None) -> None:
        """Delete what was set aside, or only what was so before a moment."""
        await self._in_time(self._caller.begin(Collection.discard, before))

    async def drop(self) -> None:
        """Give the collection up for good, and close."""
        try:
            await self._in_time(self._caller.drop())
        finally:
            await self.close()

    async def upsert(self, entries: Sequence[IndexEntry]) -> None:
        """Write entries, in place of earlier ones of the same photos."""
        for batch in batches(entries, self._caller.batch):
            await self._in_time(self._caller.write(Collection.upsert, batch))

    async def chats(self) -> list[int]:
        """The chats that it has something of."""
        return await self._in_time(self._caller.ask(Collection.chats))

    async def delete(self, chat_id: int, photo_ids: Sequence[int]) -> None:
        """Delete entries of a chat; ids it does not have are passed over."""
        for batch in batches(photo_ids):
            await self._in_time(self._caller.write(Collection.delete, chat_id, batch))

    async def drop_chat(self, chat_id: int) -> None:
        """Have nothing of a chat any more, nor its files."""
        await self._in_time(self._caller.write(Collection.drop_chat, chat_id))

    async def query(self, vector: NDArray[np.float32], chat_id: int, k: int) -> list[Near]:
        """About the `k` nearest of a chat to a [d] vector, best first; fewer where it has fewer."""
        return await self._in_time(self._caller.ask(Collection.query, vector, chat_id, k))

    async def count(self) -> int:
        """How many entries there are, of all chats."""
        return await self._in_time(self._caller.ask(Collection.count))

    async def pages(self, chat_id: int, size: int = PAGE) -> AsyncIterator[list[Place]]:
        """The place of every entry of a chat, in pages; what is written meanwhile may be seen, missed or seen twice."""
        offset = 0
        while page := await self._in_time(self._caller.ask(Collection.page, chat_id, offset, size)):
            yield page
            offset += len(page)

    async def places(self, chat_id: int, photo_ids: Sequence[int]) -> list[Place]:
        """Where those of these photos are that it has of a chat."""
        if not photo_ids:  # which Chroma takes for a mistake
            return []
        return await self._in_time(self._caller.ask(Collection.places, chat_id, photo_ids))

    async def vectors(self, places: Sequence[Place]) -> dict[int, NDArray[np.float32]]:
        """The [d] vectors of those of these photos that it has."""
        return await self._in_time(self._caller.ask(Collection.vectors, places))

    async def close(self) -> None:
        """Finish the write in hand and close; what takes longer is left behind."""
        try:
            async with asyncio.timeout(CLOSING_PATIENCE):
                await self._caller.close()
        except (TimeoutError, VectorIndexUnavailable) as error:
            log.warning("Chroma was not closed in time (%s); the next start compares it with the database.", error)
        finally:
            self._caller.stop()

    async def _in_time(self, call: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(PATIENCE):
                return await call
        except TimeoutError as error:
            self._caller.give_up()
            raise unavailable(f"no answer within {PATIENCE} seconds", is_passing=True) from error
