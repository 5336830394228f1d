"""The directory of an embedded Chroma: who has it open, whether it can be whole, and how it is given up."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from storage.set_aside import discard, set_aside

log = logging.getLogger(__name__)

LOCK_PATIENCE = 10.0
"""Seconds that another process may take to end: the one of a bot that was killed finishes its write."""
GIANT = 2**30
"""Bytes of apparent size. Killed while it persisted, Chroma left a file of 4.8 TB, all of it a hole but for some kB."""


class DirectoryUnusable(Exception):
    """What is there cannot be this archive's index."""


class DirectoryBusy(Exception):
    """Another process has the directory open."""


class ChromaDirectory:
    """One process has it at a time: two on one directory destroy each other's index."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = FileLock(path.with_name(f"{path.name}.lock"), thread_local=False)
        self._mark = path / "open"
        """There while somebody has the directory open, and after somebody who was killed."""

    def take(self) -> bool:
        """Lock it, again if it is ours; whether whoever had it last did not close it. Raises DirectoryBusy, OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not self._lock.is_locked:
            try:
                self._lock.acquire(timeout=LOCK_PATIENCE)
            except Timeout as error:
                raise DirectoryBusy(f"another process has {self.path} open") from error
        return self._mark.exists()

    def mark(self) -> None:
        """It is being written to from now on."""
        self._mark.touch()

    def release(self, *, is_whole: bool = True) -> None:
        """It is free for others; not known to be `is_whole`, it is as suspect to them as it was."""
        if self._lock.is_locked:
            if is_whole:
                self._mark.unlink(missing_ok=True)
            self._lock.release()

    def check(self) -> None:
        """Raises DirectoryUnusable where it can be seen from outside."""
        if self.path.exists() and not self.path.is_dir():
            raise DirectoryUnusable("there is a file in its place")
        for file in self.path.rglob("*"):
            found = file.stat()
            if found.st_size > GIANT and found.st_blocks * 512 * 10 < found.st_size:
                raise DirectoryUnusable(f"{file.name} says that it has {found.st_size:,} bytes")

    def give_up(self) -> None:
        """Out of the way, until `discard`; what was given up before goes, also where there is nothing to move now.

        Raises:
            OSError
        """
        if self.path.exists() or self.path.is_symlink():
            log.warning("The old index is now %s, until the new one is complete.", set_aside(self.path))
        else:
            discard(self.path)

    def discard(self, before: datetime | None = None) -> None:
        """Delete what was given up, or only what was so before a moment."""
        if discard(self.path, before):
            log.info("The vector index that was set aside is deleted.")
