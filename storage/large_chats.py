"""The chats that Chroma answers for: kept as SQL has them, and not believed before they were compared.

Chroma is derived and may be wrong or broken. It is asked for a chat once the chat's collection has been compared with
SQL or filled from it, and until a call fails or an answer shows that it is not SQL's; then it is compared or made anew
in the background, while questions are answered exactly by others (`storage.vectors`).
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Collection, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from storage.approximate import nearest
from storage.chroma import ChromaIndex
from storage.collection import Opened
from storage.database import batches
from storage.differences import differences
from storage.embeddings import Embeddings
from storage.errors import VectorIndexUnavailable
from storage.generation import generation, next_generation
from storage.index_records import Condition, IndexEntry, Neighbour, Reconciled
from storage.layout import Layout
from storage.pending_changes import PendingChanges
from storage.reconcile import arranged, pages, reconcile

log = logging.getLogger(__name__)

AT_ONCE = 1_000
"""A chat of so few photos that has become a large one (where the limit is set that low) is filled where it stands."""
MOST_DIMENSIONS = 4_096
"""Of any model."""


class LargeChats:
    """Mirrors large chats into collections of their own."""

    needs_reconcile: asyncio.Event
    """Set at first, and whenever Chroma failed: Chroma is not asked before `reconcile` has succeeded."""

    def __init__(self, embeddings: Embeddings, chroma: ChromaIndex, layout: Layout) -> None:
        self._embeddings = embeddings
        self._chroma = chroma
        self._layout = layout
        self._changing = asyncio.Lock()
        """Held from the reading of SQL to the writing of Chroma, so that no older state overtakes a newer."""
        self._pending = PendingChanges(self.distrust)
        self._kept: set[int] = set()
        """Chats with a collection: changes are written there."""
        self._whole: set[int] = set()
        """Those of them that have been compared with SQL, or filled from it."""
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

    async def count(self) -> int:
        """How many entries Chroma has. Raises VectorIndexUnavailable."""
        return await self._chroma.count()

    async def differences(self) -> Reconciled:
        """Where an open Chroma is not as SQL has it; nothing is changed. Raises VectorIndexUnavailable.

        A collection that is still being filled is asked by nobody, and lacks what is on its way.
        """
        return await differences(self._embeddings, self._chroma, self._changing, set(self._whole))

    def distrust(self) -> None:
        """Let Chroma be compared and mended, and not be asked before."""
        self._trusted = False
        self.needs_reconcile.set()

    def change(self, embeddings: Embeddings, chroma: ChromaIndex) -> ChromaIndex:
        """See `VectorIndex.change`."""
        before, self._chroma = self._chroma, chroma
        self._embeddings = embeddings
        self._forget()
        return before

    async def nearest(
        self, chat_id: int, vector: NDArray[np.float32], k: int, exclude_images: Collection[int], photos: int
    ) -> list[Neighbour] | None:
        """The `k` nearest photos of a large chat, or about; None where Chroma cannot say."""
        if not self._trusted:
            return None
        if chat_id not in self._whole:
            self._pending.begin(self._lay_out(chat_id, photos, self._changing))
            return None
        try:
            return await nearest(self._embeddings, self._chroma, chat_id, vector, k, exclude_images, photos)
        except VectorIndexUnavailable as error:
            self._fail(error)
            return None

    async def add(self, photo_ids: Sequence[int], note: Callable[[Sequence[IndexEntry]], None]) -> None:
        """Make photos findable as SQL has them; `note` is told of them first. Fails for nobody's sake but SQL's."""
        async with self._changing:
            current = await self._embeddings.entries(photo_ids)
            note(current)
            for chat_id in {entry.chat_id for entry in current} - self._kept if self._trusted else ():
                await self._welcome(chat_id)
            await self._in_chroma(self._chroma.upsert([entry for entry in current if entry.chat_id in self._kept]))

    async def remove(self, photo_ids: Sequence[int], chat_id: int, note: Callable[[], None]) -> None:
        """Let photos no longer be found, soon."""
        self._pending.begin(self._remove(photo_ids, chat_id, note))

    async def move(self, photo_ids: Sequence[int], old_chat: int, new_chat: int, note: Callable[[], None]) -> None:
        """A chat's photos have gone to another's archive."""
        self._pending.begin(self._move(photo_ids, old_chat, new_chat, note))

    async def settled(self) -> None:
        """Returns once Chroma knows of everything that was removed or moved."""
        await self._pending.settled()

    async def reconcile(self, progress: Callable[[int, int], None] | None = None) -> Reconciled:
        """See `VectorIndex.reconcile`."""
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

    async def renew(self) -> None:
        """See `VectorIndex.renew`."""
        self._trusted = False
        async with self._changing:
            try:
                await self._chroma.renew(await next_generation(self._embeddings.database))
            finally:
                self._kept, self._whole = set(), set()
                await self._chroma.discard()
        self._trusted = False
        self.needs_reconcile.set()

    async def discard(self, before: datetime) -> None:
        """Delete what was set aside before a moment. Raises VectorIndexUnavailable."""
        await self._chroma.discard(before)

    async def close(self) -> None:
        """Finish what is in hand, as far as it is soon done, and close Chroma."""
        await self._pending.close()
        await self._chroma.close()

    async def _welcome(self, chat_id: int) -> None:
        """A chat of which photos came may have become a large one, which is seen at a question; unless it is so small
        that its photos are written here and now. `_changing` is held."""
        if self._layout.is_large(AT_ONCE, MOST_DIMENSIONS):
            photos = await self._embeddings.count(chat_id)
            if photos <= AT_ONCE:
                await self._lay_out(chat_id, photos, nullcontext())

    async def _lay_out(self, chat_id: int, photos: int, changing: AbstractAsyncContextManager[None]) -> None:
        """A chat has grown over the limit: it gets a collection of its own; until it is whole others answer."""
        if chat_id in self._kept or chat_id not in await self._wanted({chat_id: photos}):
            return
        log.info("Chat %s has %s photos: Chroma gets a collection of it.", chat_id, photos)
        self._kept.add(chat_id)
        await self._in_chroma(self._fill(chat_id, changing))
        if chat_id in self._kept and not self._broken:
            self._whole.add(chat_id)

    async def _wanted(self, grown: dict[int, int]) -> set[int]:
        """Of chats that may have grown, those that Chroma shall have, as long as there is room."""
        dimensions = await self._embeddings.dimensions()
        photos = dict.fromkeys(self._kept, sys.maxsize) | grown
        return self._layout.in_chroma(photos, dimensions, self._kept) - self._kept

    async def _fill(self, chat_id: int, changing: AbstractAsyncContextManager[None]) -> None:
        async for page in pages(self._embeddings, chat_id):
            async with changing:
                current = await self._embeddings.entries([place.photo_id for place in page])
                if chat_id not in self._kept:  # it has become another chat meanwhile
                    return
                await self._chroma.upsert([entry for entry in current if entry.chat_id == chat_id])

    async def _remove(self, photo_ids: Sequence[int], chat_id: int, note: Callable[[], None]) -> None:
        async with self._changing:
            note()  # again: an `add` may have been on its way
            if chat_id in self._kept:
                await self._in_chroma(self._chroma.delete(chat_id, photo_ids))

    async def _move(self, photo_ids: Sequence[int], old_chat: int, new_chat: int, note: Callable[[], None]) -> None:
        async with self._changing:
            note()
            if old_chat in self._kept:
                await self._in_chroma(self._chroma.drop_chat(old_chat))
            self._kept.discard(old_chat)
            self._whole.discard(old_chat)
            for batch in batches(photo_ids) if new_chat in self._kept else ():
                await self._in_chroma(self._chroma.upsert(await self._embeddings.entries(batch)))
            if self._trusted and new_chat not in self._kept:
                await self._welcome(new_chat)

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
        async with self._changing:
            self._kept = await arranged(self._embeddings, self._chroma, self._layout)
            self._whole = set()
            self._broken = False  # from here on changes reach Chroma; those before are found in SQL
        mended = await reconcile(self._embeddings, self._chroma, self._changing, self._kept, opened, progress)
        self._whole = set(self._kept)
        await self._chroma.discard()
        return mended

    async def _in_chroma(self, change: Coroutine[Any, Any, None]) -> None:
        if self._broken:
            change.close()  # the reconciliation that is due finds it in SQL; a hung server costs a minute a call
            return
        try:
            await change
        except VectorIndexUnavailable as error:
            self._fail(error)

    def _fail(self, error: VectorIndexUnavailable) -> None:
        if not self.needs_reconcile.is_set():  # once, not for every photo and question until it is mended
            log.error("%s", error)
        self._forget()

    def _forget(self) -> None:
        self._trusted = False
        self._broken = True
        self._whole = set()
        self.needs_reconcile.set()
