"""An export's pictures as posts of the chat they go to."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

from bot.import_plan import Assignment
from history.errors import ArchiveRefused
from history.errors import FileError as ExportFileError
from history.errors import FileTooLarge as ExportFileTooLarge
from history.files import FileRef
from history.records import DELETED_ACCOUNT, ExportedPhoto
from search.errors import FileGone, FileTooLarge
from search.importing import Exported
from search.records import FileKind, PhotoPost, PhotoSource, Sender
from storage.stand_ins import made_number, stand_in

FROM_BEFORE = "left out: from before the group became a supergroup, and HTML does not say who posted them"


class File:
    """An `ExportedFile`."""

    def __init__(self, file: FileRef) -> None:
        self._file = file

    @property
    def uri(self) -> str:
        """See `ExportedFile`."""
        return self._file.uri

    def read(self, max_bytes: int) -> bytes:
        """See `ExportedFile`."""
        try:
            return self._file.read(max_bytes)
        except ExportFileTooLarge as exc:
            raise FileTooLarge(str(exc)) from exc
        except (ExportFileError, ArchiveRefused) as exc:
            raise FileGone(str(exc)) from exc


def posts(
    photos: Iterator[ExportedPhoto], assignment: Assignment, people: Mapping[str, int] | None = None
) -> Iterator[Exported]:
    """Each picture as it will be kept; blocks like what it reads from.

    Args:
        photos: the export's
        assignment: where they go
        people: the ids of those whom an HTML export gives a name only
    """
    numbering, people = _Numbering(assignment), people or {}
    for photo in photos:
        chat_id, message_id = numbering.place(photo)
        is_numbered = chat_id == assignment.chat.id
        post = PhotoPost(
            chat_id=chat_id,
            message_id=message_id,
            thread_id=photo.thread_id if is_numbered else None,
            sender=Sender(_sender_id(photo, assignment, people), photo.sender_name),
            date=photo.date,
            caption=photo.caption,
            kind=FileKind.DISK,
            file_id="" if photo.file is None else photo.file.uri,
            file_unique_id="",
            mime_type=photo.mime_type,
            spoiler=photo.spoiler,
            source=PhotoSource.IMPORT,
        )
        if assignment.is_of_pages and not is_numbered:
            yield Exported(post, None, FROM_BEFORE)
        else:
            yield Exported(post, None if photo.file is None else File(photo.file), photo.missing_reason)


def _sender_id(photo: ExportedPhoto, assignment: Assignment, people: Mapping[str, int]) -> int | None:
    """Pages have names only. In a channel, all is posted by itself; a deleted account's name is that of many."""
    if not assignment.is_of_pages:
        return photo.sender_id
    if assignment.chat.kind == "channel":
        return assignment.chat.id
    return None if photo.sender_name == DELETED_ACCOUNT else people.get(photo.sender_name)


class _Numbering:
    """Says by which chat and number a message is known."""

    def __init__(self, assignment: Assignment) -> None:
        self._chat_id = assignment.chat.id
        self._has_numbers = assignment.has_its_numbers
        self._stand_in = stand_in(min(assignment.former, default=assignment.chat.id))
        self._second: datetime | None = None
        self._posted = Counter[tuple[int | None, str]]()

    def place(self, photo: ExportedPhoto) -> tuple[int, int]:
        if self._has_numbers and photo.message_id > 0:
            return self._chat_id, photo.message_id
        second = photo.date.replace(microsecond=0)
        if second != self._second:
            self._second = second
            self._posted.clear()
        poster = (photo.sender_id, photo.kind)
        self._posted[poster] += 1
        return self._stand_in, made_number(photo.sender_id, second, f"{photo.kind}/{self._posted[poster]}")
