"""The files of imported photos: in an export that lies somewhere on this machine, or copied into the data directory."""

from contextlib import suppress
from pathlib import Path

from bot.disk_reads import DiskReads
from history import archive, paths
from history.errors import ExportError, FileMissing, FileTooLarge
from history.files import FileRef
from search.errors import FileError, FileGone, FileUnreachable
from storage.originals import PREFIX, SHA256, Originals, digest_of

GONE = "The imported file is no longer where it was; import it again to show where it is now."
"""Reasons are shown to the admins of a chat: where files lie on this machine is not their business."""


class DiskFiles:
    """The `FileSource` of imported photos. Their file ids come from imports only, see `search.pictures`."""

    def __init__(self, originals: Originals, max_bytes: int, reads: DiskReads | None = None) -> None:
        self._originals = originals
        self._max_bytes = max_bytes
        self._reads = reads or DiskReads()

    async def fetch(self, file_id: str) -> bytes:
        """See `FileSource`. A file that went with its folder may come back with it: a disk that is not mounted."""
        try:
            path, entry = self._place(file_id)
        except ValueError as exc:
            raise FileGone(GONE) from exc
        return await self._reads.read(path.parent if entry is None else path, lambda: self.read(file_id))

    def read(self, file_id: str) -> bytes:
        """The same, blocking.

        Raises:
            FileGone, FileUnreachable
        """
        try:
            path, entry = self._place(file_id)
        except ValueError as exc:
            raise FileGone(GONE) from exc
        try:
            return FileRef(_uri(path, entry)).read(self._max_bytes)
        except FileTooLarge as exc:
            raise FileGone(f"The file is larger than {self._max_bytes / 1e6:.0f} MB.") from exc
        except FileMissing as exc:
            raise _missing(path, entry, exc) from exc
        except ExportError as exc:
            raise FileGone("The ZIP that the imported file is in cannot be read.") from exc

    def is_there(self, file_id: str) -> bool:
        """Whether the file can be expected to be read. Blocks."""
        with suppress(ExportError, ValueError):
            path, entry = self._place(file_id)
            return path.is_file() if entry is None else archive.at(path).size(entry) is not None
        return False

    def is_intact(self, file_id: str, file_unique_id: str) -> bool:
        """Whether the file that was imported is there, and not another in its place. Blocks: reads it, unless it is a
        copy, which is named after what is in it."""
        if file_id.startswith(PREFIX):
            return self.is_there(file_id)
        try:
            return SHA256 + digest_of(self.read(file_id)) == file_unique_id
        except FileError:
            return False

    def _place(self, file_id: str) -> tuple[Path, str | None]:
        """The file, and for an entry of a ZIP its name. Raises ValueError."""
        if file_id.startswith(PREFIX):
            return self._originals.path(file_id).absolute(), None
        place = paths.parsed(file_id)
        if place is None:
            raise ValueError(f"no address of a file: {file_id!r}")
        return place


def _uri(path: Path, entry: str | None) -> str:
    return paths.file_uri(path) if entry is None else paths.entry_uri(path, entry)


def _missing(path: Path, entry: str | None, exc: FileMissing) -> FileError:
    """Gone is what is not in a folder, or a ZIP, that is there."""
    is_absent = exc.__cause__ is None or isinstance(exc.__cause__, FileNotFoundError)
    if is_absent and (path.parent.is_dir() if entry is None else path.is_file()):
        return FileGone(GONE)
    return FileUnreachable("The folder or disk of the imported file is not there, or cannot be read.")
