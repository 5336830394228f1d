"""The folder in which people get their data: `chat.json`, `photos.json` and the pictures in `photos/`.

A file has its name when it is whole, so an export that was ended goes on where it stopped.
"""

import json
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bot.errors import BotError
from search.records import FileKind, Photo

CHAT, PHOTOS, PICTURES = "chat.json", "photos.json", "photos"
UNFINISHED = ".unfinished"
EXTENSIONS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/heic": ".heic",
    "image/heif": ".heif",
    "image/avif": ".avif",
    "image/bmp": ".bmp",
    "image/tiff": ".tiff",
}


class FolderUnusable(BotError):
    """The export cannot be written there."""


class ExportFolder:
    """Where one chat goes. Readable by its owner alone, for it is what people said."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def open(self, chat_id: int) -> None:
        """Makes it, or goes on with what it has of the same chat.

        Raises:
            FolderUnusable
        """
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self._path / PICTURES).mkdir(mode=0o700, exist_ok=True)
            strange = {one.name for one in self._path.iterdir()} - {PICTURES, *self._names()}
            begun = self._begun()
        except OSError as exc:
            raise FolderUnusable(f"Nothing can be written to {self._path} ({exc.strerror}).") from exc
        if strange or begun not in (None, chat_id):
            raise FolderUnusable(f"{self._path} holds something else already. Give a folder of its own.")

    def describe(self, chat: dict[str, Any]) -> None:
        """What there is to say of the chat itself."""
        unfinished = self._path / (CHAT + UNFINISHED)
        unfinished.touch(mode=0o600)
        unfinished.write_text(json.dumps(chat, ensure_ascii=False, indent=1), "utf-8")
        unfinished.replace(self._path / CHAT)

    def listing(self) -> "Listing":
        """For the photos, one after the other."""
        return Listing(self._path / PHOTOS)

    def has(self, name: str) -> bool:
        """Whether a picture is there, whole."""
        return (self._path / name).is_file()

    def keep(self, name: str, data: bytes) -> None:
        """Writes a picture. Raises OSError."""
        unfinished = self._path / (name + UNFINISHED)
        unfinished.touch(mode=0o600)
        unfinished.write_bytes(data)
        unfinished.replace(self._path / name)

    def _begun(self) -> int | None:
        """The chat that is in it."""
        with suppress(FileNotFoundError, ValueError, KeyError, TypeError):
            return int(json.loads((self._path / CHAT).read_text("utf-8"))["id"])
        return None

    def _names(self) -> list[str]:
        return [name + suffix for name in (CHAT, PHOTOS) for suffix in ("", UNFINISHED)]


class Listing:
    """A JSON list that is written as it comes: a chat may have a million photos."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._unfinished = path.with_name(path.name + UNFINISHED)

    def __enter__(self) -> Self:
        self._unfinished.touch(mode=0o600)
        self._file = self._unfinished.open("w", encoding="utf-8")
        self._separator = "[\n"
        return self

    def add(self, photo: dict[str, Any]) -> None:
        """The next."""
        self._file.write(self._separator + json.dumps(photo, ensure_ascii=False))
        self._separator = ",\n"

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        with self._file:
            self._file.write("\n]\n" if self._separator != "[\n" else "[]\n")
        if kind is None:
            self._unfinished.replace(self._path)


def picture_name(photo: Photo) -> str:
    """Tells when and in which message it was posted, sorts by that, and is another when the message is edited."""
    kind = "image/jpeg" if photo.kind is FileKind.PHOTO else photo.mime_type
    picture = sha256(photo.file_unique_id.encode()).hexdigest()[:8]
    return f"{PICTURES}/{photo.date:%Y-%m-%d_%H-%M-%S}_{photo.message_id}_{picture}{EXTENSIONS.get(kind or '', '.jpg')}"
