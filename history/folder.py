"""An export that lies in a folder."""

import os
import stat
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from history.disk import error
from history.paths import file_uri
from history.records import Missing
from history.tree import DEEPEST, Readable, Tree

REMEMBERED = 1024
"""Folders whose real place is remembered; an export of one chat has three with pictures."""


class Folder(Tree):
    """A folder as Telegram Desktop left it. Links that lead out of it are not followed."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._real_folder = lru_cache(maxsize=REMEMBERED)(lambda folder: os.path.realpath(self.path / folder))

    def open(self, name: str) -> Readable:
        try:
            return (self.path / name).open("rb")
        except OSError as exc:
            raise error(self.path / name, exc) from exc

    def names(self, ending: str) -> list[str]:
        try:
            return sorted(_names("", self.path, ending, DEEPEST))
        except OSError as exc:
            raise error(self.path, exc) from exc

    def size(self, name: str) -> int | Missing:
        real = self._real(name)
        if not Path(real).is_relative_to(self.path):
            return Missing.OUTSIDE
        try:
            found = os.lstat(real)
        except OSError:
            return Missing.ABSENT
        return found.st_size if stat.S_ISREG(found.st_mode) else Missing.ABSENT

    def uri(self, name: str) -> str:
        return file_uri(self._real(name))

    def _real(self, name: str) -> str:
        """Where a file really is. Nothing is asked of its folders that was asked before: that took half the time."""
        folder, _, file = name.rpartition("/")
        path = f"{self._real_folder(folder)}{os.sep}{file}"
        return os.path.realpath(path) if os.path.islink(path) else path  # noqa: PTH114


def _names(base: str, folder: Path, ending: str, depth: int) -> Iterator[str]:
    """Of files and of what lies in folders; links are neither."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False) and entry.name.endswith(ending):
                yield base + entry.name
            elif depth and entry.is_dir(follow_symlinks=False):
                yield from _names(f"{base}{entry.name}/", Path(entry.path), ending, depth - 1)
