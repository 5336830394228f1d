"""Whether a chat still takes photos out of an export: asked in every transaction that writes some.

An import goes on for an hour, and meanwhile its chat may become a supergroup, remove the bot, switch indexing off, be
erased or have everything forgotten.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.chat_settings import ChatSettings
from storage.errors import ArchiveClosed
from storage.schema import chats


async def successor(connection: AsyncConnection, chat_id: int) -> int:
    """The supergroup that a chat has become, or the chat itself."""
    moved: int | None = await connection.scalar(select(chats.c.migrated_to).where(chats.c.id == chat_id))
    return chat_id if moved is None else moved


async def purges(connection: AsyncConnection, archive: int) -> int:
    """How often an archive was purged, by itself or as the group that it was."""
    asked = select(func.sum(chats.c.purges)).where(or_(chats.c.id == archive, chats.c.migrated_to == archive))
    return await connection.scalar(asked) or 0


async def admit(connection: AsyncConnection, archive: int, purged_before: int) -> None:
    """Raises ArchiveClosed where a chat takes nothing any more, or was purged since it had been so often."""
    chat = (await connection.execute(select(chats).where(chats.c.id == archive))).one_or_none()
    if chat is None or chat.left_at is not None:
        raise ArchiveClosed("the bot was removed from it meanwhile")
    if not ChatSettings().chosen(chat.settings).indexing:
        raise ArchiveClosed("its admins have switched off meanwhile that photos are kept (/settings)")
    if await purges(connection, archive) > purged_before:
        raise ArchiveClosed("everything in it was forgotten meanwhile (/purge)")


async def end_imports(connection: AsyncConnection, archive: ColumnElement[int]) -> None:
    """Imports into an archive that are under way write nothing more."""
    counted = func.coalesce(chats.c.purges, 0) + 1
    await connection.execute(update(chats).where(chats.c.id == archive).values(purges=counted))
