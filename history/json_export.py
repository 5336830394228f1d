"""A result.json, read: its chats counted, its pictures one after the other."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace

from history.errors import ExportDamaged
from history.json_stream import BrokenOff, ChatBegins, ChatEnds, Item, MessageRead, items
from history.json_text import JsonText
from history.numbering import Numbering
from history.picture import Choices, integer, picture, text
from history.records import ExportedChat, ExportedPhoto, Skipped
from history.tally import Tally
from history.topics import Topics
from history.tree import Tree


@dataclass(frozen=True, slots=True)
class _Known:
    """What a first reading found of the chat at its place in the file."""

    chat: ExportedChat
    starts_again: bool


class JsonExport:
    """Reads the file from its beginning for every question; of its messages nothing stays in memory."""

    def __init__(self, tree: Tree, name: str, choices: Choices) -> None:
        self.damage: str | None = None
        """Where the file breaks off; known when `chats` is at its end."""
        self.size = tree.sizes([name])
        self._tree = tree
        self._name = name
        self._base = name[: name.rfind("/") + 1]
        self._choices = choices
        self._known: dict[int, _Known] = {}
        """By the chat's place in the file: ids of users, groups and channels may be the same number."""

    def chats(self) -> Iterator[ExportedChat]:
        """Raises ExportError."""
        self.damage = None
        begun, place, tally, numbering = ChatBegins(), 0, Tally(), Numbering()
        for item in self._items():
            if isinstance(item, MessageRead):
                numbering.shift(item.value)
                tally.add(self._picture(item.value, 0))
            elif isinstance(item, ChatBegins):
                begun, place, tally, numbering = item, place + 1, Tally(), Numbering()
            elif isinstance(item, ChatEnds):
                chat = _chat(begun, place, tally)
                self._known[place] = _Known(chat, numbering.starts_again)
                yield chat
            else:
                self._break_off(item, place, tally)

    def photos(self, chat_id: int, kind: str) -> Iterator[ExportedPhoto]:
        """Of the chats with this id and kind; `chats` was read to its end before. Raises ExportError."""
        asked = {
            place: known for place, known in self._known.items() if (known.chat.id, known.chat.kind) == (chat_id, kind)
        }
        place, numbering, topics = 0, None, Topics()
        for item in self._items():
            if isinstance(item, ChatBegins):
                place, topics = place + 1, Topics()
                numbering = Numbering(asked[place].starts_again) if place in asked else None
            elif isinstance(item, ChatEnds) and place == max(asked, default=0):
                return
            elif isinstance(item, MessageRead) and numbering is not None:
                shift, topic = numbering.shift(item.value), topics.topic(item.value)
                found = self._picture(item.value, chat_id)
                if isinstance(found, ExportedPhoto):
                    yield _placed(found, shift, topic)

    def _items(self) -> Iterator[Item]:
        with closing(self._tree.open(self._name)) as file:
            yield from items(JsonText(file))

    def _picture(self, message: object, chat_id: int) -> ExportedPhoto | Skipped | None:
        return picture(message, chat_id, self._tree, self._base, self._choices)

    def _break_off(self, item: BrokenOff, place: int, tally: Tally) -> None:
        where = f"{self._name} breaks off or is damaged near byte {item.position:,}"
        if not place:
            raise ExportDamaged(f"{where}, before its first message. Export again.")
        last = "" if tally.last_id is None else f", after the picture in message {tally.last_id}"
        self.damage = f"{where}{last}. What stands before that was read; export again for the rest."


def _placed(photo: ExportedPhoto, shift: int, topic: int | None) -> ExportedPhoto:
    """What only the messages around it tell."""
    if not shift and topic is None:
        return photo
    return replace(photo, message_id=photo.message_id + shift, thread_id=topic)


def _chat(begun: ChatBegins, place: int, tally: Tally) -> ExportedChat:
    number = integer(begun.head.get("id"))
    kind = text(begun.head.get("type"))
    return tally.chat(
        number if number is not None and number > 0 else -place,
        text(begun.head.get("name")) or ("Saved Messages" if kind == "saved_messages" else ""),
        kind,
        begun.has_left,
    )
