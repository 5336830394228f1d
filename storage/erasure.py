"""Deleting for good: photos that people want forgotten, chats that are over, and what a chat wants kept no longer.

Deletes in batches, each a short transaction of its own, because writers take turns. Yields the places of the photos
that each batch deleted: whoever asked takes them out of the vector index. What the rows leave in files is the
business of `storage.remains`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Row,
    Select,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    union,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import remains
from storage.admission import end_imports
from storage.database import Database, insert
from storage.index_records import Place
from storage.records import PhotoSource
from storage.remains import Files
from storage.schema import EVERYWHERE, chats, forgotten, images, metadata, opt_outs, photos, taken_back
from storage.stand_ins import Moment, needs_stand_in, stand_in
from storage.taken_back import messages
from storage.text_cache import note
from storage.uninterrupted import uninterrupted

BATCH = 500
"""Photos in one transaction: some 20 ms, in which nothing else is written."""

KEPT = frozenset({forgotten, opt_outs, taken_back})
"""Outlive their chat: they hold ids only, and say what people do not want to be kept."""
OF_A_CHAT = tuple(
    table for table in metadata.sorted_tables if "chat_id" in table.c and table not in KEPT and table is not photos
)
"""Everything else that a chat's content is in; a table that gains the column joins by itself."""


