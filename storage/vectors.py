"""The one door to vectors: whether a question is answered exactly or by Chroma is decided here, nowhere else.

Chats of up to `exact_limit` photos are answered exactly from matrices in memory: a scan of 13,000 vectors
takes milliseconds, while Chroma's filter by chat costs 60 to 440 ms at 100,000 vectors whatever the chat's
size (docs/decisions/0002-exact-before-chroma.md). Chroma answers for larger chats, and for those whose matrix
alone would exceed the memory budget. Chroma is derived and may be wrong or broken: until it has been compared
with SQL, and whenever it fails, those questions too are answered exactly, by a scan of SQL in parts.

Whoever changes photos commits to SQL first and calls here afterwards.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from storage.cache import MatrixCache
from storage.chroma import ChromaIndex
from storage.collection import Opened
from storage.database import batches
from storage.differences import differences
from storage.embeddings import Embeddings
from storage.errors import VectorIndexUnavailable
from storage.generation import generation, next_generation
from storage.matrix import nearest
from storage.reconcile import reconcile
from storage.records import ChatMatrix, IndexEntry, Neighbour, Reconciled

log = logging.getLogger(__name__)

EXACT_LIMIT = 50_000
CACHE_BYTES = 256 * 2**20
CLOSING_PATIENCE = 1.0
"""Seconds that closing waits for Chroma to take the last removals; the next start would do it."""
INLINE_ROWS = 20_000
"""A scan of fewer rows takes at most some 10 ms and is done where it is asked; a larger one in a thread."""
FEW = 1_000
"""So many photos are read sooner alone than with all of their chat, where its matrix is not in memory."""
FEWEST = 0.5
"""The part of a chat's photos that Chroma must have; those of the batch in hand may still be on their way."""
TOLERANCE = 0.01
"""How far Chroma's cosine may be from that of SQL's vector; float16 moves it by less than 0.001."""


class Condition(StrEnum):
    """How Chroma stands to SQL. Questions are answered in any case."""

    EQUAL = "equal"
    MENDING = "mending"
    """It is being opened and compared with SQL, or made anew."""
    AWAY = "away"
    """It has failed, and is tried again in a while."""


