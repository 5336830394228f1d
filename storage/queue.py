"""The photos that wait to be indexed: taking them up, finishing, failing, postponing.

A claim is a lease, kept in SQL: what a process that died had in hand is taken up again by the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select, tuple_, update

from storage.database import Database, batches
from storage.records import Photo, PhotoState
from storage.schema import AT_ONCE, IS_PENDING, photo_rows, photos


class IndexQueue:
    """Hands out pending photos, a fair share to every chat."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, limit: int, now: datetime, lease: timedelta) -> list[Photo]:
        """Take up to `limit` due photos; nobody else gets them until `now + lease`.

        Chats take turns, the oldest photo of each first, so that one chat's ten thousand cannot keep
        another's single photo waiting.
        """
        async with self._database.reading() as connection:  # no writer need wait while a long queue is ranked
            ids = (await connection.scalars(_in_turns(limit, now))).all()
        async with self._database.transaction() as connection:
            taken = (
                update(photos)
                # Asked again: somebody else may have taken or removed them since.
                .where(photos.c.id.in_(ids), IS_PENDING, photos.c.due_at <= now)
                .values(due_at=now + lease, leased=True)
                .returning(photos.c.id)
            )
            claimed = (await connection.scalars(taken)).all()
            rows = await connection.execute(
                photo_rows().where(photos.c.id.in_(claimed)).order_by(photos.c.id)
            )
            return [Photo.from_row(row) for row in rows]

    async def release_all(self) -> int:
        """End every lease: at start, when the process that held them is gone. Returns how many."""
        async with self._database.transaction() as connection:
            released = await connection.execute(
                update(photos).where(IS_PENDING, photos.c.leased).values(due_at=AT_ONCE, leased=False)
            )
            return released.rowcount

    async def finish(self, pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Mark (photo id, image id) as indexed; returns the pairs that truly were.

        Left out: photos that meanwhile were removed or forgotten, or show another image.
        """
        done: list[tuple[int, int]] = []
        async with self._database.transaction() as connection:
            for batch in batches(pairs, 500):
                finished = await connection.execute(
                    update(photos)
                    .where(tuple_(photos.c.id, photos.c.image_id).in_(batch), IS_PENDING)
                    .values(state=PhotoState.INDEXED, indexed_at=datetime.now(UTC), error=None, leased=False)
                    .returning(photos.c.id, photos.c.image_id)
                )
                done += [(row.id, row.image_id) for row in finished]
        return done

    async def fail(self, photo_id: int, reason: str) -> None:
        """Give up a photo in hand; the reason is kept and shown. One edited meanwhile stays pending."""
        async with self._database.transaction() as connection:
            await connection.execute(
                update(photos)
                .where(photos.c.id == photo_id, IS_PENDING, photos.c.leased)
                .values(state=PhotoState.FAILED, error=reason, leased=False)
            )

    async def postpone(self, photo_id: int, reason: str, until: datetime) -> None:
        """Count a failed attempt at a photo in hand and try again at `until`."""
        async with self._database.transaction() as connection:
            await connection.execute(
                update(photos)
                .where(photos.c.id == photo_id, IS_PENDING, photos.c.leased)
                .values(attempts=photos.c.attempts + 1, error=reason, due_at=until, leased=False)
            )

    async def next_due(self, now: datetime) -> datetime | None:
        """When a claim will next find something, `now` at the earliest; None when nothing is pending."""
        async with self._database.reading() as connection:
            due: datetime | None = await connection.scalar(
                select(func.min(photos.c.due_at)).where(IS_PENDING)
            )
        return None if due is None else max(due, now)

    async def waiting(self) -> int:
        """How many photos are pending, in all chats."""
        async with self._database.reading() as connection:
            return await connection.scalar(select(func.count()).where(IS_PENDING)) or 0


def _in_turns(limit: int, now: datetime) -> Select[Any]:
    """Ids of due photos: the first of every chat, then the second of every chat, and so on."""
    turn = func.row_number().over(partition_by=photos.c.chat_id, order_by=(photos.c.due_at, photos.c.id))
    due = select(photos.c.id, turn.label("turn")).where(IS_PENDING, photos.c.due_at <= now).subquery()
    return select(due.c.id).order_by(due.c.turn, due.c.id).limit(limit)
