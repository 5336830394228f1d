"""Photos that were given up: which, why, and another chance for them."""

from __future__ import annotations

from sqlalchemy import select, update

from storage.database import Database
from storage.photo_rows import photo_rows
from storage.records import Photo, PhotoState
from storage.schema import AT_ONCE, photos
from storage.uninterrupted import uninterrupted

IS_FAILED = photos.c.state == PhotoState.FAILED


class Failures:
    """The failed photos of the archive."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(self, chat_id: int, limit: int) -> list[Photo]:
        """A chat's, latest first; each says why in its `error`."""
        of_chat = photo_rows().where(photos.c.chat_id == chat_id, IS_FAILED).order_by(photos.c.id.desc()).limit(limit)
        async with self._database.reading() as connection:
            return [Photo.from_row(row) for row in await connection.execute(of_chat)]

    @uninterrupted
    async def retry(self, chat_id: int | None) -> int:
        """Let a chat's (None: every chat's) wait to be indexed once more, as if they were new; returns how many."""
        chosen = select(photos.c.id).where(IS_FAILED)
        if chat_id is not None:
            chosen = chosen.where(photos.c.chat_id == chat_id)
        async with self._database.transaction() as connection:
            again = await connection.execute(
                update(photos)
                .where(photos.c.id.in_(chosen))
                .values(state=PhotoState.PENDING, attempts=0, error=None, due_at=AT_ONCE, leased=False)
            )
            return again.rowcount
