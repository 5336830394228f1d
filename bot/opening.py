"""The data directory, its database and its model: opened here and nowhere else, by the bot and by the commands that
work beside it or without it. What was opened is closed by the stack that was given, last first.
"""

import asyncio
import logging
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import make_url

from bot.data_directory import ASIDE, UNPACKING, DataDirectory
from bot.errors import NoArchive, RestoreCutOff
from bot.loading import on_demand
from bot.settings import Settings
from search.embedder import Embedder
from search.model_spec import ModelSpec
from search.on_demand import OnDemand
from storage.chroma_client import ChromaLocation
from storage.database import Database
from storage.models import Models

log = logging.getLogger(__name__)


async def open_database(stack: AsyncExitStack, settings: Settings) -> Database:
    """Locks the data directory and opens the database in it, or the one that the settings name.

    Raises:
        DataDirectoryBusy: another process works there.
        RestoreCutOff: the archive is set aside, and the one that comes in its place is not there yet.
        InvalidSettings, StorageError
    """
    directory = DataDirectory(settings.data_dir)
    directory.open()
    stack.callback(directory.close)
    await asyncio.to_thread(_check_restored, settings)
    database = await Database.open(settings.sql_url)
    stack.push_async_callback(database.close)
    return database


async def open_archive(stack: AsyncExitStack, settings: Settings) -> Database:
    """The same, of an archive that must be there: a backup of an empty one, made because a setting was not passed on,
    would be believed in.

    Raises:
        NoArchive: there is none; nothing was made.
        DataDirectoryBusy, InvalidSettings, StorageError
    """
    url = make_url(settings.sql_url)
    if url.get_backend_name() == "sqlite" and not await asyncio.to_thread(Path(url.database or "").is_file):
        raise NoArchive(settings.data_dir)
    return await open_database(stack, settings)


def _check_restored(settings: Settings) -> None:
    """Where a restore was killed in the middle, an empty archive would begin without a word."""
    url = make_url(settings.sql_url)
    if url.get_backend_name() != "sqlite" or Path(url.database or "").exists():
        return
    data_dir = settings.data_dir
    aside = max(data_dir.glob(f"{ASIDE}*"), default=None)
    if aside is not None or (data_dir / UNPACKING).exists():
        raise RestoreCutOff(data_dir, aside)


def chroma_location(settings: Settings) -> ChromaLocation:
    """A server where one is set, else a directory beside the database."""
    if settings.chroma_url is None:
        return ChromaLocation(directory=settings.data_dir / "chroma", sync_threshold=settings.chroma_sync)
    address = urlsplit(settings.chroma_url)
    is_tls = address.scheme == "https"
    return ChromaLocation(host=address.hostname, port=address.port or (443 if is_tls else 80), ssl=is_tls)


async def open_model(settings: Settings, database: Database) -> Embedder:
    """Loads the archive's model: the one that the settings name, see `for_archive`.

    Raises:
        ModelError
        StorageError: among them ModelMismatch.
    """
    settings = await for_archive(settings, database)
    model = await check_model(settings, database)
    await adopt_model(model, settings, database)
    return model


async def check_model(settings: Settings, database: Database) -> OnDemand:
    """The archive's model, which is loaded once it is needed; `adopt_model` comes before anything is kept of it.

    Raises:
        ModelUnknown: its files are not there.
        StorageError: among them ModelMismatch.
    """
    model = await on_demand(settings)
    await Models(database).check(model.model_id)
    return model


async def adopt_model(model: OnDemand, settings: Settings, database: Database) -> None:
    """Loads it, and binds an archive to it that has none yet: not before, for a name may be mistyped.

    Raises:
        ModelError
        StorageError: among them ModelMismatch.
    """
    await model.ready()
    await Models(database).adopt(model.model_id, ModelSpec.parse(settings.model).whole)
    log.info("Model %s is loaded: %s dimensions", model.model_id, model.dimensions)


async def for_archive(settings: Settings, database: Database) -> Settings:
    """The settings, with the archive's own model where they still name one that it was changed from by `reindex`: the
    operator has decided already, and a restart at night must not end in a refusal.

    Raises:
        StorageError
    """
    archive = await Models(database).current()
    if archive is None or archive.setting is None:
        return settings
    named = await asyncio.to_thread(model_id, settings.model)
    is_former = ModelSpec.parse(settings.model).whole in archive.settings if named is None else named in archive.former
    if not is_former:
        return settings
    log.warning(
        "The archive was changed over to the model %s, and it is used; CHATLENS_MODEL still says %s. "
        "Set CHATLENS_MODEL=%s.",
        archive.id,
        settings.model,
        archive.setting,
    )
    return settings.model_copy(update={"model": archive.setting})


def model_id(setting: str) -> str | None:
    """The id of the model that a setting names; None where its files are not there. Blocks: it reads them."""
    spec = ModelSpec.parse(setting)
    if spec.directory is not None and not spec.directory.is_dir():
        return None
    try:
        return spec.model_id()
    except OSError:
        return None
