"""How an exported message is known where its number says nothing: by who posted it and when.

In supergroups and channels a message has one number for everybody. In basic groups, private chats and saved messages
every account numbers messages for itself, so an export has the numbers of whoever exported, and the same number means
another message to the bot and in somebody else's export. Such a message gets a number made of its sender and date, in
a chat that stands in for its own: no link or reply is ever made to it, and no message that Telegram tells the bot of is
ever taken for it (docs/decisions/0001-origin-chat.md).
"""

from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

FARTHEST = -(2**62)
"""Stand-ins lie from here down. Telegram's ids end at -4,000,000,000,000 (core.telegram.org/api/bots/ids)."""

LAST_BASIC_GROUP = -1_000_000_000_000
"""Ids from here down are those of supergroups and channels."""


def stand_in(chat_id: int) -> int:
    """What stands in for a chat, its private history or its past as a basic group: always the same id."""
    return FARTHEST - _number(chat_id)


def is_stand_in(origin_chat_id: int) -> bool:
    """Whether an `origin_chat_id` is no chat of Telegram's."""
    return origin_chat_id <= FARTHEST


class Moment(NamedTuple):
    """When somebody posted something, by Telegram's whole seconds."""

    sender_id: int
    date: datetime

    @property
    def number(self) -> int:
        """That of no message, but of whatever was posted then: what stands for all of it among what was forgotten."""
        return made_number(self.sender_id, self.date, "")


def needs_stand_in(chat_id: int) -> bool:
    """Whether a chat's own numbers are the bot's alone: of basic groups and private chats."""
    return chat_id > LAST_BASIC_GROUP


def made_number(sender_id: int | None, date: datetime, which: str) -> int:
    """The number of a message there; `which` tells apart what somebody posted in the same second."""
    return _number(sender_id, int(date.timestamp()), which)


def _number(*parts: object) -> int:
    """56 bits: with 100,000 messages, two have the same once in ten million archives."""
    return int.from_bytes(sha256("/".join(map(str, parts)).encode()).digest()[:7])
