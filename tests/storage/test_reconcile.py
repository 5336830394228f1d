"""Chroma mended after SQL."""

from __future__ import annotations

import asyncio

import pytest

from storage.chroma import ChromaIndex
from storage.collection import ChromaLocation
from storage.database import Database
from storage.embeddings import Embeddings
from storage.errors import VectorIndexUnavailable
from storage.photos import Photos
from storage.records import IndexEntry, Place, Reconciled
from storage.vectors import VectorIndex
from tests.storage.builders import GROUP, MODEL, indexed, post, unit
from tests.storage.sick import Sick

NOTHING = Reconciled(0, 0, 0, rebuilt=False)


async def test_a_chroma_that_cannot_be_mended_is_trusted(
    index: VectorIndex, collection: Sick, sqlite: Database
) -> None:
    """A reconcile that fails says so, and is still needed."""
    await indexed(sqlite, post(1))
    collection.failing = True
    with pytest.raises(VectorIndexUnavailable):
        await index.reconcile()
    assert index.needs_reconcile.is_set()


async def test_chroma_differs_from_sql(index: VectorIndex, chroma: ChromaIndex, sqlite: Database) -> None:
    """What is missing, orphaned or in the wrong place is mended; the second time nothing is left to do."""
    entries = await indexed(sqlite, *(post(number) for number in range(9)))
    await index.add(entries)
    await chroma.delete([1, 2, 9])
    await chroma.place([Place(3, 3, -5), Place(4, 999, GROUP.id)])
    await chroma.upsert([IndexEntry(77, 77, GROUP.id, unit(77)), IndexEntry(5_000, 1, -5, unit(78))])
    seen: list[tuple[int, int]] = []
    mended = await index.reconcile(lambda done, total: seen.append((done, total)))
    assert mended == Reconciled(missing=3, orphaned=2, moved=2, rebuilt=False)
    assert seen[-1] == (9, 9)
    assert await index.reconcile() == NOTHING
    assert sorted([place async for page in chroma.pages() for place in page]) == [e.place for e in entries]


async def test_a_lost_chroma_directory_loses_the_vectors(sqlite: Database, location: ChromaLocation) -> None:
    """A collection that can list but not search is made anew and filled from SQL."""
    entries = await indexed(sqlite, *(post(number) for number in range(6)))
    chroma = await ChromaIndex.open(location, MODEL, 8)
    await chroma.upsert([IndexEntry(1, 1, -1, unit(1, dimensions=8))])
    index = VectorIndex(Embeddings(sqlite, MODEL), chroma, exact_limit=1)
    assert await index.reconcile() == Reconciled(missing=6, orphaned=0, moved=0, rebuilt=True)
    nearest = await index.nearest(GROUP.id, entries[3].vector, 1)
    assert [hit.photo_id for hit in nearest] == [entries[3].photo_id]
    await index.close()


async def test_changes_during_a_reconcile_are_undone(index: VectorIndex, chroma: ChromaIndex, sqlite: Database) -> None:
    """Photos added, removed and moved while Chroma is filled end up as SQL has them."""
    entries = await indexed(sqlite, *(post(number) for number in range(40)))
    filling = asyncio.create_task(index.reconcile())
    photos = Photos(sqlite)
    for entry in entries[:10]:
        photo = (await photos.get([entry.photo_id]))[entry.photo_id]
        await photos.remove(photo.origin_chat_id, photo.message_id)
        await index.remove([entry.photo_id], GROUP.id)
    late = await indexed(sqlite, *(post(number) for number in range(100, 105)))
    await index.add(late)
    await filling
    await index.settled()
    held = sorted([place async for page in chroma.pages() for place in page])
    assert held == [entry.place for entry in [*entries[10:], *late]]
