"""What an export's files lie in: a folder or a ZIP. The readers of both formats know no more of it than this."""

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Protocol

from history.files import FileRef
from history.paths import inner
from history.records import Missing

DEEPEST = 3
"""Folders that an export's own files may lie in: ChatExport_2024-05-03/chats/chat_001/messages.html."""


class Readable(Protocol):
    """An open file."""

    def read(self, size: int = -1, /) -> bytes:
        """At most so many bytes. Raises ExportError."""

    def close(self) -> None: ...


class Tree(ABC):
    """Files by their paths within the export, "/" between the parts."""

    path: Path
    """Of the folder or the ZIP, absolute."""

    @abstractmethod
    def open(self, name: str) -> Readable:
        """One of the export's own files, to be read from its beginning. Raises ExportError."""

    @abstractmethod
    def names(self, ending: str) -> Collection[str]:
        """The files that end so, at most `DEEPEST` folders deep: what pages and JSON an export has."""

    @abstractmethod
    def size(self, name: str) -> int | Missing:
        """Bytes of a regular file that lies within, and is not only linked to from within."""

    @abstractmethod
    def uri(self, name: str) -> str:
        """Where the file is, for `FileRef`."""

    def sizes(self, names: Iterable[str]) -> int:
        """Bytes of these files together."""
        return sum(size for size in map(self.size, names) if isinstance(size, int))

    def picture(self, path: str, bytes_sent: int | None, base: str = "") -> FileRef | Missing:
        """The file that a message names.

        Args:
            path: as the message has it
            bytes_sent: as Telegram knows them, where the export says
            base: the folder that `path` starts from, empty or with "/" at its end
        """
        if not path:
            return Missing.ABSENT
        relative = inner(path)
        if relative is None:
            return Missing.OUTSIDE
        name, size = self._found(base + relative)
        if isinstance(size, Missing):
            return size
        if size == 0:
            return Missing.EMPTY
        if bytes_sent is not None and size < bytes_sent:
            return Missing.CUT_OFF
        return FileRef(self.uri(name))

    def _found(self, name: str) -> tuple[str, int | Missing]:
        """A Mac writes é in a file's name as e and an accent; packed and moved, it stays so."""
        size = self.size(name)
        if size is Missing.ABSENT and not name.isascii():
            for other in (unicodedata.normalize("NFD", name), unicodedata.normalize("NFC", name)):
                if other != name and (size := self.size(other)) is not Missing.ABSENT:
                    return other, size
        return name, size
