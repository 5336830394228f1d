"""Which pictures are to be read, and what was read: one reading an image, however often it is posted."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database, insert
from storage.photo_rows import photo_rows
from storage.records import Photo, PhotoState
from storage.schema import AT_ONCE, IS_UNREAD, photos, readings
from storage.texts import keep_picture_text
from storage.uninterrupted import uninterrupted

POSTINGS = 50
"""Of one image, the latest that are looked at for one that may be read."""


class ReadingState(StrEnum):
    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    """No chat that shows the image wants its pictures read."""


@dataclass(frozen=True, slots=True)
class Unread:
    """An image to read."""

    image_id: int
    attempts: int
    photos: tuple[Photo, ...]
    """The photos that show it."""


class Readings:
    """Hands out images to read, one at a time, and keeps what came of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def next(self, now: datetime) -> Unread | None:
        """The image that has waited longest, of those that are due."""
        due = select(readings.c.image_id, readings.c.attempts).where(IS_UNREAD, readings.c.due_at <= now)
        async with self._database.reading() as connection:
            row = (
                await connection.execute(due.order_by(readings.c.due_at, readings.c.image_id).limit(1))
            ).one_or_none()
            if row is None:
                return None
            shown = photo_rows().where(photos.c.image_id == row.image_id, photos.c.state == PhotoState.INDEXED)
            found = await connection.execute(shown.limit(POSTINGS))
            return Unread(row.image_id, row.attempts, tuple(Photo.from_row(one) for one in found))

    async def waiting(self) -> int:
        """How many images are still to be read."""
        async with self._database.reading() as connection:
            return await connection.scalar(select(func.count()).where(IS_UNREAD)) or 0

    @uninterrupted
    async def release(self, latest: datetime) -> int:
        """What is due after `latest`, later than anything is postponed, waits no longer: the clock was set back."""
        async with self._database.transaction() as connection:
            released = await connection.execute(
                update(readings).where(IS_UNREAD, readings.c.due_at > latest).values(due_at=AT_ONCE)
            )
            return released.rowcount

    @uninterrupted
    async def done(self, image_id: int, text: str) -> None:
        """Keep what was read and let every photo of the image be found by it. An image that is gone is passed over."""
        async with self._database.transaction() as connection:
            kept = await connection.execute(
                update(readings)
                .where(readings.c.image_id == image_id)
                .values(state=ReadingState.DONE, text=text, error=None)
            )
            if kept.rowcount:
                await keep_picture_text(connection, image_id, text)

    @uninterrupted
    async def fail(self, image_id: int, reason: str) -> None:
        """Give up; the reason is kept."""
        await self._write(image_id, ReadingState.FAILED, reason)

    @uninterrupted
    async def skip(self, image_id: int) -> None:
        """Leave unread, until a chat that shows it wants its pictures read."""
        await self._write(image_id, ReadingState.SKIPPED, None)

    @uninterrupted
    async def postpone(self, image_id: int, reason: str, until: datetime, *, counted: bool = True) -> None:
        """Try again later; `counted` says whether this attempt was the picture's own failure."""
        async with self._database.transaction() as connection:
            await connection.execute(
                update(readings)
                .where(readings.c.image_id == image_id)
                .values(attempts=readings.c.attempts + int(counted), error=reason, due_at=until)
            )

    async def _write(self, image_id: int, state: ReadingState, reason: str | None) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(
                update(readings).where(readings.c.image_id == image_id).values(state=state, error=reason)
            )


async def want_reading(connection: AsyncConnection, image_ids: Collection[int]) -> None:
    """These images are shown by newly indexed photos: in the transaction that says so, they begin to wait."""
    rows = [
        {"image_id": image_id, "state": ReadingState.PENDING, "attempts": 0, "due_at": AT_ONCE}
        for image_id in image_ids
    ]
    if not rows:
        return
    await connection.execute(
        insert(connection, readings)
        .values(rows)
        .on_conflict_do_update(
            index_elements=[readings.c.image_id],
            set_={"state": ReadingState.PENDING},
            where=readings.c.state == ReadingState.SKIPPED,
        )
    )


async def want_chat_read(connection: AsyncConnection, chat_id: int) -> None:
    """A chat now wants its pictures read: those that were left out wait again."""
    shown = select(photos.c.image_id).where(photos.c.chat_id == chat_id)
    await connection.execute(
        update(readings)
        .where(readings.c.image_id.in_(shown), readings.c.state == ReadingState.SKIPPED)
        .values(state=ReadingState.PENDING)
    )
