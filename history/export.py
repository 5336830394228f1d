"""An export from Telegram, whatever its form: the package's front door."""

from collections.abc import Iterator
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Protocol, Self

from history.errors import ExportError, NoSuchChat, NotAnExport
from history.folder import Folder
from history.html_export import PAGE, HtmlExport, pages
from history.json_export import JsonExport
from history.picture import Choices
from history.records import ExportedChat, ExportedPhoto
from history.tree import Tree
from history.watched import Watched
from history.zipped import Zipped

_ADVICE = "Give the folder that Telegram Desktop made, its result.json or messages.html, or a ZIP of it."


class _Reader(Protocol):
    """One of the two formats."""

    damage: str | None
    size: int

    def chats(self) -> Iterator[ExportedChat]: ...

    def photos(self, chat_id: int, kind: str) -> Iterator[ExportedPhoto]: ...


class Export:
    """Chats and pictures that somebody exported. Blocking; for one thread at a time."""

    def __init__(self, path: Path, reader: _Reader, tree: Watched) -> None:
        """For `open`."""
        self.path = path
        self._reader = reader
        self._tree = tree
        self._chats: tuple[ExportedChat, ...] | None = None

    @classmethod
    def open(cls, path: Path, *, zone: tzinfo = UTC, stickers: bool = False) -> Self:
        """Finds out what is there; little is read yet.

        Args:
            path: a folder, its result.json or messages.html, or a ZIP
            zone: of dates that have none; old exports have only the clock of the computer that made them
            stickers: whether stickers that do not move count as pictures
        Raises:
            ExportError
        """
        reader, tree = _opened(path, Choices(zone, stickers))
        return cls(path, reader, tree)

    @property
    def size(self) -> int:
        """Bytes that `chats` reads: of the messages, not of the pictures."""
        return self._reader.size

    @property
    def bytes_read(self) -> int:
        """So far; while `chats` is read, for whoever waits for it."""
        return self._tree.bytes_read

    def stop(self) -> None:
        """From any thread: whoever reads stops within some milliseconds, with ReadingStopped."""
        self._tree.is_stopped = True

    @property
    def damage(self) -> str | None:
        """Where the export breaks off, as a sentence; what stands before that is read. Known after `chats`."""
        return self._reader.damage

    def chats(self) -> Iterator[ExportedChat]:
        """Each with its counts, as they are read: the whole export is read once. Raises ExportError."""
        if self._chats is not None:
            yield from self._chats
            return
        found = []
        for chat in self._reader.chats():
            found.append(chat)
            yield chat
        self._chats = tuple(found)

    def photos(self, chat_id: int, kind: str | None = None) -> Iterator[ExportedPhoto]:
        """A chat's pictures in the export's order, in constant memory, those without a file too.

        Args:
            chat_id: of one of `chats`
            kind: of the same, where a user's and a group's ids happen to be the same number; None: the first of them
        Raises:
            ExportError: NoSuchChat, or a file that cannot be read
        """
        for chat in list(self.chats()):
            if chat.id == chat_id and kind in (None, chat.kind):
                return self._reader.photos(chat_id, chat.kind)
        raise NoSuchChat(f"{self.path} holds no chat {chat_id}. `--list` shows what it holds.")


def _opened(path: Path, choices: Choices) -> tuple[_Reader, Watched]:
    try:
        return _reader(path, choices)
    except OSError as exc:  # a path that is too long, a folder that may not be entered
        raise ExportError(f"{path} cannot be read ({exc.strerror or exc}). {_ADVICE}") from exc


def _reader(path: Path, choices: Choices) -> tuple[_Reader, Watched]:
    """Of JSON where there is some, for it says more."""
    if path.is_file() and path.suffix.lower() == ".json":
        tree = Watched(Folder(path.parent))
        return JsonExport(tree, path.name, choices), tree
    tree = Watched(_tree(path))
    found = [name for name in tree.names("result.json") if name.rpartition("/")[2] == "result.json"]
    outermost = [name for name in found if name == "result.json"] or found
    if len(outermost) > 1:
        raise NotAnExport(f"There are several exports in {path}: {', '.join(outermost[:10])}. Give one of them.")
    if outermost:
        return JsonExport(tree, outermost[0], choices), tree
    folders = pages(tree)
    if not folders:
        raise NotAnExport(f"There is neither a result.json nor a messages.html in {path}. {_ADVICE}")
    return HtmlExport(tree, folders, choices), tree


def _tree(path: Path) -> Tree:
    if path.is_dir():
        return Folder(path)
    if not path.exists():
        raise ExportError(f"There is no {path}. {_ADVICE}")
    return Folder(path.parent) if PAGE.fullmatch(path.name) else Zipped(path)
