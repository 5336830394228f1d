"""The data directory belongs to one process at a time: two on one Chroma directory destroy each other's index."""

from pathlib import Path

from filelock import FileLock, Timeout

from bot.errors import DataDirectoryBusy, InvalidSettings

UNPACKING = ".restoring"
"""In it, what `restore` is just unpacking."""
ASIDE = "set-aside-"
"""What the names of archives begin with that `restore --force` has set aside."""


class DataDirectory:
    """A directory, locked for as long as it is open. The lock ends with the process, however that ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = FileLock(path / "lock", thread_local=False)

    def open(self) -> None:
        """Makes the directory where it is missing and locks it.

        Raises:
            DataDirectoryBusy, InvalidSettings
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)  # captions and names are in it
            self._lock.acquire(timeout=0)
        except Timeout as exc:
            raise DataDirectoryBusy(
                f"Another bot is running with the data directory {self.path}. Stop it, or set CHATLENS_DATA_DIR "
                "to another directory."
            ) from exc
        except OSError as exc:
            raise InvalidSettings(
                f"The data directory {self.path} cannot be used ({exc.strerror}). Set CHATLENS_DATA_DIR to one that "
                "this user may write to."
            ) from exc

    def close(self) -> None:
        """Unlocks it."""
        self._lock.release()
