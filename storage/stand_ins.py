"""Ids that stand in for a chat where the message ids of imported photos are not those that Telegram tells the bot.

In supergroups and channels a message has one id for everybody. In basic groups, private chats and saved messages every
account numbers messages for itself, so an export has the numbers of whoever exported, and the same number means another
message to the bot. Photos from there are known by a stand-in for their chat: no link or reply is ever made to it, and
none of its numbers is ever taken for one of the chat's own (docs/decisions/0001-origin-chat.md).
"""

from hashlib import sha256

FARTHEST = -(2**62)
"""Stand-ins lie from here down. Telegram's ids end at -4,000,000,000,000 (core.telegram.org/api/bots/ids)."""


def stand_in(archive: int, history: str) -> int:
    """The id under which an archive keeps a history, which the name tells from every other: always the same one."""
    digest = sha256(f"{archive}/{history}".encode()).digest()
    return FARTHEST - int.from_bytes(digest[:7])


def is_stand_in(origin_chat_id: int) -> bool:
    """Whether an `origin_chat_id` is no chat of Telegram's."""
    return origin_chat_id <= FARTHEST
