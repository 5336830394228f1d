"""An export that lies in a ZIP."""

from pathlib import Path

from history import archive
from history.paths import entry_uri
from history.records import Missing
from history.tree import DEEPEST, Readable, Tree


class Zipped(Tree):
    """A ZIP of what Telegram Desktop wrote, read in place."""

    def __init__(self, path: Path) -> None:
        """Raises ArchiveRefused, FileMissing."""
        self.path = path.resolve()
        self._archive = archive.at(self.path)

    def open(self, name: str) -> Readable:
        return self._archive.open(name)

    def names(self, ending: str) -> list[str]:
        return sorted(name for name in self._archive if name.endswith(ending) and name.count("/") <= DEEPEST)

    def size(self, name: str) -> int | Missing:
        if self._archive.is_link(name):
            return Missing.OUTSIDE
        size = self._archive.size(name)
        return Missing.ABSENT if size is None else size

    def uri(self, name: str) -> str:
        return entry_uri(self.path, name)
