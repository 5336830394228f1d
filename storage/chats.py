"""The chats the bot is or was in: who they are, whether it still belongs to them, what became of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database, insert
from storage.records import Chat, ChatInfo
from storage.schema import chats, photos
from storage.uninterrupted import uninterrupted


class Chats:
    """Remembers chats."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # `saw` is called for every update: a chat that is as it was must cost no write.
        self._seen: dict[int, ChatInfo] = {}

    @uninterrupted
    async def saw(self, info: ChatInfo, at: datetime) -> None:
        """Note what a message dated `at` says about its chat.

        A message later than the departure shows that the bot is back, should it have missed the word of that.
        """
        if self._seen.get(info.id) == info:
            return
        async with self._database.transaction() as connection:
            await _write(connection, info, at)
            await connection.execute(
                update(chats)
                .where(chats.c.id == info.id, chats.c.left_at < at, chats.c.migrated_to.is_(None))
                .values(left_at=None)
            )
        self._seen[info.id] = info

    @uninterrupted
    async def joined(self, info: ChatInfo, at: datetime) -> None:
        """The bot belongs to the chat from `at` on; what an earlier stay left is searchable again.

        A group that has become a supergroup stays left: the word of its joining was only late.
        """
        async with self._database.transaction() as connection:
            await _write(connection, info, at)
            await connection.execute(
                update(chats)
                .where(chats.c.id == info.id, chats.c.migrated_to.is_(None))
                .values(joined_at=at, left_at=None)
            )
        self._seen[info.id] = info

    @uninterrupted
    async def left(self, chat_id: int, at: datetime) -> None:
        """The bot was removed: nothing of the chat may be searched. An unknown chat stays unknown."""
        self._seen.pop(chat_id, None)
        async with self._database.transaction() as connection:
            await connection.execute(
                update(chats).where(chats.c.id == chat_id, chats.c.left_at.is_(None)).values(left_at=at)
            )

    async def get(self, chat_id: int) -> Chat | None:
        async with self._database.reading() as connection:
            row = (await connection.execute(select(chats).where(chats.c.id == chat_id))).one_or_none()
        return None if row is None else Chat.from_row(row)

    @uninterrupted
    async def migrate(self, old_id: int, new: ChatInfo, at: datetime) -> tuple[int, ...]:
        """A group became the supergroup `new`: its archive moves there; returns the ids of the photos moved.

        Telegram says it in both chats, so the second time finds nothing to do. The photos keep their
        `origin_chat_id`: message ids start again in a supergroup (docs/decisions/0001-origin-chat.md).
        """
        self._seen.pop(old_id, None)
        async with self._database.transaction() as connection:
            await _write(connection, new, at)
            await _retire(connection, old_id, new, at)
            moved = await connection.execute(
                update(photos).where(photos.c.chat_id == old_id).values(chat_id=new.id).returning(photos.c.id)
            )
            return tuple(sorted(moved.scalars()))


async def _write(connection: AsyncConnection, info: ChatInfo, at: datetime) -> None:
    described = {"kind": info.kind, "title": info.title, "username": info.username}
    await connection.execute(
        insert(connection, chats)
        .values(id=info.id, joined_at=at, **described)
        .on_conflict_do_update(index_elements=[chats.c.id], set_=described)
    )


async def _retire(connection: AsyncConnection, old_id: int, new: ChatInfo, at: datetime) -> None:
    """Mark the old chat as left and point it, and every chat that became it, at the new one."""
    await connection.execute(
        insert(connection, chats)
        .values(id=old_id, kind="group", title=new.title, joined_at=at)
        .on_conflict_do_nothing()
    )
    await connection.execute(
        update(chats)
        .where(or_(chats.c.id == old_id, chats.c.migrated_to == old_id))
        .values(left_at=func.coalesce(chats.c.left_at, at), migrated_to=new.id)
    )
