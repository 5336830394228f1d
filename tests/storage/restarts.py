"""An index over one database and one directory, start after start."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial

from storage.chroma import ChromaIndex
from storage.chroma_client import ChromaLocation
from storage.collection import Collection
from storage.database import Database
from storage.embeddings import Embeddings
from storage.index_records import IndexEntry
from storage.vectors import VectorIndex
from tests.storage.builders import DIMENSIONS, GROUP, MODEL, indexed, post
from tests.storage.sick import Sick


@dataclass(frozen=True)
class Index:
    """One start's."""

    index: VectorIndex
    collection: Sick
    chroma: ChromaIndex

    async def finds_by_chroma(self, entries: Sequence[IndexEntry]) -> bool:
        """Whether each entry is found by its own vector, and by Chroma."""
        asked = self.collection.asked
        found = [await self.index.nearest(GROUP.id, entry.vector, 1) for entry in entries]
        assert self.collection.asked - asked == len(entries), "Chroma was not asked"
        return [hits[0].photo_id for hits in found] == [entry.photo_id for entry in entries]


@contextlib.asynccontextmanager
async def restarted(sqlite: Database, location: ChromaLocation, dimensions: int = DIMENSIONS) -> AsyncIterator[Index]:
    """An index of its own for every start, in which two photos make a large chat."""
    collection = Sick(partial(Collection, location, MODEL, dimensions))
    chroma = ChromaIndex(collection)
    index = VectorIndex(Embeddings(sqlite, MODEL), chroma, exact_limit=1)
    try:
        yield Index(index, collection, chroma)
    finally:
        await index.close()


async def begun(sqlite: Database, location: ChromaLocation, photos: int) -> list[IndexEntry]:
    """So many photos of one chat, in an index that has been compared and closed in good order."""
    entries = await indexed(sqlite, *(post(number) for number in range(photos)))
    async with restarted(sqlite, location) as first:
        await first.index.reconcile()
    return entries
