"""The photos that wait to be indexed: taking them up, finishing, failing, postponing.

A claim is a lease, kept in SQL: what a process that died had in hand is taken up again by the next one. What people
post goes before what is imported: of that there may be a hundred thousand.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, tuple_, update

from storage.database import Database, batches
from storage.photo_rows import photo_rows
from storage.readings import want_reading
from storage.records import Photo, PhotoSource, PhotoState
from storage.schema import AT_ONCE, IS_PENDING, photos
from storage.uninterrupted import uninterrupted

LIVE_FIRST = (PhotoSource.LIVE, PhotoSource.IMPORT)
FEW = 16
"""Imported photos in one claim: a live one that comes meanwhile waits for no more, a second or two."""


class IndexQueue:
    """Hands out pending photos, a fair share to every chat."""

    def __init__(self, database: Database, sources: Sequence[PhotoSource] = LIVE_FIRST) -> None:
        """`sources`: which photos are handed out, and which of them first."""
        self._database = database
        self._sources = sources

    @uninterrupted
    async def claim(self, limit: int, now: datetime, lease: timedelta) -> list[Photo]:
        """Take up to `limit` due photos; nobody else gets them until `now + lease`.

        Chats take turns, the oldest photo of each first, so that one chat's ten thousand cannot keep
        another's single photo waiting.
        """
        ids: list[int] = []
        for source in self._sources:
            room = limit if source is PhotoSource.LIVE else min(limit, FEW)
            if not ids:
                ids = await self._in_turns(source, room, now)
        async with self._database.transaction() as connection:
            taken = (
                update(photos)
                # Asked again: somebody else may have taken or removed them since.
                .where(photos.c.id.in_(ids), IS_PENDING, photos.c.due_at <= now)
                .values(due_at=now + lease, leased=True)
                .returning(photos.c.id)
            )
            claimed = (await connection.scalars(taken)).all()
            rows = await connection.execute(photo_rows().where(photos.c.id.in_(claimed)).order_by(photos.c.id))
            return [Photo.from_row(row) for row in rows]

    async def _in_turns(self, source: PhotoSource, limit: int, now: datetime) -> list[int]:
        """Ids of due photos: the first of every chat, then the second of every chat, and so on."""
        turns: list[tuple[int, int]] = []
        async with self._database.reading() as connection:
            waiting = (await connection.execute(_waiting_chats(source, limit, now))).all()
            if len(waiting) == limit:
                return [chat.first for chat in waiting]
            for chat in waiting:
                of_chat = await connection.scalars(_due(source, chat.chat_id, limit, now))
                turns += enumerate(of_chat.all())
        return [photo_id for _, photo_id in sorted(turns)[:limit]]

    @uninterrupted
    async def release_all(self, latest: datetime) -> int:
        """End every lease: at start, when the process that held them is gone. Returns how many.

        Likewise what is due after `latest`, later than anything is ever postponed: the clock was set back since.
        """
        async with self._database.transaction() as connection:
            released = await connection.execute(
                update(photos)
                .where(IS_PENDING, photos.c.leased | (photos.c.due_at > latest))
                .values(due_at=AT_ONCE, leased=False)
            )
            return released.rowcount

    @uninterrupted
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
            await want_reading(connection, {image_id for _, image_id in done})
        return done

    @uninterrupted
    async def fail(self, photo_id: int, image_id: int, reason: str) -> None:
        """Give up a photo in hand; the reason is kept and shown. One edited meanwhile stays pending."""
        async with self._database.transaction() as connection:
            await connection.execute(
                update(photos)
                .where(photos.c.id == photo_id, photos.c.image_id == image_id, IS_PENDING, photos.c.leased)
                .values(state=PhotoState.FAILED, error=reason, leased=False)
            )

    @uninterrupted
    async def postpone(
        self, photo_id: int, image_id: int, reason: str, until: datetime, *, counted: bool = True
    ) -> None:
        """Try a photo in hand again at `until`; `counted` says whether this attempt was the photo's own failure.

        One edited meanwhile, which shows another image by now, stays as it is.
        """
        async with self._database.transaction() as connection:
            await connection.execute(
                update(photos)
                .where(photos.c.id == photo_id, photos.c.image_id == image_id, IS_PENDING, photos.c.leased)
                .values(attempts=photos.c.attempts + int(counted), error=reason, due_at=until, leased=False)
            )

    async def next_due(self, now: datetime) -> datetime | None:
        """When a claim will next find something, `now` at the earliest; None when nothing is pending."""
        of_ours = select(func.min(photos.c.due_at)).where(IS_PENDING, photos.c.source.in_(self._sources))
        async with self._database.reading() as connection:
            due: datetime | None = await connection.scalar(of_ours)
        return None if due is None else max(due, now)

    async def waiting(self) -> int:
        """How many photos are pending, in all chats."""
        async with self._database.reading() as connection:
            return await connection.scalar(select(func.count()).where(IS_PENDING)) or 0


def _waiting_chats(source: PhotoSource, limit: int, now: datetime) -> Select[Any]:
    """The chats with due photos, longest waiting first; `chat_id` and the `first` photo's id.

    Jumps from chat to chat along the index, instead of ranking every waiting photo: a claim takes 16 ms
    where that took 150 ms (100,000 photos waiting in 200 chats).
    """
    lowest = select(func.min(photos.c.chat_id).label("chat_id")).where(IS_PENDING, photos.c.source == source)
    waiting = lowest.cte("waiting", recursive=True)
    following = lowest.where(photos.c.chat_id > waiting.c.chat_id)
    waiting = waiting.union_all(
        select(following.correlate(waiting).scalar_subquery()).where(waiting.c.chat_id.is_not(None))
    )
    first = _due(source, waiting.c.chat_id, 1, now).correlate(waiting).scalar_subquery().label("first")
    found = select(waiting.c.chat_id, first).where(waiting.c.chat_id.is_not(None)).subquery()
    return select(found).where(found.c.first.is_not(None)).order_by(found.c.first).limit(limit)


def _due(source: PhotoSource, chat_id: ColumnElement[int] | int, limit: int, now: datetime) -> Select[Any]:
    """Ids of a chat's due photos, in the order in which they are taken."""
    of_source = select(photos.c.id).where(IS_PENDING, photos.c.source == source)
    of_chat = of_source.where(photos.c.chat_id == chat_id, photos.c.due_at <= now)
    return of_chat.order_by(photos.c.due_at, photos.c.id).limit(limit)
