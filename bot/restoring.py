"""`python -m bot restore`: an archive from a backup, in a data directory that has none."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from sqlalchemy import make_url

from bot.data_directory import ASIDE, UNPACKING, DataDirectory
from bot.errors import BotError
from bot.job import Told, listening
from bot.remote import is_running
from bot.settings import Settings
from bot.thread_work import ThreadWork
from storage.backup_file import read_manifest, unpack
from storage.backup_manifest import DATABASE, Manifest
from storage.forgotten_since import forget_since
from storage.meter import Meter
from storage.migrations import check_known
from storage.restored_database import bring_up_to_date

OURS = frozenset({"lock", UNPACKING, "lost+found", "models", "engines"})
"""What may be in a data directory that counts as empty: our lock, what a mounted disk begins with, the weights that
were downloaded (Dockerfile) and the eight bits that were made of them. It stays where it is."""


class RestoreRefused(BotError):
    """The data directory is not one into which a backup may be restored."""


async def restore(settings: Settings, file: Path, *, force: bool) -> AsyncIterator[Told]:
    """Tells at the end what was restored, where the old archive is (`aside`), if there was one, and whether what people
    had forgotten there is so in the new one (`is_forgotten`).

    Nothing of the old one is touched before the new one is unpacked, found right and brought up to date.

    Raises:
        BackupUnusable: the file is damaged or foreign, or made by a newer program.
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
        folder = stack.enter_context(_unpacking(settings.data_dir))
        unpacking = ThreadWork[Manifest](lambda meter: unpack(file, folder, meter))
        async with listening(unpacking.progress()) as lines:
            async for told in lines:
                yield told
        await bring_up_to_date(folder / DATABASE, manifest)
        swapping = ThreadWork[tuple[Path | None, bool]](
            lambda meter: _put_in_place(folder, settings.data_dir, database, meter)
        )
        async with listening(swapping.progress()) as lines:
            async for told in lines:
                yield told
    aside, is_forgotten = swapping.result
    yield {
        "done": True,
        "aside": None if aside is None else str(aside),
        "is_forgotten": is_forgotten,
        **_described(manifest),
    }


@contextmanager
def _unpacking(data_dir: Path) -> Iterator[Path]:
    """An empty folder, gone afterwards."""
    folder = data_dir / UNPACKING
    rmtree(folder, ignore_errors=True)  # of a restoring that was killed
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        rmtree(folder, ignore_errors=True)


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


def _put_in_place(folder: Path, data_dir: Path, database: Path, meter: Meter) -> tuple[Path | None, bool]:
    """Where the old archive is, and whether nothing that people had forgotten there comes back."""
    meter.begin("Putting it in place")
    is_forgotten = not database.exists() or forget_since(database, folder / DATABASE)
    aside = _set_aside(data_dir, database)
    database.parent.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.iterdir(), key=lambda path: path.name == DATABASE):  # what makes it an archive, last
        path.replace(database if path.name == DATABASE else data_dir / path.name)
    return aside, is_forgotten


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
