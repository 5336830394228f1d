"""The bot's indexer without a bot: pictures from memory, a database and an index in a directory."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from time import perf_counter

from search.decoding import Decoders
from search.embedder import Embedder
from search.encoding import Encoding
from search.images import DecodingLimits
from search.indexer import Indexer
from search.once import EmbeddedOnce
from search.pictures import Pictures
from search.reconcile import Reconciler
from search.records import PhotoPost
from storage.chroma import ChromaIndex
from storage.collection import ChromaLocation
from storage.database import Database
from storage.embeddings import Embeddings
from storage.fingerprints import Fingerprints
from storage.photos import Photos
from storage.queue import IndexQueue
from storage.vectors import VectorIndex

LARGEST_FILE = 20_000_000


class Memory:
    """Files by their ids."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    async def fetch(self, file_id: str) -> bytes:
        """As `search.files.FileSource` says; what is asked for is always there."""
        return self._files[file_id]


class Bench:
    """Indexes posts as the bot does, from the row to Chroma."""

    def __init__(self, embedder: Embedder, files: Mapping[str, bytes], directory: Path) -> None:
        self._embedder = embedder
        self._files = files
        self._directory = directory

    async def index(self, posts: Sequence[PhotoPost]) -> float:
        """Seconds from the first row until every photo is indexed and in Chroma."""
        async with AsyncExitStack() as stack:
            database = await Database.open(f"sqlite+aiosqlite:///{self._directory}/chatlens.db")
            stack.push_async_callback(database.close)
            embeddings = Embeddings(database, self._embedder.model_id)
            location = ChromaLocation(directory=self._directory / "chroma")
            chroma = ChromaIndex.at(location, self._embedder.model_id, self._embedder.dimensions)
            index = VectorIndex(embeddings, chroma)
            stack.push_async_callback(index.close)
            encoding = Encoding(self._embedder)
            encoding.start()
            stack.push_async_callback(encoding.close)
            decoders = Decoders(DecodingLimits())
            stack.push_async_callback(decoders.close)
            pictures = Pictures(Memory(self._files), self._embedder, decoders, LARGEST_FILE)
            once = EmbeddedOnce(embeddings)
            indexer = Indexer(IndexQueue(database), once, index, pictures, Fingerprints(database), encoding)
            return await self._until_indexed(database, index, indexer, posts)

    async def _until_indexed(
        self, database: Database, index: VectorIndex, indexer: Indexer, posts: Sequence[PhotoPost]
    ) -> float:
        left = {post.message_id for post in posts}
        done = asyncio.Event()

        def note(photos: Sequence[object]) -> None:
            left.difference_update(getattr(photo, "message_id", 0) for photo in photos)
            if not left:
                done.set()

        indexer.announce_to(note)
        reconciler = Reconciler(index)
        reconciler.start()
        await indexer.start()
        started = perf_counter()
        photos = Photos(database)
        for post in posts:
            await photos.add(post)
            indexer.wake()
        await done.wait()
        seconds = perf_counter() - started
        await indexer.stop()
        await reconciler.stop()
        await index.settled()
        return seconds
