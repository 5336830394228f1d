"""The data directory, its database and its model: opened here and nowhere else, by the bot and by the commands that
work beside it or without it. What was opened is closed by the stack that was given, last first.
"""

import logging
from contextlib import AsyncExitStack

from bot.data_directory import DataDirectory
from bot.loading import load_in_background
from bot.settings import Settings
from search.embedder import Embedder
from storage.database import Database
from storage.embeddings import adopt_model

log = logging.getLogger(__name__)


async def open_database(stack: AsyncExitStack, settings: Settings) -> Database:
    """Locks the data directory and opens the database in it, or the one that the settings name.

    Raises:
        DataDirectoryBusy: another process works there.
        InvalidSettings, StorageError
    """
    directory = DataDirectory(settings.data_dir)
    directory.open()
    stack.callback(directory.close)
    database = await Database.open(settings.sql_url)
    stack.push_async_callback(database.close)
    return database


async def open_model(settings: Settings, database: Database) -> Embedder:
    """Loads the model that the settings name, the only one whose vectors the archive has.

    Raises:
        ModelError
        StorageError: among them ModelMismatch.
    """
    embedder = await load_in_background(settings)
    await adopt_model(database, embedder.model_id)
    log.info("Model %s is loaded: %s dimensions", embedder.model_id, embedder.dimensions)
    return embedder
