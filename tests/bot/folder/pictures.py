"""Some pictures of the sample archive in a folder, as it is indexed and searched."""

from typing import Any

from bot.folder.indexing import index_folder
from bot.folder.opening import Place
from bot.folder.searching import Asked, search_folder
from bot.settings import Settings
from tests.bot.test_command_line import ARCHIVE

PICTURES = sorted((ARCHIVE / "pictures").iterdir())[:24]
PIZZA = "001-friday-pizza.webp"


async def indexed(settings: Settings, place: Place) -> dict[str, Any]:
    """What the job says at its end."""
    last: dict[str, Any] = {}
    async for told in index_folder(settings, place):
        last = told
    return last


async def names(settings: Settings, place: Place, words: str = "", **asked: Any) -> list[str]:
    """The names of the pictures found."""
    return [one.path.name for one in (await search_folder(settings, place, Asked(words, **asked))).found]
