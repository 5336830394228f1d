"""The one door to vectors: from where a question is answered is decided here, nowhere else.

| a chat | is answered |
|---|---|
| that is in memory | there, exactly |
| that is not large | there, once it is loaded |
| that is large | by Chroma; exactly, by a scan of SQL in parts, while Chroma cannot be believed |
| of which filters leave few | exactly, by reading those |
| of which filters leave many | in memory, once it is loaded, or by a scan where it would not fit |

Large are chats of more than `exact_limit` photos, and those that would not fit into the memory's budget
(`storage.layout` says what decided this). Whoever changes photos commits to SQL first and calls here afterwards.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from storage.cache import MatrixCache
from storage.chroma import ChromaIndex
from storage.embeddings import Embeddings
from storage.filtered import FilteredPhotos
from storage.filters import Filters
from storage.held import REMOVED, Held
from storage.index_records import ChatMatrix, Condition, IndexEntry, Neighbour, Reconciled, rank
from storage.large_chats import LargeChats
from storage.layout import CACHE_BYTES, EXACT_LIMIT, Layout
from storage.matrix import nearest
from storage.records import Photo
from storage.texts import Texts

__all__ = ["CACHE_BYTES", "EXACT_LIMIT", "VectorIndex"]

INLINE_ROWS = 20_000
"""A scan of fewer rows takes at most some 10 ms and is done where it is asked; a larger one in a thread."""
FOR_TEXTS = 8
"""This part of the memory's budget is for texts. Of a million photos of which half have one, 64 MB: they take less room
than vectors, and what does not fit is only four times as slow."""
FEW = 1_000
"""So many photos are read sooner alone than with all of their chat, where it is not in memory."""


class VectorIndex:
    """Finds the photos of a chat that are nearest to a vector."""

    def __init__(
        self,
        embeddings: Embeddings,
        chroma: ChromaIndex,
        *,
        exact_limit: int = EXACT_LIMIT,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self._embeddings = embeddings
        self._texts = Texts(embeddings.database, cache_bytes // FOR_TEXTS)
        self._filtered = FilteredPhotos(embeddings.database)
        self._layout = Layout(exact_limit, cache_bytes - cache_bytes // FOR_TEXTS)
        self._cache = MatrixCache(embeddings, self._layout.cache_bytes)
        self._large = LargeChats(embeddings, chroma, self._layout)

    @property
    def texts(self) -> Texts:
        """What is said about photos, in memory beside their vectors."""
        return self._texts

    @property
    def needs_reconcile(self) -> asyncio.Event:
        """Set at first, and whenever Chroma failed: Chroma is not asked before `reconcile` has succeeded."""
        return self._large.needs_reconcile

    @property
    def condition(self) -> Condition:
        """How Chroma stands to SQL at this moment."""
        return self._large.condition

    def count_in_memory(self, chat_id: int) -> int:
        """How many photos of a chat can be found without asking SQL."""
        return self._cache.count(chat_id)

    async def count_in_chroma(self) -> int:
        """How many entries Chroma has. Raises VectorIndexUnavailable."""
        return await self._large.count()

    async def differences(self) -> Reconciled:
        """Where an open Chroma is not as SQL has it; nothing is changed. Raises VectorIndexUnavailable."""
        return await self._large.differences()

    def distrust(self) -> None:
        """Let Chroma be compared and mended, and not be asked before."""
        self._large.distrust()

    def change(self, embeddings: Embeddings, chroma: ChromaIndex) -> ChromaIndex:
        """From now on the vectors of another model, with a Chroma that is still to be opened; returns the one before,
        for the caller to close. Nobody may `add` or `reconcile` meanwhile, and what `nearest` has in hand is void."""
        self._embeddings = embeddings
        self._cache = MatrixCache(embeddings, self._layout.cache_bytes)
        return self._large.change(embeddings, chroma)

    async def nearest(
        self,
        chat_id: int,
        vector: NDArray[np.float32],
        k: int | None,
        exclude_images: Collection[int] = (),
        filters: Filters | None = None,
    ) -> list[Neighbour]:
        """The `k` photos of a chat nearest to a normalised [d] vector, best first; None: all, exactly.

        With `filters`, only photos that they leave count; then the answer is exact whatever the chat's size, and
        Chroma is not asked. Every photo counts, also one that shows the same image as another. A photo deleted this
        very moment may still be among them: whoever shows it looks it up in SQL anyway. Raises DatabaseUnavailable.
        """
        if filters:
            return await self._nearest_left(chat_id, vector, k, exclude_images, filters)
        if not self._cache.has(chat_id):
            photos = await self._embeddings.count(chat_id)
            if self._layout.is_large(photos, len(vector)):
                found = None if k is None else await self._large.nearest(chat_id, vector, k, exclude_images, photos)
                if found is not None:
                    return found
                return await self._scan(self._embeddings.chat_parts(chat_id), vector, k, exclude_images)
        view = (await self._cache.matrix(chat_id)).view()
        return await _scored(view, vector, k, exclude_images)

    async def _nearest_left(
        self,
        chat_id: int,
        vector: NDArray[np.float32],
        k: int | None,
        exclude_images: Collection[int],
        filters: Filters,
    ) -> list[Neighbour]:
        """Where the chat is in memory, so are its dates and senders."""
        said = await self._texts.saying(chat_id, filters) if filters.phrases else None
        ids = None
        if not self._cache.has(chat_id) or (filters.phrases and said is None):
            ids = await self._ids_left(chat_id, filters, said)
        if ids is not None and not self._cache.has(chat_id):
            photos = await self._embeddings.count(chat_id) if len(ids) > FEW else 0
            if len(ids) <= FEW or not self._layout.fits_memory(photos, len(vector)):
                return await self._scan(self._embeddings.photo_parts(ids), vector, k, exclude_images)
        view = (await self._cache.matrix(chat_id)).view()
        eligible = view.left_by(filters, said) if ids is None else np.isin(view.photo_ids, ids)
        return await _scored(view, vector, k, exclude_images, eligible)

    async def count_left(self, chat_id: int, filters: Filters) -> int:
        """How many photos of a chat are left by filters, about; from the memory where they are there."""
        said = await self._texts.saying(chat_id, filters) if filters.phrases else None
        if self._cache.has(chat_id) and (said is not None or not filters.phrases):
            view = (await self._cache.matrix(chat_id)).view()
            return int((view.left_by(filters, said) & (view.photo_ids != REMOVED)).sum())
        return len(await self._ids_left(chat_id, filters, said))

    async def _ids_left(self, chat_id: int, filters: Filters, said: NDArray[np.int64] | None) -> NDArray[np.int64]:
        """The photos that filters leave, ascending; `said` are those that say their phrases, where that is known."""
        if said is None:
            return await self._filtered.ids(chat_id, filters)
        others = replace(filters, phrases=())
        if len(said) > FEW:
            return np.intersect1d(await self._filtered.ids(chat_id, others), said, assume_unique=True)
        return np.array(sorted(await self._filtered.among(chat_id, others, said.tolist())), np.int64)

    async def describe(self, photo: Photo) -> None:
        """What filters ask for may be another of a photo now."""
        self._cache.describe(photo)

    async def add(self, entries: Sequence[IndexEntry]) -> None:
        """Make photos findable that SQL holds as indexed; what it no longer does is left out.

        Never fails for Chroma's sake, for SQL is the truth: the failure is logged, `needs_reconcile` set, and
        the photos are found by exact search.
        """
        try:
            await self._large.add([entry.photo_id for entry in entries], self._cache.put)
        except BaseException:  # SQL has them, and could not be read just now: memory must not go on without them
            for chat_id in {entry.chat_id for entry in entries}:
                self._cache.drop(chat_id)
            raise

    async def remove(self, photo_ids: Collection[int], chat_id: int) -> None:
        """Let photos no longer be found, at once."""
        self._cache.remove(chat_id, photo_ids)
        await self._large.remove(list(photo_ids), chat_id, lambda: self._cache.remove(chat_id, photo_ids))

    async def move(self, photo_ids: Collection[int], old_chat: int, new_chat: int) -> None:
        """Photos have gone to another chat's archive."""

        def drop() -> None:
            self._cache.drop(old_chat)
            self._cache.drop(new_chat)

        drop()
        await self._large.move(list(photo_ids), old_chat, new_chat, drop)

    def forget(self, chat_id: int) -> None:
        """Let a chat be read from SQL anew."""
        self._cache.drop(chat_id)

    async def settled(self) -> None:
        """Returns once Chroma knows of everything that was removed or moved."""
        await self._large.settled()

    async def reconcile(self, progress: Callable[[int, int], None] | None = None) -> Reconciled:
        """Open Chroma, compare it with SQL and mend it; one that is broken, stale or foreign is made anew from SQL.

        `progress(done, total)` counts photos. Searches go on meanwhile. Raises VectorIndexUnavailable where
        Chroma cannot even be made anew, and then still `needs_reconcile`: wait a while before trying again.
        """
        return await self._large.reconcile(progress)

    async def renew(self) -> None:
        """Begin Chroma anew, so that nothing of deleted vectors is left in its files.

        Searches are answered exactly until `reconcile`, which this asks for, has refilled it. Raises
        VectorIndexUnavailable.
        """
        await self._large.renew()

    async def discard(self, before: datetime) -> None:
        """Delete what was set aside before a moment, whatever has become of it. Raises VectorIndexUnavailable."""
        await self._large.discard(before)

    async def close(self) -> None:
        """Give the memory back and close Chroma; SQL is closed by whoever opened it."""
        await self._cache.close()
        await self._large.close()

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
                best = heapq.nsmallest(k, best, key=rank)
        return sorted(best, key=rank)


async def _scored(
    view: Held,
    vector: NDArray[np.float32],
    k: int | None,
    exclude_images: Collection[int],
    eligible: NDArray[np.bool_] | None = None,
) -> list[Neighbour]:
    if len(view) <= INLINE_ROWS:
        return view.nearest(vector, k, exclude_images, eligible)
    return await asyncio.to_thread(view.nearest, vector, k, exclude_images, eligible)
