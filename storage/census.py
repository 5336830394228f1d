"""How much there is, over all chats: asked by operators, a few times a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from storage.chat_records import ChatCounts
from storage.database import Database
from storage.originals import PREFIX
from storage.records import PhotoState
from storage.schema import IS_PENDING, chats, photos, questions


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """The photos that wait to be indexed."""

    due: int
    """Nothing keeps them waiting but those before them."""
    in_hand: int
    postponed: int
    """Could not be fetched, and are tried again later."""
    next_due: datetime | None
    """When the first of the postponed is."""


@dataclass(frozen=True, slots=True)
class ChatNumbers:
    """Chats by whether the bot is in them; groups that became supergroups count once."""

    present: int
    left: int


class Census:
    """Counts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def photos(self) -> ChatCounts:
        """By state, and since when there are any."""
        by_state = select(photos.c.state, func.count().label("number")).group_by(photos.c.state)
        async with self._database.reading() as connection:
            counted: dict[str, int] = {row.state: row.number for row in await connection.execute(by_state)}
            since = await connection.scalar(select(func.min(photos.c.date)))
        return ChatCounts(
            indexed=counted.get(PhotoState.INDEXED, 0),
            waiting=counted.get(PhotoState.PENDING, 0),
            failed=counted.get(PhotoState.FAILED, 0),
            since=since,
        )

    async def left_in_place(self) -> int:
        """How many imported photos have their file elsewhere than in the data directory."""
        left = (photos.c.kind == "disk") & ~photos.c.file_id.startswith(PREFIX, autoescape=True)
        async with self._database.reading() as connection:
            return await connection.scalar(select(func.count()).where(left)) or 0

    async def chats(self) -> ChatNumbers:
        """The chats that the bot is in, and those it has left."""
        is_present = chats.c.left_at.is_(None)
        counted = select(is_present, func.count()).where(chats.c.migrated_to.is_(None)).group_by(is_present)
        async with self._database.reading() as connection:
            numbers = {bool(row[0]): row[1] for row in await connection.execute(counted)}
        return ChatNumbers(present=numbers.get(True, 0), left=numbers.get(False, 0))

    async def queue(self, now: datetime) -> QueueCounts:
        """What waits to be indexed."""
        is_free = IS_PENDING & ~photos.c.leased
        async with self._database.reading() as connection:
            due = await connection.scalar(select(func.count()).where(is_free, photos.c.due_at <= now))
            in_hand = await connection.scalar(select(func.count()).where(IS_PENDING, photos.c.leased))
            later = select(func.count(), func.min(photos.c.due_at)).where(is_free, photos.c.due_at > now)
            postponed, next_due = (await connection.execute(later)).one()
        return QueueCounts(due or 0, in_hand or 0, postponed, next_due)

    async def questions(self, since: datetime) -> int:
        """How many questions were asked since a moment."""
        async with self._database.reading() as connection:
            return await connection.scalar(select(func.count()).where(questions.c.asked_at >= since)) or 0
