"""`python -m bot restore`: an archive from a backup, in a data directory that has none."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from sqlalchemy import make_url

from bot.data_directory import DataDirectory
from bot.errors import BotError
from bot.job import Told, listening
from bot.remote import is_running
from bot.settings import Settings
from bot.thread_work import ThreadWork
from storage.backup_file import DATABASE, Manifest, read_manifest, unpack
from storage.database import Database
from storage.forgotten_since import forget_since
from storage.meter import Meter
from storage.migrations import check_known

UNPACKING = ".restoring"
ASIDE = "set-aside-"
OURS = frozenset({"lock", UNPACKING, "lost+found", "models"})
"""What may be in a data directory that counts as empty: our lock, what a mounted disk begins with, and the weights that
were downloaded (Dockerfile)."""


class RestoreRefused(BotError):
    """The data directory is not one into which a backup may be restored."""


async def restore(settings: Settings, file: Path, *, force: bool) -> AsyncIterator[Told]:
    """Tells at the end what was restored, and where the old archive is (`aside`), if there was one.

    Nothing of the old one is touched before the new one is unpacked and found right.

    Raises:
        BackupUnusable: the file is damaged, foreign or newer.
        RestoreRefused: a bot runs, or there is an archive already.
        DataDirectoryBusy, InvalidSettings, StorageError
    """
    manifest = read_manifest(file)
    check_known(manifest.schema)
    database = _database_file(settings)
    if await is_running(settings.data_dir):
        raise RestoreRefused(f"A bot is running with the data directory {settings.data_dir}. Stop it first.")
    async with AsyncExitStack() as stack:
        directory = DataDirectory(settings.data_dir)
        directory.open()
        stack.callback(directory.close)
        if _occupied(settings.data_dir, database) and not force:
            raise RestoreRefused(
                f"There is something in the data directory {settings.data_dir} already. Set CHATLENS_DATA_DIR to an "
                "empty one, or give --force: then what is there is set aside."
            )
        work = ThreadWork[Path | None](lambda meter: _restored(file, settings.data_dir, database, meter))
        async with listening(work.progress()) as lines:
            async for told in lines:
                yield told
        await (await Database.open(settings.sql_url)).close()  # a backup of an older version is brought up to date
    yield {"done": True, "aside": None if work.result is None else str(work.result), **_described(manifest)}


def _described(manifest: Manifest) -> Told:
    return {"made_at": manifest.made_at, "model": manifest.model, "counts": manifest.counts}


def _database_file(settings: Settings) -> Path:
    url = make_url(settings.sql_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise RestoreRefused(
            "CHATLENS_DATABASE_URL names a PostgreSQL database, and backups are of SQLite's. Bring a dump back with "
            "pg_restore, or leave the setting out."
        )
    return Path(url.database)


def _occupied(data_dir: Path, database: Path) -> list[Path]:
    found = [path for path in data_dir.iterdir() if path.name not in OURS and not path.name.startswith(ASIDE)]
    return found if database.parent.resolve() == data_dir.resolve() or not database.exists() else [*found, database]


def _restored(file: Path, data_dir: Path, database: Path, meter: Meter) -> Path | None:
    """Where the old archive is."""
    folder = data_dir / UNPACKING
    rmtree(folder, ignore_errors=True)  # of a restoring that was killed
    folder.mkdir(mode=0o700)
    try:
        unpack(file, folder, meter)
        meter.begin("Putting it in place")
        if database.exists():
            forget_since(database, folder / DATABASE)
        aside = _set_aside(data_dir, database)
        database.parent.mkdir(parents=True, exist_ok=True)
        for path in sorted(folder.iterdir(), key=lambda path: path.name == DATABASE):  # what makes it an archive, last
            path.replace(database if path.name == DATABASE else data_dir / path.name)
    finally:
        rmtree(folder, ignore_errors=True)
    return aside


def _set_aside(data_dir: Path, database: Path) -> Path | None:
    """Renamed within the directory, which may be a mount. SQLite's files beside the database go along."""
    found = _occupied(data_dir, database)
    if not found:
        return None
    aside = Path(mkdtemp(prefix=f"{ASIDE}{datetime.now(UTC):%Y-%m-%dT%H-%M-%S}-", dir=data_dir))
    beside = [database.with_name(f"{database.name}{suffix}") for suffix in ("-wal", "-shm")]
    for path in dict.fromkeys([*found, *beside]):
        if path.exists():
            path.replace(aside / path.name)
    return aside
