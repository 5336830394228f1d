"""The chats and messages of a result.json, one after the other. What they mean is not known here.

One chat is `{name, type, id, messages[]}`; a whole account has such chats in `chats.list[]` and `left_chats.list[]`,
among contacts, sessions and more, which are passed over.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import ijson

from history.errors import NotAnExport
from history.json_text import JsonText

BUFFER = 64 * 1024
DEEPEST = 6
"""Levels kept below a message; its text needs 3. What lies deeper is passed over, not recursed into."""
MOST = 2_000_000
"""Of a message: characters, and `VALUE` for each value. Its longest text has 4,096; told twice, every one in an object
of its own, that is 1,300,000. What comes beyond is passed over, not kept."""
VALUE = 50
WANTED = frozenset(
    {"id", "type", "action", "date", "date_unixtime", "edited", "edited_unixtime", "from", "from_id"}
    | {"text", "text_entities", "reply_to_message_id", "reply_to_peer_id", "media_spoiler", "media_type", "mime_type"}
    | {"photo", "photo_file_size", "file", "file_size", "width", "height", "self_destruct_period_seconds"}
)
"""What is kept of a message."""
_HEAD = frozenset({"name", "type", "id"})
_LISTS = {"chats": False, "left_chats": True}
_OPENING = frozenset({"start_map", "start_array"})
_CLOSING = frozenset({"end_map", "end_array"})
Events = Iterator[tuple[str, Any]]


@dataclass(slots=True)
class ChatBegins:
    """Messages up to the next `ChatEnds` belong to it."""

    head: dict[str, Any] = field(default_factory=dict)
    """name, type and id. What stands behind the messages is here only when the chat ends."""
    has_left: bool = False


@dataclass(frozen=True, slots=True)
class ChatEnds:
    """Also where the file breaks off in the middle of a chat."""


@dataclass(frozen=True, slots=True)
class MessageRead:
    """What stands in a chat's list of messages: an object with its wanted keys, or anything else."""

    value: Any


@dataclass(frozen=True, slots=True)
class BrokenOff:
    """The file is no JSON from here on."""

    position: int
    """About where, in bytes."""


Item = ChatBegins | ChatEnds | MessageRead | BrokenOff


def items(text: JsonText) -> Iterator[Item]:
    """Everything in its order. Raises NotAnExport for other JSON, ExportError for a file that cannot be read."""
    is_in_chat = False
    try:  # use_float: without it ijson 3.6 answers a number of 5,000 digits with an exception that surfaces anywhere
        for item in _document(ijson.basic_parse(text, buf_size=BUFFER, use_float=True)):
            if isinstance(item, ChatBegins | ChatEnds):
                is_in_chat = isinstance(item, ChatBegins)
            yield item
    except ijson.JSONError:
        if is_in_chat:
            yield ChatEnds()
        yield BrokenOff(text.bytes_read)


def _document(events: Events) -> Iterator[Item]:
    event, _ = next(events)
    if event != "start_map":
        raise NotAnExport("This JSON is no export of Telegram Desktop.")
    chat = ChatBegins()
    is_chat = is_account = False
    for key, event, value in _members(events):
        if key in _LISTS and event == "start_map":
            is_account = True
            yield from _section(events, has_left=_LISTS[key])
        elif key == "messages" and event == "start_array":
            if not is_chat:
                is_chat = True
                yield chat
            yield from _messages(events)
        else:
            _note(events, chat, key, event, value)
    if is_chat:
        yield ChatEnds()
    elif not is_account:
        raise NotAnExport("This JSON is no export of Telegram Desktop.")


def _section(events: Events, has_left: bool) -> Iterator[Item]:
    for key, event, _ in _members(events):
        if key != "list" or event != "start_array":
            _pass_over(events, event)
            continue
        for item, _ in events:
            if item == "end_array":
                break
            if item == "start_map":
                yield from _chat(events, ChatBegins(has_left=has_left))
            else:
                _pass_over(events, item)


def _chat(events: Events, chat: ChatBegins) -> Iterator[Item]:
    has_begun = False
    for key, event, value in _members(events):
        if key == "messages" and event == "start_array":
            if not has_begun:
                has_begun = True
                yield chat
            yield from _messages(events)
        else:
            _note(events, chat, key, event, value)
    if not has_begun:
        yield chat
    yield ChatEnds()


def _messages(events: Events) -> Iterator[MessageRead]:
    for event, value in events:
        if event == "end_array":
            return
        if event == "start_map":
            yield MessageRead(_message(events))
        else:
            _pass_over(events, event)
            yield MessageRead(value)


def _message(events: Events) -> dict[str, Any]:
    """Its wanted keys. One loop, for it takes most of the time that reading takes."""
    message, room = {}, _Room()
    for ending, key in events:
        if ending == "end_map":
            break
        event, value = next(events)
        if key not in WANTED:
            if event in _OPENING:
                _pass_over(events, event)
        else:
            message[key] = _value(events, event, value, room) if event in _OPENING else value
    return message


def _members(events: Events) -> Iterator[tuple[str, str, Any]]:
    """Keys and the event each value begins with; who takes one has to read the value to its end."""
    for ending, key in events:
        if ending == "end_map":
            return
        event, value = next(events)
        yield key, event, value


def _note(events: Events, chat: ChatBegins, key: str, event: str, value: Any) -> None:
    if key in _HEAD and event not in _OPENING:
        chat.head[key] = value
    else:
        _pass_over(events, event)


class _Room:
    """For the values of a message that are no plain ones."""

    def __init__(self) -> None:
        self._left = MOST

    def takes(self, value: Any) -> bool:
        """Whether a value may still be kept."""
        self._left -= VALUE + (len(value) if isinstance(value, str) else 0)
        return self._left >= 0


def _value(events: Events, event: str, value: Any, room: _Room, depth: int = 1) -> Any:
    if event not in _OPENING:
        return value
    if depth > DEEPEST:
        return _pass_over(events, event)
    if event == "start_map":
        return {
            key: _value(events, event, value, room, depth + 1)
            for key, event, value in _members(events)
            if _is_kept(events, event, value, room)
        }
    found = []
    for event, value in events:
        if event == "end_array":
            break
        if _is_kept(events, event, value, room):
            found.append(_value(events, event, value, room, depth + 1))
    return found


def _is_kept(events: Events, event: str, value: Any, room: _Room) -> bool:
    if room.takes(value):
        return True
    _pass_over(events, event)
    return False


def _pass_over(events: Events, event: str) -> None:
    depth = 1 if event in _OPENING else 0
    while depth:
        event, _ = next(events)
        if event in _OPENING:
            depth += 1
        elif event in _CLOSING:
            depth -= 1