class Erasure:
    """Forgets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def forget(
        self, origin_chat_id: int, message_ids: Sequence[int], moment: Moment | None = None
    ) -> AsyncIterator[list[Place]]:
        """Photos of these messages, which are never taken up again, also those that are not known yet.

        Where an import knows a message by its `moment` only, what was posted then goes and stays away too.
        """
        unwanted = [(origin_chat_id, message_id) for message_id in message_ids]
        of_messages = (photos.c.origin_chat_id == origin_chat_id) & photos.c.message_id.in_(message_ids)
        if moment is not None and needs_stand_in(origin_chat_id):
            unwanted.append((stand_in(origin_chat_id), moment.number))
            here = photos.c.origin_chat_id == stand_in(origin_chat_id)
            of_messages |= here & (photos.c.sender_id == moment.sender_id) & (photos.c.date == moment.date)
        await self._remember(unwanted)
        async for places in self._erase(of_messages):
            yield places

    async def opt_out(
        self, sender_id: int, chat_id: int = EVERYWHERE, said_at: datetime | None = None, name: str = ""
    ) -> AsyncIterator[list[Place]]:
        """Every photo of a sender in a chat, or in all, that was posted until then; none is taken up until `opt_in`.

        Imported photos of which only a name is known go if it is the sender's, now or on any other photo.
        """
        await self._keep_opt_out(sender_id, chat_id)
        names = [name, *await self._names(sender_id)]
        of_nobody = photos.c.sender_id.is_(None) & (photos.c.source == PhotoSource.IMPORT)
        of_sender = (photos.c.sender_id == sender_id) | (of_nobody & photos.c.sender_name.in_(names))
        if said_at is not None:
            of_sender &= photos.c.date <= said_at
        here = of_sender if chat_id == EVERYWHERE else of_sender & (photos.c.chat_id == _archive(chat_id))
        async for places in self._erase(here):
            yield places

    @uninterrupted
    async def opt_in(self, sender_id: int, chat_id: int = EVERYWHERE) -> None:
        """From now on a sender's photos are taken up in a chat; without one, in all chats."""
        of_sender = opt_outs.c.sender_id == sender_id
        here = of_sender if chat_id == EVERYWHERE else of_sender & (opt_outs.c.chat_id == _archive(chat_id))
        async with self._database.transaction() as connection:
            await connection.execute(delete(opt_outs).where(here))

    async def opted_out(self, sender_id: int) -> frozenset[int]:
        """The chats in which a sender wants nothing kept; EVERYWHERE may be among them."""
        async with self._database.reading() as connection:
            found = await connection.scalars(select(opt_outs.c.chat_id).where(opt_outs.c.sender_id == sender_id))
            return frozenset(found)

    async def purge(self, chat_id: int) -> AsyncIterator[list[Place]]:
        """Everything that a chat's people said and posted, never to be taken up again; the chat itself stays known, and
        imports into it end."""
        await self._end_imports(chat_id)
        here = _with_former(select(_archive(chat_id)))
        async for places in self._erase(photos.c.chat_id.in_(here)):
            yield places
        await self._erase_rest(here)

    async def expire(self, before: datetime) -> AsyncIterator[list[Place]]:
        """Photos posted before a moment. Whoever takes photos up must leave out older ones by themselves."""
        async for places in self._erase(photos.c.date < before, is_remembered=False):
            yield places

    async def abandon(self, before: datetime) -> AsyncIterator[list[Place]]:
        """Chats that the bot left before a moment and has not come back to, with the groups they once were."""
        gone = select(chats.c.id).where(chats.c.left_at < before, chats.c.migrated_to.is_(None))
        all_gone = _with_former(gone)
        async for places in self._erase(photos.c.chat_id.in_(all_gone), is_remembered=False):
            yield places
        await self._erase_rest(all_gone)
        await self._erase_chats(gone)

    async def _names(self, sender_id: int) -> Sequence[str]:
        asked = select(photos.c.sender_name).where(photos.c.sender_id == sender_id).distinct()
        async with self._database.reading() as connection:
            return (await connection.scalars(asked)).all()

    @uninterrupted
    async def _remember(self, messages: Sequence[tuple[int, int]]) -> None:
        async with self._database.transaction() as connection:
            await _remember(connection, messages)

    @uninterrupted
    async def _keep_opt_out(self, sender_id: int, chat_id: int) -> None:
        async with self._database.transaction() as connection:
            values = {"sender_id": sender_id, "chat_id": _archive(chat_id)}
            await connection.execute(insert(connection, opt_outs).values(values).on_conflict_do_nothing())

    @uninterrupted
    async def _end_imports(self, chat_id: int) -> None:
        async with self._database.transaction() as connection:
            await end_imports(connection, _archive(chat_id))

    async def _erase(self, which: ColumnElement[bool], *, is_remembered: bool = True) -> AsyncIterator[list[Place]]:
        while places := await self._erase_batch(which, is_remembered):
            yield places

    @uninterrupted
    async def _erase_batch(self, which: ColumnElement[bool], is_remembered: bool) -> list[Place]:
        async with self._database.transaction() as connection:
            found = (await connection.execute(select(photos).where(which).limit(BATCH))).all()
            if not found:
                return []
            if is_remembered:
                await _remember(connection, [message for row in found for message in _messages(row)])
            await connection.execute(delete(photos).where(photos.c.id.in_([row.id for row in found])))
            for chat_id in {row.chat_id for row in found}:
                note(connection, chat_id)
            shown = exists().where(photos.c.image_id == images.c.id)
            seen = {row.image_id for row in found}
            await connection.execute(delete(images).where(images.c.id.in_(seen), ~shown))
            await remains.note(connection, *Files)
            return [Place(row.id, row.image_id, row.chat_id) for row in found]

    @uninterrupted
    async def _erase_rest(self, chat_ids: Select[Any] | CompoundSelect[Any]) -> None:
        async with self._database.transaction() as connection:
            for chat_id in (await connection.scalars(chat_ids)).all():
                note(connection, chat_id)
            for table in OF_A_CHAT:
                await connection.execute(delete(table).where(table.c.chat_id.in_(chat_ids)))
            await remains.note(connection, Files.DATABASE)

    @uninterrupted
    async def _erase_chats(self, gone: Select[Any]) -> None:
        async with self._database.transaction() as connection:
            # Left only now, in between: its photos are still here, and the next sweep takes both.
            is_empty = ~exists().where(photos.c.chat_id == chats.c.id)
            ids = (await connection.scalars(gone.where(is_empty))).all()
            if ids:
                await connection.execute(delete(chats).where(or_(chats.c.id.in_(ids), chats.c.migrated_to.in_(ids))))
                await remains.note(connection, Files.DATABASE)


def _messages(row: Row[Any]) -> list[tuple[int, int]]:
    return messages(row.origin_chat_id, row.message_id, row.sender_id, row.date)


async def _remember(connection: AsyncConnection, messages: Sequence[tuple[int, int]]) -> None:
    rows = [{"origin_chat_id": chat_id, "message_id": message_id} for chat_id, message_id in messages]
    if rows:
        await connection.execute(insert(connection, forgotten).values(rows).on_conflict_do_nothing())


def _with_former(archives: Select[Any]) -> CompoundSelect[Any]:
    """Chats with the groups that they were. Nothing should be left under those ids."""
    return union(archives, select(chats.c.id).where(chats.c.migrated_to.in_(archives)))


def _archive(chat_id: int) -> ColumnElement[int]:
    """Where the chat's photos are: in the supergroup, where it has become one since somebody asked. Updates are kept as
    they arrive, and a migration among them is, before what was asked earlier is done."""
    moved = select(chats.c.migrated_to).where(chats.c.id == chat_id).scalar_subquery()
    return func.coalesce(moved, literal(chat_id, BigInteger))
