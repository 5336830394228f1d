"""`python -m bot retry`: every photo that was given up gets another chance."""

from contextlib import AsyncExitStack

from bot.data_directory import DataDirectory
from bot.settings import Settings
from storage.database import Database
from storage.failures import Failures


async def retry_failed(settings: Settings) -> int:
    """Returns how many photos the bot will try again when it runs next.

    Raises:
        DataDirectoryBusy: the bot is running; /retry does it in a chat.
        InvalidSettings, StorageError
    """
    async with AsyncExitStack() as stack:
        directory = DataDirectory(settings.data_dir)
        directory.open()
        stack.callback(directory.close)
        database = await Database.open(settings.sql_url)
        stack.push_async_callback(database.close)
        return await Failures(database).retry(None)
