"""Taking photos in and indexing them: what an import needs, also where no bot runs and no Telegram is asked."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from bot.disk_files import DiskFiles
from bot.opening import open_model
from bot.settings import Settings
from search.decoding import Decoders
from search.encoding import Encoding
from search.files import Nowhere
from search.images import DecodingLimits, accept_heif
from search.importing import Importer
from search.indexer import Indexer
from search.once import EmbeddedOnce
from search.pictures import Pictures
from search.quiet import Quiet
from search.records import PhotoSource
from search.retention import Retention
from storage.chroma import ChromaIndex
from storage.chroma_client import ChromaLocation
from storage.database import Database
from storage.embeddings import Embeddings
from storage.fingerprints import Fingerprints
from storage.imports import Imports
from storage.originals import Originals
from storage.queue import IndexQueue
from storage.vectors import VectorIndex


def importer_of(
    settings: Settings,
    database: Database,
    originals: Originals,
    quiet: Quiet | None = None,
    wake: Callable[[], None] = lambda: None,
) -> Importer:
    """What takes photos in."""
    max_bytes = settings.max_file_mb * 1_000_000
    own_id = "" if settings.token is None else settings.token.get_secret_value().partition(":")[0]
    return Importer(
        Imports(database),
        originals,
        DiskFiles(originals, max_bytes).is_intact,
        Retention(settings.retention_days),
        quiet or Quiet(),
        wake,
        max_bytes,
        int(own_id) if own_id.isdecimal() else None,
    )


@asynccontextmanager
async def indexing(settings: Settings, database: Database) -> AsyncIterator[None]:
    """Loads the model and indexes what was imported, for as long as the block; live photos wait for the bot.

    Chroma stays closed: the bot compares it with SQL at its next start, and answers are exact until then.

    Raises:
        ModelError, StorageError
    """
    async with AsyncExitStack() as stack:
        embedder = await open_model(settings, database)
        accept_heif()
        encoding = Encoding(embedder)
        encoding.start()
        stack.push_async_callback(encoding.close)
        decoders = Decoders(DecodingLimits(max_pixels=settings.max_megapixels * 1_000_000))
        stack.push_async_callback(decoders.close)
        embeddings, max_bytes = Embeddings(database, embedder.model_id), settings.max_file_mb * 1_000_000
        files = DiskFiles(Originals(settings.data_dir), max_bytes)
        never_opened = ChromaLocation(directory=settings.data_dir / "chroma")
        chroma = ChromaIndex.at(never_opened, embedder.model_id, embedder.dimensions)
        indexer = Indexer(
            IndexQueue(database, [PhotoSource.IMPORT]),
            EmbeddedOnce(embeddings),
            VectorIndex(embeddings, chroma),
            Pictures(Nowhere(), embedder, decoders, max_bytes, files),
            Fingerprints(database),
            encoding,
        )
        await indexer.start()
        stack.push_async_callback(indexer.stop)
        yield
