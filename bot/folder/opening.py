"""A folder, its index and its model: opened as `bot.opening` and `bot.services` open them for chats, with files of the
folder where the bot has Telegram's.

Of Chroma there is none: an answer is exact, from SQL in parts, half a second for 50,000 pictures.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.data_directory import DataDirectory
from bot.demo import MODEL
from bot.errors import DataDirectoryBusy, FolderError, InvalidSettings
from bot.loading import load_in_background
from bot.settings import Settings
from search.decoding import Decoders
from search.embedder import Embedder
from search.encoding import Encoding
from search.errors import ModelMismatch, ModelUnreachable
from search.folder import Folder
from search.images import DecodingLimits, accept_heif
from search.once import EmbeddedOnce
from search.pictures import Pictures
from storage.chroma import ChromaIndex
from storage.chroma_client import ChromaLocation
from storage.database import Database
from storage.embeddings import Embeddings
from storage.folder_files import FolderFiles
from storage.models import Models
from storage.vectors import VectorIndex

log = logging.getLogger(__name__)

INDEX = ".chatlens"
DATABASE = "index.db"
LARGEST_FILE = 200_000_000
"""Bytes. Scans have tens of megabytes; how many pixels are decoded is CHATLENS_MAX_MEGAPIXELS' business."""


@dataclass(frozen=True, slots=True)
class Place:
    """A folder and where its index lies."""

    root: Path
    index: Path

    @classmethod
    def of(cls, root: Path, index: Path | None) -> "Place":
        """Raises FolderError where there is no such folder."""
        if not root.is_dir():
            raise FolderError(f"{root} is no folder.")
        return cls(root, root / INDEX if index is None else index)

    @property
    def database(self) -> Path:
        """The file of the index."""
        return self.index / DATABASE


@dataclass(frozen=True, slots=True)
class Parts:
    """What indexing and searching share."""

    folder: Folder
    settings: Settings
    database: Database
    encoding: Encoding
    decoders: Decoders
    index: VectorIndex
    once: EmbeddedOnce
    pictures: Pictures


@asynccontextmanager
async def open_folder(settings: Settings, place: Place, *, is_to_write: bool) -> AsyncIterator[Parts]:
    """Closes with the block what it opens.

    Raises:
        FolderError, DataDirectoryBusy, ModelError, StorageError
    """
    accept_heif()
    async with AsyncExitStack() as stack:
        database = await _database(stack, place, is_to_write=is_to_write)
        folder = Folder(place.root, LARGEST_FILE)
        belongs = await FolderFiles(database).open(str(folder.root))
        if place.index.absolute().parent != folder.root and belongs != str(folder.root):
            raise FolderError(f"{place.index} is the index of {belongs}, not of {folder.root}. Name another --index.")
        settings, embedder = await _model(settings)
        try:
            await Models(database).adopt(embedder.model_id)
        except ModelMismatch as exc:
            raise FolderError(
                f"The index of {place.root} was made with the model {exc.recorded!r}, and this is {exc.asked!r}: what "
                f"one model saw, another cannot search. Set CHATLENS_MODEL to the first, or delete {place.index} and "
                "index the folder again; a second --index keeps both."
            ) from exc
        encoding = Encoding(embedder)
        encoding.start()
        stack.push_async_callback(encoding.close)
        decoders = Decoders(DecodingLimits(max_pixels=settings.max_megapixels * 1_000_000))
        stack.push_async_callback(decoders.close)
        embeddings = Embeddings(database, embedder.model_id)
        never_opened = ChromaLocation(directory=place.index / "chroma")
        chroma = ChromaIndex.at(never_opened, embedder.model_id, embedder.dimensions)
        index = VectorIndex(embeddings, chroma, exact_limit=0)
        stack.push_async_callback(index.close)
        pictures = Pictures(folder, embedder, decoders, LARGEST_FILE)
        yield Parts(folder, settings, database, encoding, decoders, index, EmbeddedOnce(embeddings), pictures)


async def _database(stack: AsyncExitStack, place: Place, *, is_to_write: bool) -> Database:
    """One process writes an index at a time; others may search it meanwhile."""
    if is_to_write:
        directory = DataDirectory(place.index)
        try:
            directory.open()
        except DataDirectoryBusy as exc:
            raise DataDirectoryBusy(f"{place.root} is being indexed just now, by another process.") from exc
        except InvalidSettings as exc:
            raise FolderError(
                f"The index cannot be written to {place.index}. Name a place for it: --index some/other/folder"
            ) from exc
        stack.callback(directory.close)
    database = await Database.open(f"sqlite+aiosqlite:///{place.database.resolve()}")
    stack.push_async_callback(database.close)
    return database


async def _model(settings: Settings) -> tuple[Settings, Embedder]:
    """The model that is set; the bundled one where none is, or where it cannot be had."""
    bundled = settings.model_copy(update={"model": f"local-dir:{MODEL}"})
    if "model" not in settings.model_fields_set:
        log.warning("CHATLENS_MODEL is not set: this is the small bundled model, which knows drawings, not photos.")
        return bundled, await load_in_background(bundled)
    try:
        return settings, await load_in_background(settings)
    except ModelUnreachable as exc:
        log.warning("%s\nInstead, this is the small bundled model, which knows drawings, not photos.", exc)
        return bundled, await load_in_background(bundled)
