"""`python -m bot backup`: everything that is needed to move to another machine, in one file."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from bot.errors import BotError
from bot.job import Job, Told, listening
from bot.opening import open_archive
from bot.settings import Settings
from bot.thread_work import ThreadWork
from bot.version import version
from storage.backup_file import write_backup
from storage.backup_manifest import ORIGINALS, Manifest
from storage.database import Database
from storage.meter import Meter


class NotOursToBackUp(BotError):
    """PostgreSQL has a way of its own, which also works while the bot runs."""

    def __init__(self) -> None:
        super().__init__(
            "The archive is in PostgreSQL, which backs itself up while the bot runs: "
            "pg_dump --format=custom --file=FILE DATABASE, and pg_restore brings it back. Pictures that lie in the "
            f"data directory ({ORIGINALS}/) are not in there: copy them too."
        )


class InTheDataDirectory(BotError):
    """What is in there is ours to write, and goes with the disk that a backup is made against."""

    def __init__(self, target: Path) -> None:
        super().__init__(f"{target} is in the data directory itself. Name a file elsewhere, at best on another disk.")


class Backup:
    """The job. The bot goes on meanwhile: what is posted from now on is not in the backup."""

    NAME = "backup"

    def __init__(self, database: Database, data_dir: Path) -> None:
        self._database = database
        self._data_dir = data_dir

    async def __call__(self, arguments: dict[str, Any]) -> AsyncIterator[Told]:
        """Writes `file`. At the end: its `bytes` and its `manifest`."""
        target, source = Path(arguments["file"]), self._database.file
        if source is None:
            raise NotOursToBackUp
        work = ThreadWork[tuple[Manifest, int]](
            lambda meter: (self._written(source, target, meter), target.stat().st_size)
        )
        async with listening(work.progress()) as lines:
            async for told in lines:
                yield told
        manifest, size = work.result
        yield {"done": True, "bytes": size, "made_at": manifest.made_at, "counts": manifest.counts}

    def _written(self, source: Path, target: Path, meter: Meter) -> Manifest:
        if target.resolve().is_relative_to(self._data_dir.resolve()):
            raise InTheDataDirectory(target)
        return write_backup(source, self._data_dir / ORIGINALS, target, version(), meter)


@asynccontextmanager
async def backup_alone(settings: Settings) -> AsyncIterator[Job]:
    """The job where no bot runs."""
    async with AsyncExitStack() as stack:
        yield Backup(await open_archive(stack, settings), settings.data_dir)
