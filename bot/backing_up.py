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
from search.model_spec import DIRECTORY
from storage.backup_file import write_backup
from storage.backup_manifest import ORIGINALS, Manifest
from storage.census import Census
from storage.database import Database
from storage.meter import Meter
from storage.models import Models


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

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    async def __call__(self, arguments: dict[str, Any]) -> AsyncIterator[Told]:
        """Writes `file`. At the end: its `bytes`, `counts`, and what is needed and not in it: `left_in_place` (photos
        whose file is elsewhere) and `model_directory` (None where the model comes from a hub)."""
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
        yield {
            "done": True,
            "bytes": size,
            "made_at": manifest.made_at,
            "counts": manifest.counts,
            "left_in_place": await Census(self._database).left_in_place(),
            "model_directory": await self._model_directory(),
        }

    async def _model_directory(self) -> str | None:
        archive = await Models(self._database).current()
        setting = self._settings.model if archive is None or archive.setting is None else archive.setting
        return setting.removeprefix(DIRECTORY) if setting.startswith(DIRECTORY) else None

    def _written(self, source: Path, target: Path, meter: Meter) -> Manifest:
        data_dir = self._settings.data_dir
        if target.resolve().is_relative_to(data_dir.resolve()):
            raise InTheDataDirectory(target)
        return write_backup(source, data_dir / ORIGINALS, target, version(), meter)


@asynccontextmanager
async def backup_alone(settings: Settings) -> AsyncIterator[Job]:
    """The job where no bot runs."""
    async with AsyncExitStack() as stack:
        yield Backup(await open_archive(stack, settings), settings)
