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
from search.records import Photo, PhotoPost
from storage.chroma import ChromaIndex
from storage.chroma_client import ChromaLocation
from storage.database import Database
from storage.embeddings import Embeddings
from storage.fingerprints import Fingerprints
from storage.index_records import Condition
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

    async def index(self, posts: Sequence[PhotoPost], before: Sequence[PhotoPost] = ()) -> float:
        """Seconds until every photo that waits in SQL is indexed and in Chroma; those of `before` warm up."""
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
            reconciler = Reconciler(index)
            reconciler.start()
            stack.push_async_callback(reconciler.stop)
            while index.condition is not Condition.EQUAL:  # noqa: ASYNC110 - Chroma's process starts, once
                await asyncio.sleep(0.05)
            await indexer.start()
            stack.push_async_callback(indexer.stop)
            await _indexed(Photos(database), indexer, before)
            return await _indexed(Photos(database), indexer, posts)


async def _indexed(photos: Photos, indexer: Indexer, posts: Sequence[PhotoPost]) -> float:
    """Seconds from the moment all of them wait; who listens is told once they are in Chroma."""
    left = {post.message_id for post in posts}
    done = asyncio.Event()

    def note(indexed: Sequence[Photo]) -> None:
        left.difference_update(photo.message_id for photo in indexed)
        if not left:
            done.set()

    indexer.announce_to(note)
    for post in posts:
        await photos.add(post)
    started = perf_counter()
    indexer.wake()
    if left:
        await done.wait()
    return perf_counter() - started
