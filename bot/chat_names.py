"""Which chat is meant on a command line: an id, an @username, or a title."""

from collections.abc import Sequence

from bot.errors import BotError
from storage.chat_records import Chat

LISTED = 20


class ChatUnknown(BotError):
    """No chat, or no single one, is called that."""


def chat_called(name: str, chats: Sequence[Chat]) -> Chat:
    """The one that has, or has become what had, that name; also one that the bot has left.

    Raises:
        ChatUnknown: naming those that could be meant.
    """
    found = _called(name.strip(), chats)
    if len(found) == 1:
        return found[0]
    if found:
        raise ChatUnknown(f"Several chats are called “{name}”: {_listed(found)}. Give one's id.")
    lasting = [chat for chat in chats if chat.migrated_to is None]
    known = f"There is {_listed(lasting)}" if lasting else "There is none yet"
    raise ChatUnknown(f"There is no chat “{name}” in the archive. {known}.")


def _called(name: str, chats: Sequence[Chat]) -> list[Chat]:
    by_id = {chat.id: chat for chat in chats}
    if name.lstrip("-").isdecimal():
        chat = by_id.get(int(name))
        successor = by_id.get(chat.migrated_to, chat) if chat is not None and chat.migrated_to is not None else chat
        return [] if successor is None else [successor]
    lasting = [chat for chat in chats if chat.migrated_to is None]
    folded = name.casefold()
    if folded.startswith("@"):
        return [chat for chat in lasting if (chat.username or "").casefold() == folded[1:]]
    return [chat for chat in lasting if (chat.title or "").casefold() == folded]


def _listed(chats: Sequence[Chat]) -> str:
    named = ", ".join(f"“{chat.title or chat.username or 'private'}” ({chat.id})" for chat in chats[:LISTED])
    return f"{named} and {len(chats) - LISTED:,} more" if len(chats) > LISTED else named
