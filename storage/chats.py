"""The chats the bot is or was in: who they are, whether it still belongs to them, what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import remains
from storage.chat_records import Chat, ChatInfo
from storage.chat_settings import ChatSettings, valid
from storage.database import Database, insert
from storage.readings import want_chat_read
from storage.remains import Files
from storage.schema import chats, opt_outs, photos, questions, texts
from storage.text_cache import note
from storage.uninterrupted import uninterrupted


class Chats:
    """Remembers chats."""

    def __init__(self, database: Database, defaults: ChatSettings | None = None) -> None:
        self._database = database
        self._defaults = defaults or ChatSettings()
        # Asked for every photo and question, changed a few times a year, and by nobody else.
        self._settings: dict[int, ChatSettings] = {}
        self._changes = 0
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
            left_at = await connection.scalar(select(chats.c.left_at).where(chats.c.id == info.id))
        if left_at is None:  # else a later message may yet show that the bot is back
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

    @uninterrupted
    async def admit(self, chat_id: int, by: int) -> None:
        """Note who let the bot into a chat that is known."""
        async with self._database.transaction() as connection:
            await connection.execute(update(chats).where(chats.c.id == chat_id).values(admitted_by=by))

    async def former_ids(self, chat_id: int) -> tuple[int, ...]:
        """The ids of the groups that became a chat."""
        async with self._database.reading() as connection:
            return tuple(await connection.scalars(select(chats.c.id).where(chats.c.migrated_to == chat_id)))

    async def get(self, chat_id: int) -> Chat | None:
        async with self._database.reading() as connection:
            row = (await connection.execute(select(chats).where(chats.c.id == chat_id))).one_or_none()
        return None if row is None else Chat.from_row(row)

    async def every(self) -> list[Chat]:
        """All that are or were known, also those that have become another."""
        async with self._database.reading() as connection:
            return [Chat.from_row(row) for row in await connection.execute(select(chats).order_by(chats.c.id))]

    async def settings(self, chat_id: int) -> ChatSettings:
        """What its admins decided, the defaults for the rest; of a group that became a supergroup, that one's."""
        known = self._settings.get(chat_id)
        if known is not None:
            return known
        changes = self._changes
        async with self._database.reading() as connection:
            archive = await _archive(connection, chat_id)
            known = self._defaults.chosen(await _choices(connection, archive))
        if changes == self._changes:  # else what was read may be older than what was written meanwhile
            self._settings[chat_id] = known
        return known

    @uninterrupted
    async def choose(self, info: ChatInfo, choices: Mapping[str, Any], at: datetime) -> ChatSettings:
        """Keep what an admin chose, beside what was chosen before; returns what holds now."""
        async with self._database.transaction() as connection:
            await _write(connection, info, at)
            archive = await _archive(connection, info.id)
            kept = {**(await _choices(connection, archive) or {}), **valid(choices)}
            await connection.execute(update(chats).where(chats.c.id == archive).values(settings=kept))
            if choices.get("ocr") is True:
                await want_chat_read(connection, archive)
        self._forget_settings()
        return self._defaults.chosen(kept)

    def forget_cached(self) -> None:
        """Chats were erased: whatever was known of any is asked of SQL again."""
        self._seen.clear()
        self._forget_settings()

    def _forget_settings(self) -> None:
        self._settings.clear()
        self._changes += 1

    @uninterrupted
    async def migrate(self, old_id: int, new: ChatInfo, at: datetime) -> tuple[int, ...]:
        """A group became the supergroup `new`: its archive moves there; returns the ids of the photos moved.

        Telegram says it in both chats, so the second time finds nothing to do. The photos keep their
        `origin_chat_id`: message ids start again in a supergroup (docs/decisions/0001-origin-chat.md). Its
        questions go: their answers cannot be changed any more, and their message ids mean others now.
        """
        self._seen.pop(old_id, None)
        async with self._database.transaction() as connection:
            await _write(connection, new, at)
            await _hand_on_settings(connection, old_id, new.id)
            await _retire(connection, old_id, new, at)
            await _hand_on(connection, old_id, new.id)
            gone = await connection.execute(delete(questions).where(questions.c.chat_id == old_id))
            if gone.rowcount:
                await remains.note(connection, Files.DATABASE)
            moved = await connection.execute(
                update(photos).where(photos.c.chat_id == old_id).values(chat_id=new.id).returning(photos.c.id)
            )
            ids = tuple(sorted(moved.scalars()))
            await connection.execute(update(texts).where(texts.c.chat_id == old_id).values(chat_id=new.id))
            for chat_id in (old_id, new.id):
                note(connection, chat_id)
        self._forget_settings()
        return ids


async def _write(connection: AsyncConnection, info: ChatInfo, at: datetime) -> None:
    described = {"kind": info.kind, "title": info.title, "username": info.username}
    await connection.execute(
        insert(connection, chats)
        .values(id=info.id, joined_at=at, **described)
        .on_conflict_do_update(index_elements=[chats.c.id], set_=described)
    )


async def _archive(connection: AsyncConnection, chat_id: int) -> int:
    moved: int | None = await connection.scalar(select(chats.c.migrated_to).where(chats.c.id == chat_id))
    return chat_id if moved is None else moved


async def _choices(connection: AsyncConnection, chat_id: int) -> dict[str, Any] | None:
    chosen: dict[str, Any] | None = await connection.scalar(select(chats.c.settings).where(chats.c.id == chat_id))
    return chosen


async def _hand_on_settings(connection: AsyncConnection, old_id: int, new_id: int) -> None:
    """A supergroup begins with what its group had chosen; what it has chosen itself by now is newer."""
    of_old = select(chats.c.settings).where(chats.c.id == old_id).scalar_subquery()
    await connection.execute(
        update(chats).where(chats.c.id == new_id, chats.c.settings.is_(None)).values(settings=of_old)
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


async def _hand_on(connection: AsyncConnection, old_id: int, new_id: int) -> None:
    """What people decided about the old chat holds in the new one."""
    admitted_by = select(chats.c.admitted_by).where(chats.c.id == old_id).scalar_subquery()
    await connection.execute(
        update(chats).where(chats.c.id == new_id, chats.c.admitted_by.is_(None)).values(admitted_by=admitted_by)
    )
    decided = select(opt_outs.c.sender_id, literal(new_id)).where(opt_outs.c.chat_id == old_id)
    # SQLite asks for a WHERE between SELECT and ON CONFLICT; the one above is it.
    await connection.execute(
        insert(connection, opt_outs).from_select(["sender_id", "chat_id"], decided).on_conflict_do_nothing()
    )
