"""The records that cross the storage layer's edge: frozen, typed, without behaviour of their own. Those of chats are in
`storage.chat_records`, those of the vector index in `storage.index_records`.

No SQL, no Chroma and nothing of Telegram's API objects may enter; handlers fill a `PhotoPost` from a message.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Self

from sqlalchemy import Row


class PhotoState(StrEnum):
    PENDING = "pending"
    INDEXED = "indexed"
    FAILED = "failed"


class PhotoSource(StrEnum):
    LIVE = "live"
    IMPORT = "import"


class FileKind(StrEnum):
    PHOTO = "photo"
    DOCUMENT = "document"
    """An image sent as a file: it cannot be re-sent as a photo by its file id."""
    DISK = "disk"
    """A file on this machine, out of an export: its file id says where. No message that the bot is sent makes one."""


class TextSource(StrEnum):
    """Where words of a photo stand."""

    CAPTION = "caption"
    PICTURE = "picture"


EVERY_SOURCE = frozenset(TextSource)


@dataclass(frozen=True, slots=True)
class PhotoSize:
    """One of the sizes in which Telegram keeps a photo; each has ids of its own."""

    file_id: str
    file_unique_id: str
    width: int
    height: int
    file_size: int | None = None
    """Bytes; Telegram does not always say."""

    @classmethod
    def from_json(cls, size: Sequence[Any]) -> Self:
        """From the list `to_json` gives."""
        return cls(*size)

    def to_json(self) -> list[str | int | None]:
        return [self.file_id, self.file_unique_id, self.width, self.height, self.file_size]


@dataclass(frozen=True, slots=True)
class Sender:
    """Who posted: a person, or the chat in whose name it was posted."""

    id: int | None
    name: str
    username: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoPost:
    """What a message says about its picture."""

    chat_id: int
    """The chat whose message ids it uses; for a new post also the archive it goes to."""
    message_id: int
    thread_id: int | None = None
    media_group_id: str | None = None
    sender: Sender
    date: datetime
    """Aware."""
    caption: str | None = None
    kind: FileKind = FileKind.PHOTO
    file_id: str
    """Of the largest size, or of the document."""
    file_unique_id: str
    """Of the largest size, or of the document: the key by which equal pictures are one image."""
    mime_type: str | None = None
    sizes: tuple[PhotoSize, ...] = ()
    spoiler: bool = False
    protected: bool = False
    """The chat forbids saving and forwarding: it must not be re-sent."""
    source: PhotoSource = PhotoSource.LIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A picture in a chat's archive."""

    id: int
    """Never used again, not even after deletion."""
    chat_id: int
    """The archive it belongs to; answers are given only in this chat."""
    origin_chat_id: int
    """The chat whose message ids it uses: after a group became a supergroup, the old group."""
    message_id: int
    """Unique within `origin_chat_id`."""
    image_id: int
    """Equal files, wherever they were posted, share one image and its vectors."""
    thread_id: int | None
    media_group_id: str | None
    sender: Sender
    date: datetime
    """UTC."""
    caption: str | None
    kind: FileKind
    file_id: str
    file_unique_id: str
    mime_type: str | None
    sizes: tuple[PhotoSize, ...]
    spoiler: bool
    protected: bool
    source: PhotoSource
    state: PhotoState
    attempts: int
    """Tries that failed and were postponed."""
    error: str | None
    """Why the last try failed."""
    photo_file_id: str | None
    """A file id that can be sent as a photo although the file is none at Telegram; kept on the image."""

    @classmethod
    def from_row(cls, row: Row[Any]) -> Self:
        """From a row of `storage.photo_rows`."""
        return cls(
            id=row.id,
            chat_id=row.chat_id,
            origin_chat_id=row.origin_chat_id,
            message_id=row.message_id,
            image_id=row.image_id,
            thread_id=row.thread_id,
            media_group_id=row.media_group_id,
            sender=Sender(row.sender_id, row.sender_name, row.sender_username),
            date=row.date,
            caption=row.caption,
            kind=FileKind(row.kind),
            file_id=row.file_id,
            file_unique_id=row.file_unique_id,
            mime_type=row.mime_type,
            sizes=tuple(PhotoSize.from_json(size) for size in row.sizes),
            spoiler=row.spoiler,
            protected=row.protected,
            source=PhotoSource(row.source),
            state=PhotoState(row.state),
            attempts=row.attempts,
            error=row.error,
            photo_file_id=row.photo_file_id,
        )


class Posting(NamedTuple):
    """A photo in brief: what ranking needs of it, read six times as fast as the whole of it."""

    id: int
    chat_id: int
    origin_chat_id: int
    message_id: int
    image_id: int
    date: datetime
    """UTC."""
    state: PhotoState


class Remembered(NamedTuple):
    """A photo as memory has it: as much as putting it into an order takes. Where it is shown, SQL has the last word."""

    id: int
    image_id: int
    date: datetime
    """UTC."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What the edit of a message did to its photo."""

    photo: Photo
    """As it is now."""
    previous_image_id: int | None
    """The image it showed before, where that is another one; it may be gone by now."""
    image_changed: bool
    """The picture is new and waits to be indexed; its old vector must leave the index."""
