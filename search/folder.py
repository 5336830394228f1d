"""A folder of pictures on disk: which files are in it, and how they are read. Nothing in it is ever written."""

import asyncio
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

from PIL import Image

from search.errors import FileGone
from search.images import ACCEPTED_FORMATS, is_heif_accepted

WITHOUT_WAITING: int = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""How files are opened: a named pipe that nobody writes to would keep whoever opens it waiting for ever."""
HEIF_SUFFIXES = frozenset({".heic", ".heif", ".hif"})


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that calls itself a picture."""

    name: str
    """See `Folder`."""
    size: int
    modified_ns: int


@dataclass(slots=True)
class Walked:
    """What a walk could not look at, filled as it goes."""

    unread: list[str] = field(default_factory=list)
    """Names of folders that could not be listed: what was known of them still holds."""
    unsupported: int = 0
    """HEIC pictures, where the extra that reads them is missing."""


class Folder:
    """A `FileSource`. A file's id is its path relative to the folder, percent-encoded, for names on disk need not be
    valid Unicode; outside of it, the whole path."""

    def __init__(self, root: Path, max_bytes: int) -> None:
        self.root = root.absolute()
        self._max_bytes = max_bytes

    def name(self, path: Path) -> str:
        """The id of a file."""
        path = path.absolute()
        return quote(os.fsencode(path.relative_to(self.root) if path.is_relative_to(self.root) else path))

    def path(self, name: str) -> Path:
        """The file of an id."""
        return self.root / os.fsdecode(unquote_to_bytes(name))

    async def fetch(self, file_id: str) -> bytes:
        """See `FileSource`."""
        return await asyncio.to_thread(self._read, self.path(file_id))

    def pictures(self, walked: Walked) -> Iterator[FoundFile]:
        """Every file whose suffix is a picture's, folder by folder; what is hidden (.git, .thumbnails) is left out,
        and links to folders are not followed: they may lead in a circle."""

        def note(error: OSError) -> None:
            walked.unread.append(self.name(Path(os.fsdecode(error.filename))))

        suffixes = picture_suffixes()
        for directory, folders, names in os.walk(self.root, onerror=note):
            folders[:] = sorted(one for one in folders if not one.startswith("."))
            for name in sorted(names):
                suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122 - a Path for each of 100,000 takes a second
                if name.startswith(".") or suffix not in suffixes:
                    walked.unsupported += suffix in HEIF_SUFFIXES and not name.startswith(".")
                    continue
                if (found := self._found(Path(directory, name))) is not None:
                    yield found

    def _found(self, path: Path) -> FoundFile | None:
        try:
            status = path.stat()
        except OSError:  # gone since it was listed, or a link to nowhere
            return None
        if not stat.S_ISREG(status.st_mode):  # a pipe, or a link to a device that never ends
            return None
        return FoundFile(self.name(path), status.st_size, status.st_mtime_ns)

    def _read(self, path: Path) -> bytes:
        """Whatever has taken the file's place since it was found: neither for ever nor without bounds."""
        try:
            with open(path, "rb", opener=_open) as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode):
                    raise FileGone("That is no file that could be read to its end.")
                size = status.st_size
                if size > self._max_bytes:
                    raise FileGone(f"The file has {size / 1e6:.0f} MB; I read {self._max_bytes / 1e6:.0f} MB at most.")
                return file.read(size)
        except OSError as exc:
            raise FileGone(f"The file cannot be read ({exc.strerror}).") from exc


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | WITHOUT_WAITING)


def picture_suffixes() -> frozenset[str]:
    """In small letters, with the dot: those of every format that is accepted here."""
    Image.init()
    return frozenset(
        suffix
        for suffix, kind in Image.registered_extensions().items()
        if kind in ACCEPTED_FORMATS and (kind != "HEIF" or is_heif_accepted())
    )
