"""Copies of imported files, in the data directory: each once, named after what is in it.

Keeping blocks: call it in a thread. Whoever keeps files and then writes the rows that need them holds `turn` for as
long, and so does `sweep`, which deletes the files that no row needs.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from hashlib import sha256
from itertools import islice
from pathlib import Path

from sqlalchemy import select

from storage.database import Database
from storage.errors import OriginalsUnavailable
from storage.folder_sync import sync
from storage.schema import images

FOLDER = "originals"
"""In the data directory."""
PREFIX = "original:"
"""Of a copy's file id; the rest is its digest. Says nothing of the data directory, which may be moved."""
SHA256 = "sha256:"
"""Of the `file_unique_id` of an imported image, copied or not."""
DIGEST = re.compile(r"[0-9a-f]{64}")
BATCH = 500


def digest_of(data: bytes) -> str:
    """What names a file."""
    return sha256(data).hexdigest()


class Originals:
    """Keeps files by their content."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / FOLDER
        self.turn = asyncio.Lock()

    def keep(self, digest: str, data: bytes) -> str:
        """Write a file durably, unless it is there; its file id.

        Raises:
            OriginalsUnavailable
        """
        path = self._path(digest)
        try:
            if not path.is_file():
                _write(path, data)
        except OSError as exc:
            raise OriginalsUnavailable(exc.strerror or str(exc)) from exc
        return PREFIX + digest

    def path(self, file_id: str) -> Path:
        """Where a copy lies, whether or not it is still there.

        Raises:
            ValueError: it is no file id of a copy.
        """
        digest = file_id.removeprefix(PREFIX)
        if digest == file_id or not DIGEST.fullmatch(digest):
            raise ValueError(f"not a copy: {file_id!r}")
        return self._path(digest)

    async def sweep(self, database: Database) -> int:
        """Delete the files that no image needs any more, and what a crash left unfinished; returns how many.

        Raises:
            OSError, StorageError
        """
        async with self.turn:
            return sum([await asyncio.to_thread(_delete, batch) async for batch in self._unneeded(database)])

    async def count_unneeded(self, database: Database) -> int:
        """How many files `sweep` would delete.

        Raises:
            OSError, StorageError
        """
        async with self.turn:
            return sum([len(batch) async for batch in self._unneeded(database)])

    async def _unneeded(self, database: Database) -> AsyncIterator[list[Path]]:
        files = self._files()
        while batch := await asyncio.to_thread(_next, files):
            needed = await _needed(database, [path.name for path in batch])
            yield [path for path in batch if path.name not in needed]

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest

    def _files(self) -> Iterator[Path]:
        return (path for path in self._folder.glob("*/*") if path.is_file())


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all."""
    is_in_new_folder = not path.parent.is_dir()
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".new")
    with unfinished.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())  # the row that needs it outlives a power cut, so must the file
    unfinished.replace(path)
    for folder in list(path.parents)[: 3 if is_in_new_folder else 1]:  # and so must their names
        sync(folder)


def _next(files: Iterator[Path]) -> list[Path]:
    return list(islice(files, BATCH))


def _delete(paths: list[Path]) -> int:
    for path in paths:
        with suppress(FileNotFoundError):
            path.unlink()
    return len(paths)


async def _needed(database: Database, digests: list[str]) -> set[str]:
    named = select(images.c.file_unique_id).where(images.c.file_unique_id.in_([SHA256 + one for one in digests]))
    async with database.reading() as connection:
        return {found.removeprefix(SHA256) for found in await connection.scalars(named)}