class VectorIndex:
    """Finds the photos of a chat that are nearest to a vector."""

    needs_reconcile: asyncio.Event
    """Set at first, and whenever Chroma failed: Chroma is not asked before `reconcile` has succeeded."""

    def __init__(
        self,
        embeddings: Embeddings,
        chroma: ChromaIndex,
        *,
        exact_limit: int = EXACT_LIMIT,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self._embeddings = embeddings
        self._chroma = chroma
        self._exact_limit = exact_limit
        self._cache_bytes = cache_bytes
        self._cache = MatrixCache(embeddings, cache_bytes)
        self._changing = asyncio.Lock()
        """Held from the reading of SQL to the writing of Chroma, so that no older state overtakes a newer."""
        self._pending: set[asyncio.Task[None]] = set()
        self._trusted = False
        self._broken = True
        """Chroma is not open yet, or a call has failed since the last reconciliation began."""
        self.needs_reconcile = asyncio.Event()
        self.needs_reconcile.set()

    @property
    def condition(self) -> Condition:
        """How Chroma stands to SQL at this moment."""
        if self._trusted:
            return Condition.EQUAL
        return Condition.AWAY if self.needs_reconcile.is_set() else Condition.MENDING

    async def count_in_chroma(self) -> int:
        """How many entries Chroma has. Raises VectorIndexUnavailable."""
        return await self._chroma.count()

    async def differences(self) -> Reconciled:
        """Where an open Chroma is not as SQL has it; nothing is changed. Raises VectorIndexUnavailable."""
        return await differences(self._embeddings, self._chroma, self._changing)

    def distrust(self) -> None:
        """Let Chroma be compared and mended, and not be asked before."""
        self._trusted = False
        self.needs_reconcile.set()

    def change(self, embeddings: Embeddings, chroma: ChromaIndex) -> ChromaIndex:
        """From now on the vectors of another model, with a Chroma that is still to be opened; returns the one before,
        for the caller to close. Nobody may `add` or `reconcile` meanwhile, and what `nearest` has in hand is void."""
        before, self._chroma = self._chroma, chroma
        self._embeddings = embeddings
        self._cache = MatrixCache(embeddings, self._cache_bytes)
        self._trusted = False
        self._broken = True
        self.needs_reconcile.set()
        return before

    async def nearest(
        self,
        chat_id: int,
        vector: NDArray[np.float32],
        k: int | None,
        exclude_images: Collection[int] = (),
        among: NDArray[np.int64] | None = None,
    ) -> list[Neighbour]:
        """The `k` photos of a chat nearest to a normalised [d] vector, best first; None: all, exactly.

        `among` are the ids of the only photos of the chat that count, as SQL's filters leave them: then the answer
        is exact whatever the chat's size, and Chroma is not asked. Every photo counts, also one that shows the same
        image as another. A photo deleted this very moment may still be among them: whoever shows it looks it up in
        SQL anyway. Raises DatabaseUnavailable.
        """
        if among is not None and len(among) <= FEW and not self._cache.has(chat_id):
            return await self._scan(self._embeddings.photo_parts(among), vector, k, exclude_images)
        photos = None if self._cache.has(chat_id) else await self._embeddings.count(chat_id)
        if photos is None or self._fits_in_memory(photos, len(vector)):
            view = (await self._cache.matrix(chat_id)).view()
            return await _scored(view, vector, k, exclude_images, among)
        if among is not None:
            return await self._scan(self._embeddings.photo_parts(among), vector, k, exclude_images)
        if k is not None and self._trusted:
            try:
                return await self._ask_chroma(chat_id, vector, k, exclude_images, photos)
            except VectorIndexUnavailable as error:
                self._distrust(error)
        return await self._scan(self._embeddings.chat_parts(chat_id), vector, k, exclude_images)

    async def add(self, entries: Sequence[IndexEntry]) -> None:
        """Make photos findable that SQL holds as indexed; what it no longer does is left out.

        Never fails for Chroma's sake, for SQL is the truth: the failure is logged, `needs_reconcile` set, and
        the photos are found by exact search.
        """
        async with self._changing:
            current = await self._embeddings.entries([entry.photo_id for entry in entries])
            self._cache.put(current)
            await self._in_chroma(self._chroma.upsert(current))

    async def remove(self, photo_ids: Collection[int], chat_id: int) -> None:
        """Let photos no longer be found, at once."""
        self._cache.remove(chat_id, photo_ids)
        self._later(self._remove(list(photo_ids), chat_id))

    async def move(self, photo_ids: Collection[int], old_chat: int, new_chat: int) -> None:
        """Photos have gone to another chat's archive."""
        self._cache.drop(old_chat)
        self._cache.drop(new_chat)
        self._later(self._move(list(photo_ids), old_chat, new_chat))

    async def settled(self) -> None:
        """Returns once Chroma knows of everything that was removed or moved."""
        while self._pending:
            await asyncio.wait(self._pending)

    def _later(self, change: Coroutine[Any, Any, None]) -> None:
        """Chroma may take a minute to answer, and removals come with updates that Telegram waits to see confirmed.

        Until then Chroma may show what SQL no longer holds: whoever shows a hit looks it up in SQL. After a crash
        the next reconciliation does it.
        """
        task = asyncio.create_task(change, name="chroma-change")
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def _remove(self, photo_ids: list[int], chat_id: int) -> None:
        async with self._changing:
            self._cache.remove(chat_id, photo_ids)  # again: an `add` may have been on its way
            await self._in_chroma(self._chroma.delete(photo_ids))

    async def _move(self, photo_ids: list[int], old_chat: int, new_chat: int) -> None:
        async with self._changing:
            self._cache.drop(old_chat)
            self._cache.drop(new_chat)
            for batch in batches(photo_ids):
                places = [entry.place for entry in await self._embeddings.entries(batch)]
                await self._in_chroma(self._chroma.place(places))

    async def reconcile(self, progress: Callable[[int, int], None] | None = None) -> Reconciled:
        """Open Chroma, compare it with SQL and mend it; one that is broken, stale or foreign is made anew from SQL.

        `progress(done, total)` counts photos. Searches go on meanwhile. Raises VectorIndexUnavailable where
        Chroma cannot even be made anew, and then still `needs_reconcile`: wait a while before trying again.
        """
        self.needs_reconcile.clear()
        try:
            mended = await self._reconciled(progress)
        except BaseException as error:
            self._broken = True
            self.needs_reconcile.set()
            if isinstance(error, VectorIndexUnavailable) and error.is_passing:
                await self._chroma.discard()  # the disk may have room for one index only, and SQL has everything
            raise
        self._trusted = not self.needs_reconcile.is_set()
        return mended

    async def _reconciled(self, progress: Callable[[int, int], None] | None) -> Reconciled:
        try:
            opened = await self._chroma.open(await generation(self._embeddings.database))
            return await self._filled(opened, progress)
        except VectorIndexUnavailable as error:
            if error.is_passing:
                raise
            log.warning("The vector index is made anew from the database: %s.", error.reason)
        async with self._changing:
            opened = await self._chroma.renew(await next_generation(self._embeddings.database))
        return await self._filled(opened, progress)

    async def _filled(self, opened: Opened, progress: Callable[[int, int], None] | None) -> Reconciled:
        self._broken = False  # from here on changes reach Chroma; those before are found in SQL
        mended = await reconcile(self._embeddings, self._chroma, self._changing, opened, progress)
        await self._chroma.discard()
        return mended

    async def renew(self) -> None:
        """Begin Chroma anew, so that nothing of deleted vectors is left in its files.

        Searches are answered exactly until `reconcile`, which this asks for, has refilled it. Raises
        VectorIndexUnavailable.
        """
        self._trusted = False
        async with self._changing:
            try:
                await self._chroma.renew(await next_generation(self._embeddings.database))
            finally:
                await self._chroma.discard()
        self._trusted = False
        self.needs_reconcile.set()

    async def discard(self, before: datetime) -> None:
        """Delete what was set aside before a moment, whatever has become of it. Raises VectorIndexUnavailable."""
        await self._chroma.discard(before)

    async def close(self) -> None:
        """Give the memory back and close Chroma; SQL is closed by whoever opened it."""
        if self._pending:
            _, late = await asyncio.wait(self._pending, timeout=CLOSING_PATIENCE)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._cache.close()
        await self._chroma.close()

    def _fits_in_memory(self, photos: int, dimensions: int) -> bool:
        return photos <= self._exact_limit and photos * dimensions * 4 <= self._cache_bytes

    async def _ask_chroma(
        self, chat_id: int, vector: NDArray[np.float32], k: int, exclude_images: Collection[int], photos: int
    ) -> list[Neighbour]:
        asked = k + len(exclude_images)
        while True:
            found = await self._chroma.query(vector, chat_id, asked)
            if len(found) < min(asked, photos * FEWEST) and len(found) < await self._expected(chat_id, asked):
                raise VectorIndexUnavailable(f"it found {len(found)} photos in a chat that has {photos}")
            kept = [neighbour for neighbour in found if neighbour.image_id not in exclude_images]
            if len(kept) >= k or len(found) < asked:
                return await self._confirmed(sorted(kept, key=_rank)[:k], vector)
            asked *= 2  # an excluded image may have been posted many times

    async def _expected(self, chat_id: int, asked: int) -> float:
        """How many Chroma must find at least. Counted by vectors, which is slow: of photos whose file was gone when
        the model was changed there are none."""
        return min(asked, FEWEST * await self._embeddings.count_vectors(chat_id))

    async def _confirmed(self, found: list[Neighbour], vector: NDArray[np.float32]) -> list[Neighbour]:
        """The same with the scores of SQL's vectors, which an index that went stale does not have."""
        by_image = await self._embeddings.vectors([neighbour.image_id for neighbour in found])
        confirmed = [
            replace(neighbour, score=float(by_image[neighbour.image_id] @ vector))
            for neighbour in found
            if neighbour.image_id in by_image  # others were deleted this very moment
        ]
        scores = {neighbour.photo_id: neighbour.score for neighbour in found}
        for neighbour in confirmed:
            if abs(neighbour.score - scores[neighbour.photo_id]) > TOLERANCE:
                raise VectorIndexUnavailable(f"the vector of photo {neighbour.photo_id} is not the database's")
        return sorted(confirmed, key=_rank)

    async def _scan(
        self,
        parts: AsyncIterator[ChatMatrix],
        vector: NDArray[np.float32],
        k: int | None,
        exclude_images: Collection[int],
    ) -> list[Neighbour]:
        """Exactly, from SQL: half a second for 50,000 photos, but never wrong and never out of memory."""
        best: list[Neighbour] = []
        async for part in parts:
            best += nearest(part, vector, k, exclude_images)
            if k is not None:
                best = heapq.nsmallest(k, best, key=_rank)
        return sorted(best, key=_rank)

    async def _in_chroma(self, change: Coroutine[Any, Any, None]) -> None:
        if self._broken:
            change.close()  # the reconciliation that is due finds it in SQL; a hung server costs a minute a call
            return
        try:
            await change
        except VectorIndexUnavailable as error:
            self._distrust(error)

    def _distrust(self, error: VectorIndexUnavailable) -> None:
        if not self.needs_reconcile.is_set():  # once, not for every photo and question until it is mended
            log.error("%s", error)
        self._trusted = False
        self._broken = True
        self.needs_reconcile.set()


async def _scored(
    view: ChatMatrix,
    vector: NDArray[np.float32],
    k: int | None,
    exclude_images: Collection[int],
    among: NDArray[np.int64] | None,
) -> list[Neighbour]:
    if len(view.photo_ids) <= INLINE_ROWS:
        return nearest(view, vector, k, exclude_images, among)
    return await asyncio.to_thread(nearest, view, vector, k, exclude_images, among)


def _rank(neighbour: Neighbour) -> tuple[float, int]:
    return -neighbour.score, neighbour.photo_id
