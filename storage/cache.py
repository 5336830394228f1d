"""The matrices of the chats that were asked last, within a budget of bytes.

Whoever changes a photo commits to SQL first and tells the cache afterwards. So a load either reads the change
or is told of it while it runs, and applies it at its end; told twice, a photo is still held once.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from functools import partial

from storage.embeddings import Embeddings
from storage.held import GrowingChat
from storage.index_records import NOBODY, IndexEntry, microseconds
from storage.records import Photo

log = logging.getLogger(__name__)


class _Load:
    """A chat's matrix on its way from SQL, and what happened to the chat meanwhile."""

    def __init__(self) -> None:
        self.changes: list[Callable[[GrowingChat], None]] = []
        self.stale = False
        self.task: asyncio.Task[GrowingChat]


class MatrixCache:
    """Chats' matrices, the least recently asked given up first."""

    def __init__(self, embeddings: Embeddings, budget: int) -> None:
        self._embeddings = embeddings
        self._budget = budget
        self._held: OrderedDict[int, GrowingChat] = OrderedDict()
        self._loading: dict[int, _Load] = {}

    @property
    def nbytes(self) -> int:
        """Bytes held; loads on their way and views in use come on top."""
        return sum(matrix.nbytes for matrix in self._held.values())

    def has(self, chat_id: int) -> bool:
        """Whether the chat's matrix is here or on its way."""
        return chat_id in self._held or chat_id in self._loading

    def count(self, chat_id: int) -> int:
        """How many photos of a chat are here."""
        return len(self._held.get(chat_id, ()))

    async def matrix(self, chat_id: int) -> GrowingChat:
        """The chat's matrix, loaded once however many ask at a time; raises DatabaseUnavailable."""
        held = self._held.get(chat_id)
        if held is not None:
            self._held.move_to_end(chat_id)
            return held
        load = self._loading.get(chat_id)
        if load is None:
            load = self._loading[chat_id] = _Load()
            load.task = asyncio.create_task(self._load(chat_id, load), name=f"load vectors of {chat_id}")
            load.task.add_done_callback(_note_failure)
        # Shielded: one who stops waiting must not take the matrix from the others.
        return await asyncio.shield(load.task)

    def put(self, entries: Sequence[IndexEntry]) -> None:
        """Photos were indexed."""
        for entry in entries:
            self._change(entry.chat_id, partial(GrowingChat.put, entry=entry))
        self._shrink()

    def describe(self, photo: Photo) -> None:
        """What filters ask for may be another of a photo now."""
        sender = NOBODY if photo.sender.id is None else photo.sender.id
        self._change(photo.chat_id, lambda chat: chat.describe(photo.id, sender, microseconds(photo.date)))

    def remove(self, chat_id: int, photo_ids: Collection[int]) -> None:
        """Photos are no longer to be found."""
        self._change(chat_id, lambda matrix: matrix.remove(photo_ids))

    def drop(self, chat_id: int) -> None:
        """So much changed that the chat is better read anew."""
        self._held.pop(chat_id, None)
        if load := self._loading.get(chat_id):
            load.stale = True

    async def close(self) -> None:
        """Give up loads on their way, and everything held."""
        tasks = [load.task for load in self._loading.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._held.clear()

    def _change(self, chat_id: int, change: Callable[[GrowingChat], None]) -> None:
        held = self._held.get(chat_id)
        if held is not None:  # one that has lost all its photos is empty, and gets the next one all the same
            change(held)
        elif load := self._loading.get(chat_id):
            load.changes.append(change)

    async def _load(self, chat_id: int, load: _Load) -> GrowingChat:
        try:
            matrix = await self._read(chat_id, load)
        finally:
            del self._loading[chat_id]
        self._held[chat_id] = matrix
        self._shrink()
        return matrix

    async def _read(self, chat_id: int, load: _Load) -> GrowingChat:
        while True:
            load.stale = False
            load.changes.clear()  # committed before this read began, so it sees them
            matrix = GrowingChat(await self._embeddings.chat_held(chat_id))
            if not load.stale:
                break
        for change in load.changes:
            change(matrix)
        return matrix

    def _shrink(self) -> None:
        held = self.nbytes
        while held > self._budget and self._held:
            _, matrix = self._held.popitem(last=False)
            held -= matrix.nbytes


def _note_failure(task: asyncio.Task[GrowingChat]) -> None:
    """Those who wait get the error; where nobody does any more, it must not be lost."""
    if not task.cancelled() and (error := task.exception()):
        log.debug("A chat's vectors could not be loaded: %s", error)
