"""The texts of the chats that were asked last, in memory within a budget of bytes.

Whoever writes texts says so in the transaction that does (`note`); what is said of a photo is read again
before the next question is answered.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database, batches, tell
from storage.held_texts import HeldTexts
from storage.schema import texts

MANY = 5_000
"""Photos that changed since the last question: more are not sought out one by one, the chat is read anew."""
ROWS_PER_READ = 5_000
"""Read in one go, while the event loop waits; three at least."""


_Row = Row[Any]


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What is said of a chat's photos may be another."""

    chat_id: int
    photo_ids: frozenset[int] | None = None
    """None: of any of them."""


@dataclass(slots=True, eq=False)
class _Chat:
    held: HeldTexts | None = None
    pending: set[int] = field(default_factory=set)
    """Photos of which something else is said since it was read."""
    is_too_large: bool = False
    """Its texts alone take more than there is: it is left to SQL until many of them may be gone."""
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)


class TextCache:
    """Chats' texts, the least recently asked given up first."""

    def __init__(self, database: Database, budget: int) -> None:
        self._database = database
        self._budget = budget
        self._chats: OrderedDict[int, _Chat] = OrderedDict()
        database.listen(self._heard)

    async def of(self, chat_id: int) -> HeldTexts | None:
        """A chat's texts as SQL has them; None where there is no room for them. Raises DatabaseUnavailable."""
        if not self._budget:
            return None
        chat = self._chats.setdefault(chat_id, _Chat())
        self._chats.move_to_end(chat_id)
        async with chat.reading:
            if chat.is_too_large:
                return None
            if chat.held is None or len(chat.pending) > MANY:
                chat.held = None
                chat.pending.clear()  # committed before this read begins, so it sees them
                chat.held = await self._every(chat_id)
            if chat.held is not None and chat.pending:
                chat.held = await self._caught_up(chat_id, chat, chat.held)
            self._settle(chat)
            return chat.held

    def _heard(self, changes: Collection[object]) -> None:
        for change in changes:
            if not isinstance(change, Rewritten):
                continue
            if change.photo_ids is None:
                self._chats.pop(change.chat_id, None)
            elif (chat := self._chats.get(change.chat_id)) is not None and not chat.is_too_large:
                chat.pending |= change.photo_ids

    async def _caught_up(self, chat_id: int, chat: _Chat, held: HeldTexts) -> HeldTexts:
        photo_ids, chat.pending = chat.pending, set()
        rows: list[_Row] = []
        try:
            async with self._database.reading() as connection:
                for batch in batches(sorted(photo_ids)):
                    rows += await connection.execute(_said(chat_id).where(texts.c.photo_id.in_(batch)))
            return await asyncio.to_thread(held.changed, photo_ids, rows)
        except BaseException:  # cancelled, or SQL was away: the next question reads them
            chat.pending |= photo_ids
            raise

    async def _every(self, chat_id: int) -> HeldTexts | None:
        """In pages, of which the last photo of a full one is read again: it may have another text. None as soon as
        there are too many."""
        parts: list[HeldTexts] = []
        after, left = 0, self._budget
        async with self._database.reading() as connection:
            while left >= 0:
                page = _said(chat_id).where(texts.c.photo_id > after).limit(ROWS_PER_READ)
                rows = (await connection.execute(page)).all()
                is_last = len(rows) < ROWS_PER_READ
                after = rows[-1][0] - 1 if rows else after
                whole = rows if is_last else [row for row in rows if row[0] <= after]
                parts.append(await asyncio.to_thread(HeldTexts.of, whole))
                left -= parts[-1].nbytes
                if is_last and left >= 0:
                    return HeldTexts.joined(parts)
        return None

    def _settle(self, chat: _Chat) -> None:
        """It is left to SQL if it is too large; for another, those asked longest ago go until there is room."""
        if chat.held is None or chat.held.nbytes > self._budget:
            chat.held, chat.is_too_large = None, True
            chat.pending.clear()
        held = {one: known.held.nbytes for one, known in self._chats.items() if known.held is not None}
        total = sum(held.values())
        for one, nbytes in held.items():
            if total <= self._budget:
                return
            total -= nbytes
            del self._chats[one]


def note(connection: AsyncConnection, chat_id: int, photo_ids: Collection[int] | None = None) -> None:
    """Let memory know, once this transaction is kept, that something else is said of these photos; None: of any of the
    chat, whose texts are then given up."""
    tell(connection, Rewritten(chat_id, None if photo_ids is None else frozenset(photo_ids)))


def _said(chat_id: int) -> Select[Any]:
    said = select(texts.c.photo_id, texts.c.source, texts.c.folded).where(texts.c.chat_id == chat_id)
    return said.order_by(texts.c.photo_id, texts.c.source)
