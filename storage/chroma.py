"""Chroma for a program with an event loop: its calls on threads of their own, its errors translated.

Writes have one thread and small batches, because `upsert` holds the GIL; queries have two, because filtered
queries get no faster with more. Nothing is decided here about what to ask Chroma, and nothing it says is the
truth: that is in SQL.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from storage.clean_memory import clean_memory
from storage.collection import Collection, Opened, is_passing
from storage.database import batches
from storage.errors import VectorIndexUnavailable
from storage.records import IndexEntry, Neighbour, Place

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

WRITE_BATCH = 32
"""Entries in one call. Chroma takes 5,461, but nobody else gets the GIL meanwhile: on a busy machine the
event loop stood still for 1.3 s with 256 and 0.2 s with 32, at the same rate."""
PAGE = 1_000
PATIENCE = 60
"""Seconds for one call. Chroma's HTTP client waits for ever; opening a million vectors takes 20 seconds."""
CLOSING_PATIENCE = 1.5
"""Seconds that closing waits for a write in hand; a bot that is stopped has ten in all."""
PASSING_ADVICE = (
    "Check Chroma's place in the settings, its disk and its rights, and that it runs; searches go on without it, "
    "and it is tried again."
)


class ChromaIndex:
    """The vector index of one model. Every method raises VectorIndexUnavailable where Chroma fails."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._writes = ThreadPoolExecutor(1, thread_name_prefix="chroma-write")
        self._queries = ThreadPoolExecutor(2, thread_name_prefix="chroma-query")

    async def open(self, generation: str) -> Opened:
        """Open the collection of this build, or make it; again, if it is open.

        A directory that is broken or of another archive is set aside and begun anew, for SQL can refill it.
        """
        return await self._write(self._collection.open, generation)

    async def look_into(self, generation: str) -> Opened:
        """Open the collection without mending anything: what is wrong is raised."""
        return await self._write(self._collection.look_into, generation)

    async def renew(self, generation: str) -> Opened:
        """Begin a new build, empty; a directory is set aside until `discard`."""
        return await self._write(self._collection.renew, generation)

    async def discard(self, before: datetime | None = None) -> None:
        """Delete what was set aside, or only what was so before a moment."""
        await self._write(self._collection.discard, before)

    async def drop(self) -> None:
        """Give the collection up for good, and close."""
        try:
            await self._write(self._collection.drop)
        finally:
            await self.close()

    async def upsert(self, entries: Sequence[IndexEntry]) -> None:
        """Write entries, in place of earlier ones of the same photos."""
        for batch in batches(entries, WRITE_BATCH):
            await self._write(self._collection.upsert, batch)

    async def place(self, places: Sequence[Place]) -> None:
        """Correct chat and image of entries that exist; others are passed over."""
        for batch in batches(places):
            await self._write(self._collection.place, batch)

    async def delete(self, photo_ids: Sequence[int]) -> None:
        """Delete entries; ids it does not have are passed over."""
        for batch in batches(photo_ids):
            await self._write(self._collection.delete, batch)

    async def query(self, vector: NDArray[np.float32], chat_id: int, k: int) -> list[Neighbour]:
        """About the `k` nearest of a chat to a [d] vector, best first; fewer where it has fewer."""
        return await self._on(self._queries, self._collection.query, vector, chat_id, k)

    async def count(self) -> int:
        """How many entries there are, of all chats."""
        return await self._on(self._queries, self._collection.count)

    async def pages(self, size: int = PAGE) -> AsyncIterator[list[Place]]:
        """Every entry's place, in pages; what is written meanwhile may be seen, missed or seen twice."""
        offset = 0
        while page := await self._on(self._queries, self._collection.page, offset, size):
            yield page
            offset += len(page)

    async def places(self, photo_ids: Sequence[int]) -> list[Place]:
        """Where those of these photos are that it has."""
        if not photo_ids:  # which Chroma takes for a mistake
            return []
        return await self._on(self._queries, self._collection.places, photo_ids)

    async def vectors(self, photo_ids: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        """The [d] vectors of those of these photos that it has."""
        if not photo_ids:
            return {}
        return await self._on(self._queries, self._collection.vectors, photo_ids)

    async def close(self) -> None:
        """Finish the write in hand and close; what hangs is left behind."""
        try:
            async with asyncio.timeout(CLOSING_PATIENCE):
                await self._write(self._collection.close)
        except (TimeoutError, VectorIndexUnavailable) as error:
            log.warning("Chroma could not be closed (%s); it is compared with the database at the next start.", error)
        finally:
            self._stop()

    def _stop(self) -> None:
        self._queries.shutdown(wait=False, cancel_futures=True)
        self._writes.shutdown(wait=False, cancel_futures=True)

    async def _write(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._on(self._writes, lambda: _cleanly(call, *args, **kwargs))

    async def _on(self, pool: ThreadPoolExecutor, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(PATIENCE):
                return await loop.run_in_executor(pool, lambda: _translated(call, *args, **kwargs))
        except TimeoutError as error:
            raise VectorIndexUnavailable(f"no answer within {PATIENCE} seconds", is_passing=True) from error


def _cleanly(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    with clean_memory.wanted():
        return call(*args, **kwargs)


def _translated(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Whatever Chroma raises, as VectorIndexUnavailable.

    There is no narrower list: ChromaError, ValueError, httpx's and sqlite3's errors, AttributeError from
    a client that failed to start, and panics of its Rust part, which are no Exception at all.
    """
    try:
        return call(*args, **kwargs)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        raise _unavailable(error) from error


def _unavailable(error: BaseException) -> VectorIndexUnavailable:
    reason = f"{type(error).__name__}: {error}"
    if is_passing(error):
        return VectorIndexUnavailable(reason, PASSING_ADVICE, is_passing=True)
    return VectorIndexUnavailable(reason)
