"""What a message of a result.json shows, if it shows a picture. Anything at all may stand in a message's place."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from history.records import CHANNEL_IDS, DELETED_ACCOUNT, ExportedPhoto, Missing, PictureKind, Skipped
from history.tree import Tree

PICTURE_TYPES = frozenset(
    {"image/jpeg", "image/png", "image/webp", "image/avif", "image/gif", "image/heic", "image/heif"}
)
"""Of the files that the bot takes as pictures."""
STICKER_ENDING = ".webp"
"""Stickers that move are .tgs and .webm."""
_PEER = re.compile(r"(user|channel|chat)(\d{1,18})")
_NUMBER = re.compile(r"-?\d{1,18}")
_USERS, _GROUPS, _END = 1 << 32, 2 << 32, 3 << 32
"""Where old versions of Telegram Desktop put a number instead of user123: 32 bits of id, above them what it is."""
_LARGEST_INTEGER = 10**18
EARLIEST = datetime(2013, 8, 1, tzinfo=UTC)
"""Telegram began on the 14th; other messengers' chats that are brought to it get the day on which they came."""
LENIENCY = timedelta(days=1)
"""For dates of now by the clock of another zone."""
Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Choices:
    """What whoever imports decides."""

    zone: tzinfo = UTC
    """Of dates without one: old exports have only the clock of the computer that made them."""
    stickers: bool = False
    """Whether stickers count as pictures."""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def utc(self, date: datetime) -> datetime | None:
        """A date that a message may have. A later one would outlive retention and whoever opts out; of a year at the
        ends of the calendar, no other zone has a day.

        Raises:
            OverflowError
        """
        date = (date if date.tzinfo is not None else date.replace(tzinfo=self.zone)).astimezone(UTC)
        return date if EARLIEST <= date <= self.now + LENIENCY else None


@dataclass(frozen=True, slots=True)
class Sender:
    """Who posted, as `ExportedPhoto` has it."""

    id: int | None
    name: str
    is_channel: bool


def picture(message: object, chat_id: int, tree: Tree, base: str, choices: Choices) -> ExportedPhoto | Skipped | None:
    """The picture a message shows; None where it shows none, and why where it should but cannot be taken."""
    if not isinstance(message, dict):
        return Skipped.NOT_A_MESSAGE
    number = integer(message.get("id"))
    if number is None:
        return Skipped.NO_ID
    kind = _kind(message, choices)
    if not isinstance(kind, PictureKind):
        return kind
    date = _date(message, "date", choices)
    if date is None:
        return Skipped.NO_DATE
    path, size = _file(message, kind)
    found = _missing(path) or tree.picture(path, size, base)
    sender = _sender(message)
    return ExportedPhoto(
        chat_id=chat_id,
        message_id=number,
        date=date,
        sender_id=sender.id,
        sender_name=sender.name,
        is_channel_sender=sender.is_channel,
        caption=_caption(message),
        file=None if isinstance(found, Missing) else found,
        missing_reason=found if isinstance(found, Missing) else None,
        kind=kind,
        mime_type=_mime_type(message, kind),
        width=_positive(message.get("width")),
        height=_positive(message.get("height")),
        spoiler=message.get("media_spoiler") is True,
        edited=_date(message, "edited", choices),
    )


def integer(value: object) -> int | None:
    """A number, also one written as a string; within what a database keeps."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if abs(value) <= _LARGEST_INTEGER else None


def text(value: object) -> str:
    """Of a string, or of a list of strings and entity objects; what is neither says nothing."""
    parts = value if isinstance(value, list) else [value]
    said = [part.get("text") if isinstance(part, dict) else part for part in parts]
    return "".join(part for part in said if isinstance(part, str)).replace("\0", "")  # PostgreSQL takes no NUL


def _kind(message: Message, choices: Choices) -> PictureKind | Skipped | None:
    if message.get("type", "message") != "message":
        return None
    kind: PictureKind | Skipped | None = None
    if isinstance(message.get("photo"), str):
        kind = PictureKind.PHOTO
    elif isinstance(message.get("file"), str):
        kind = _file_kind(message, choices)
    if isinstance(kind, PictureKind) and message.get("self_destruct_period_seconds"):
        return Skipped.SELF_DESTRUCTING
    return kind


def _file_kind(message: Message, choices: Choices) -> PictureKind | Skipped | None:
    media_type = message.get("media_type")
    if media_type == "sticker":
        is_still = message["file"].lower().endswith(STICKER_ENDING)
        return PictureKind.STICKER if choices.stickers and is_still else None
    mime_type = _given_type(message)
    if media_type is not None or not mime_type.startswith("image/"):
        return None
    return PictureKind.DOCUMENT if mime_type in PICTURE_TYPES else Skipped.OTHER_FORMAT


def _given_type(message: Message) -> str:
    given = message.get("mime_type")
    return given.lower() if isinstance(given, str) else ""


def _mime_type(message: Message, kind: PictureKind) -> str | None:
    if kind is PictureKind.PHOTO:
        return "image/jpeg"
    return "image/webp" if kind is PictureKind.STICKER else _given_type(message)


def _file(message: Message, kind: PictureKind) -> tuple[str, int | None]:
    """The path and the bytes it should have; older versions do not say how many."""
    if kind is PictureKind.PHOTO:
        return message["photo"], _positive(message.get("photo_file_size"))
    return message["file"], _positive(message.get("file_size"))


def _missing(path: str) -> Missing | None:
    """Telegram Desktop puts a sentence in parentheses where a path would be, in English in every language."""
    if not (path.startswith("(") and path.endswith(")")):
        return None
    if "exceeds" in path:
        return Missing.TOO_LARGE
    return Missing.UNAVAILABLE if "unavailable" in path else Missing.NOT_INCLUDED


def _date(message: Message, key: str, choices: Choices) -> datetime | None:
    seconds = integer(message.get(f"{key}_unixtime"))
    written = message.get(key)
    try:
        if seconds is not None:
            return choices.utc(datetime.fromtimestamp(seconds, UTC))
        if not isinstance(written, str):
            return None
        return choices.utc(datetime.fromisoformat(written))
    except (ValueError, OverflowError, OSError):  # years that no calendar has
        return None


def _sender(message: Message) -> Sender:
    name = text(message.get("from")) or DELETED_ACCOUNT
    given = message.get("from_id")
    peer = _PEER.fullmatch(given) if isinstance(given, str) else None
    if peer is not None:
        return _peer(peer.group(1), int(peer.group(2)), name)
    number = integer(given)
    if number is None or number <= 0 or number >= _END:
        return Sender(None, name, is_channel=False)
    if number < _USERS:
        return Sender(number, name, is_channel=False)
    return _peer("user" if number < _GROUPS else "channel", number % _USERS, name)


def _peer(kind: str, number: int, name: str) -> Sender:
    if kind == "user":
        return Sender(number, name, is_channel=False)
    return Sender(-number if kind == "chat" else CHANNEL_IDS - number, name, is_channel=True)


def _caption(message: Message) -> str | None:
    said = message.get("text") or message.get("text_entities")
    first = said[0] if isinstance(said, list) and said else None
    if isinstance(first, dict) and first.get("type") == "bot_command":
        return None  # it asked a bot something and says nothing of the picture
    return text(said) or None


def _positive(value: object) -> int | None:
    number = integer(value)
    return number if number is not None and 0 < number < 2**31 else None
