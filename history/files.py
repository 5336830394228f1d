"""Where a picture of an export lies: a file, or an entry of a ZIP; as a URI that can be kept in a database."""

from dataclasses import dataclass
from typing import Self

from history import archive, disk, paths
from history.errors import FileMissing


@dataclass(frozen=True, slots=True)
class FileRef:
    """A picture's file."""

    uri: str
    """`file:///absolute/path` or `zip:///absolute/export.zip!inner/path`, percent-encoded."""

    @classmethod
    def from_uri(cls, uri: str) -> Self:
        """What `uri` of another one was. Raises FileMissing for what was none."""
        if paths.parsed(uri) is None:
            raise FileMissing(f"“{uri[:80]}” is no address of an export's file.")
        return cls(uri)

    def read(self, max_bytes: int) -> bytes:
        """The whole file. It blocks; several threads may read at once.

        Raises:
            FileMissing, FileTooLarge, ArchiveRefused
        """
        place = paths.parsed(self.uri)
        if place is None:
            raise FileMissing(f"“{self.uri[:80]}” is no address of an export's file.")
        path, entry = place
        return disk.read(path, max_bytes) if entry is None else archive.read(path, entry, max_bytes)
