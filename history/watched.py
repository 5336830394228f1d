"""An export that is read while somebody watches: how far that is, and that nobody wants it any more."""

from collections.abc import Collection

from history.errors import ReadingStopped
from history.records import Missing
from history.tree import Readable, Tree


class Watched(Tree):
    """Another tree, whose own files are counted as they are read. It may be asked, and stopped, by other threads."""

    def __init__(self, tree: Tree) -> None:
        self.path = tree.path
        self.bytes_read = 0
        self.is_stopped = False
        """From now on reading ends with ReadingStopped."""
        self._tree = tree

    def open(self, name: str) -> Readable:
        return _File(self._tree.open(name), self)

    def names(self, ending: str) -> Collection[str]:
        return self._tree.names(ending)

    def size(self, name: str) -> int | Missing:
        if self.is_stopped:
            raise ReadingStopped
        return self._tree.size(name)

    def uri(self, name: str) -> str:
        return self._tree.uri(name)


class _File:
    def __init__(self, file: Readable, tree: Watched) -> None:
        self._file = file
        self._tree = tree

    def read(self, size: int = -1, /) -> bytes:
        if self._tree.is_stopped:
            raise ReadingStopped
        data = self._file.read(size)
        self._tree.bytes_read += len(data)
        return data

    def close(self) -> None:
        self._file.close()
