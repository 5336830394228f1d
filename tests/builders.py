"""Records for tests that need one and care for a field or two of it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from search.quotation import Quotation
from search.records import FileKind, Photo, PhotoSource, PhotoState, Sender
from storage.records import TextSource
from storage.texts import Found

CHAT = -1001234567890

_PHOTO = Photo(
    id=1,
    chat_id=CHAT,
    origin_chat_id=CHAT,
    message_id=77,
    image_id=1,
    thread_id=None,
    media_group_id=None,
    sender=Sender(1, "Ann"),
    date=datetime(2024, 5, 3, 23, 59, tzinfo=UTC),
    caption=None,
    kind=FileKind.PHOTO,
    file_id="f",
    file_unique_id="u",
    mime_type=None,
    sizes=(),
    spoiler=False,
    protected=False,
    source=PhotoSource.LIVE,
    state=PhotoState.INDEXED,
    attempts=0,
    error=None,
    photo_file_id=None,
)


def a_photo(**changes: Any) -> Photo:
    """An indexed photo, by Ann, of 3 May 2024."""
    return replace(_PHOTO, **changes)


def quoted(caption: str) -> Quotation:
    """The beginning of a caption, as the reason for a hit."""
    return Quotation(Found(1, TextSource.CAPTION, caption, caption), lambda _: 0)
