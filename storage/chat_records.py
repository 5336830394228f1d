"""The records that tell of chats: frozen, typed, without behaviour of their own; see `storage.records`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from sqlalchemy import Row


@dataclass(frozen=True, slots=True)
class ChatInfo:
    """What an update says about its chat."""

    id: int
    kind: str
    """Telegram's `type`: private, group, supergroup or channel."""
    title: str | None = None
    username: str | None = None


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat the bot is or was in."""

    id: int
    kind: str
    title: str | None
    username: str | None
    joined_at: datetime
    left_at: datetime | None
    """Since when nothing of it may be searched; None while the bot belongs to it."""
    migrated_to: int | None
    """The supergroup it became; it has the whole archive."""
    admitted_by: int | None = None
    """The user who let the bot in, where that was noted."""

    @classmethod
    def from_row(cls, row: Row[Any]) -> Self:
        return cls(
            row.id,
            row.kind,
            row.title,
            row.username,
            row.joined_at,
            row.left_at,
            row.migrated_to,
            row.admitted_by,
        )


@dataclass(frozen=True, slots=True)
class ChatCounts:
    """How a chat's archive stands."""

    indexed: int
    waiting: int
    failed: int
    since: datetime | None
    """Date of the earliest photo."""
