"""An export's pictures as posts of the chat they go to."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from bot.import_plan import Assignment
from history.errors import ArchiveRefused
from history.errors import FileError as ExportFileError
from history.errors import FileTooLarge as ExportFileTooLarge
from history.files import FileRef
from history.records import ExportedPhoto
from search.errors import FileGone, FileTooLarge
from search.importing import Exported
from search.records import FileKind, PhotoPost, PhotoSource, Sender
from storage.stand_ins import made_number, stand_in


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


def posts(photos: Iterator[ExportedPhoto], assignment: Assignment) -> Iterator[Exported]:
    """Each picture as it will be kept; blocks like what it reads from."""
    numbering = _Numbering(assignment)
    for photo in photos:
        chat_id, message_id = numbering.place(photo)
        is_numbered = chat_id == assignment.chat.id
        post = PhotoPost(
            chat_id=chat_id,
            message_id=message_id,
            thread_id=photo.thread_id if is_numbered else None,
            sender=Sender(photo.sender_id, photo.sender_name),
            date=photo.date,
            caption=photo.caption,
            kind=FileKind.DISK,
            file_id="" if photo.file is None else photo.file.uri,
            file_unique_id="",
            mime_type=photo.mime_type,
            spoiler=photo.spoiler,
            source=PhotoSource.IMPORT,
        )
        yield Exported(post, None if photo.file is None else File(photo.file), photo.missing_reason)


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
