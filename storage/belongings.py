"""What is kept of one chat, read page by page to be handed out to its people."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from storage.database import Database, batches
from storage.schema import chats, forgotten, opt_outs, photos, questions, readings


class Belongings:
    """A chat's, and nobody else's. The groups that it once was are asked for with it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def photo_ids(self, chat_id: int) -> list[int]:
        """All, in the order in which they were posted."""
        of_chat = select(photos.c.id).where(photos.c.chat_id == chat_id).order_by(photos.c.date, photos.c.id)
        async with self._database.reading() as connection:
            return list(await connection.scalars(of_chat))

    async def indexed_at(self, photo_ids: Sequence[int]) -> dict[int, datetime]:
        """When photos were indexed, of those that were."""
        found: dict[int, datetime] = {}
        async with self._database.reading() as connection:
            for batch in batches(photo_ids):
                rows = await connection.execute(
                    select(photos.c.id, photos.c.indexed_at).where(
                        photos.c.id.in_(batch), photos.c.indexed_at.is_not(None)
                    )
                )
                found |= {row.id: row.indexed_at for row in rows}
        return found

    async def readings(self, image_ids: Collection[int]) -> dict[int, str]:
        """What was read in pictures, of those in which something was."""
        found: dict[int, str] = {}
        async with self._database.reading() as connection:
            for batch in batches(list(image_ids)):
                rows = await connection.execute(
                    select(readings.c.image_id, readings.c.text).where(
                        readings.c.image_id.in_(batch), readings.c.text.is_not(None), readings.c.text != ""
                    )
                )
                found |= {row.image_id: row.text for row in rows}
        return found

    async def choices(self, chat_id: int) -> dict[str, Any]:
        """The settings that its admins chose."""
        async with self._database.reading() as connection:
            return await connection.scalar(select(chats.c.settings).where(chats.c.id == chat_id)) or {}

    async def opted_out(self, chat_id: int) -> list[int]:
        """Who wants nothing kept there."""
        async with self._database.reading() as connection:
            return list(await connection.scalars(select(opt_outs.c.sender_id).where(opt_outs.c.chat_id == chat_id)))

    async def forgotten(self, chat_ids: Sequence[int]) -> list[tuple[int, int]]:
        """The messages, by their chat, that are not to be taken up again."""
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(forgotten).where(forgotten.c.origin_chat_id.in_(chat_ids)).order_by(*forgotten.primary_key)
            )
            return [(row.origin_chat_id, row.message_id) for row in rows]

    async def questions(self, chat_id: int) -> list[dict[str, Any]]:
        """What was asked there lately: when, by whom, in which message, and the words."""
        wanted = (questions.c.asked_at, questions.c.asker_id, questions.c.message_id, questions.c.query)
        of_chat = select(*wanted).where(questions.c.chat_id == chat_id).order_by(questions.c.message_id)
        async with self._database.reading() as connection:
            return [dict(row._mapping) for row in await connection.execute(of_chat)]  # noqa: SLF001 - SQLAlchemy's
