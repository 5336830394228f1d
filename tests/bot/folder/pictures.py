"""Some pictures of the sample archive in a folder, and the demo model that counts what it is shown."""

from typing import Any

from bot.folder.indexing import index_folder
from bot.folder.opening import Place
from bot.folder.searching import Asked, search_folder
from bot.settings import Settings
from search.clip import ClipEmbedder
from tests.bot.test_command_line import ARCHIVE

PICTURES = sorted((ARCHIVE / "pictures").iterdir())[:24]
PIZZA = "001-friday-pizza.webp"


class Counting:
    """The demo model, and how many pictures it has been shown."""

    def __init__(self, embedder: ClipEmbedder) -> None:
        self._embedder = embedder
        self.model_id = embedder.model_id
        self.seen = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)

    def embed_images(self, batch: Any) -> Any:
        self.seen += len(batch)
        return self._embedder.embed_images(batch)


async def indexed(settings: Settings, place: Place) -> dict[str, Any]:
    """What the job says at its end."""
    last: dict[str, Any] = {}
    async for told in index_folder(settings, place):
        last = told
    return last


async def names(settings: Settings, place: Place, words: str = "", **asked: Any) -> list[str]:
    """The names of the pictures found."""
    return [one.path.name for one in (await search_folder(settings, place, Asked(words, **asked))).found]
