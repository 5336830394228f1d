"""ZIPs, read in place: nothing is unpacked, so nothing can be written anywhere by what a ZIP says."""

import lzma
import stat
import threading
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from time import monotonic, sleep
from typing import IO
from zipfile import BadZipFile, ZipFile, ZipInfo

from history.errors import ArchiveRefused, FileMissing, FileTooLarge

_MOST_SWELLING = 200
"""Times its packed size that a large entry may have: exports' JSON packs 10 to 25 times, a bomb up to 1,032."""
_LARGE = 64 * 1024 * 1024
"""Bytes below which swelling harms nobody."""
_ENCRYPTED = 0x1
_KEPT = 8
"""Archives; the directory of one with 100,000 entries takes 0.6 s to read, which is too much for each picture."""
IDLE = 60.0
"""Seconds after which one that nobody reads is closed: its directory takes 60 MB, and its disk cannot be unmounted."""
_IS_UTF8 = 0x800
_CODE_PAGES = ("utf-8", "cp866", "cp850", "cp852", "cp1252", "cp1251", "cp932", "cp936", "cp949", "cp950", "cp857")
"""In what names are written by who does not say in what; the format then means cp437."""
_UNREADABLE = (BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What zipfile raises for broken or unusual archives."""


@dataclass(frozen=True, slots=True)
class _Content:
    """What there is while a ZIP is open."""

    file: ZipFile
    entries: dict[str, ZipInfo]


class Archive:
    """A ZIP, opened when it is needed. May be used by several threads."""

    def __init__(self, path: Path) -> None:
        """Raises ArchiveRefused, FileMissing."""
        self.path = path
        self._lock = threading.RLock()  # ZipFile counts its open entries without one
        self._content: _Content | None = None
        self._used = 0.0
        self._opened()

    @property
    def is_open(self) -> bool:
        return self._content is not None

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._opened().entries if not name.endswith("/"))

    def size(self, name: str) -> int | None:
        """Bytes of a file when unpacked, None where there is none."""
        entry = self._entry(name)
        return None if entry is None or entry.is_dir() else entry.file_size

    def is_link(self, name: str) -> bool:
        entry = self._entry(name)
        return entry is not None and stat.S_ISLNK(entry.external_attr >> 16)

    def open(self, name: str) -> "Entry":
        """A file, unpacked as it is read. Raises ArchiveRefused, FileMissing."""
        entry = self._entry(name)
        if entry is None or entry.is_dir() or self.is_link(name):
            raise FileMissing(f"{self.path} holds no file {name}.")
        _check_swelling(self.path, entry)
        with _translated(self.path), self._lock:
            return Entry(self.path, self._opened().file.open(entry), self._lock)

    def read(self, name: str, max_bytes: int) -> bytes:
        """Raises ArchiveRefused, FileMissing, FileTooLarge."""
        with closing(self.open(name)) as file:
            data = file.read(max_bytes + 1)
        if len(data) > max_bytes:
            raise FileTooLarge(f"{name} in {self.path} is larger than {max_bytes:,} bytes.")
        return data

    def _opened(self) -> _Content:
        with self._lock:
            self._used = monotonic()
            if self._content is None:
                self._content = _content(self.path)
                threading.Thread(target=self._rest, name="idle ZIP", daemon=True).start()
            return self._content

    def _rest(self) -> None:
        """Closes it once it has been idle; what is still being read of it is read to its end."""
        while True:
            with self._lock:
                left = self._used + IDLE - monotonic()
                if left <= 0 and self._content is not None:
                    self._content.file.close()
                    self._content = None
                    return
            sleep(left)

    def _entry(self, name: str) -> ZipInfo | None:
        entries = self._opened().entries
        found = entries.get(name)
        if found is None and not name.isascii():
            written = (entries.get(misread) for misread in _misread(name))
            found = next((entry for entry in written if entry and not entry.flag_bits & _IS_UTF8), None)
        return found


class Entry:
    """A file of a ZIP, being read."""

    def __init__(self, path: Path, file: IO[bytes], lock: AbstractContextManager[object]) -> None:
        self._path = path
        self._file = file
        self._lock = lock

    def read(self, size: int = -1, /) -> bytes:
        """At most so many bytes, all for -1. Raises ArchiveRefused, FileMissing."""
        with _translated(self._path):
            return self._file.read(size)

    def close(self) -> None:
        with self._lock:
            self._file.close()


def at(path: Path) -> Archive:
    """The archive at a path, opened once while the file does not change. Raises ArchiveRefused, FileMissing."""
    with _translated(path):
        found = path.stat()
    return _kept(path, found.st_mtime_ns, found.st_size)


def read(path: Path, name: str, max_bytes: int) -> bytes:
    """Raises ArchiveRefused, FileMissing, FileTooLarge."""
    return at(path).read(name, max_bytes)


@lru_cache(maxsize=_KEPT)
def _kept(path: Path, _modified: int, _size: int) -> Archive:
    return Archive(path)


def _content(path: Path) -> _Content:
    with _translated(path):
        file = ZipFile(path)
    entries = {entry.filename.replace("\\", "/"): entry for entry in file.infolist()}
    if any(entry.flag_bits & _ENCRYPTED for entry in entries.values()):
        file.close()
        raise ArchiveRefused(f"{path} is encrypted. Unpack it, and import the folder.")
    return _Content(file, entries)


def _misread(name: str) -> Iterator[str]:
    """How names look that were written in another code page than they are read in."""
    for page in _CODE_PAGES:
        with suppress(UnicodeEncodeError):
            yield name.encode(page).decode("cp437").replace("\\", "/")


def _check_swelling(path: Path, entry: ZipInfo) -> None:
    if entry.file_size > _LARGE and entry.file_size > _MOST_SWELLING * max(entry.compress_size, 1):
        raise ArchiveRefused(
            f"{entry.filename} in {path} would unpack to {entry.file_size:,} bytes from {entry.compress_size:,}: no "
            "export does. If it is one, unpack it and import the folder."
        )


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as exc:
        raise FileMissing(f"The file {path} is gone. Put the export back where it was imported from.") from exc
    except _UNREADABLE as exc:
        raise ArchiveRefused(f"{path} cannot be read as a ZIP ({exc}). Unpack it, and import the folder.") from exc
    except OSError as exc:
        raise FileMissing(f"The file {path} cannot be read ({exc.strerror or exc}).") from exc
