"""Chroma mended after SQL."""

import asyncio
import errno
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from storage.chroma import ChromaIndex
from storage.chroma_client import ChromaLocation
from storage.chroma_process import ChromaProcess
from storage.collection import Collection, Opened
from storage.database import Database
from storage.embeddings import Embeddings
from storage.errors import VectorIndexUnavailable
from storage.index_records import IndexEntry, Near, Place, Reconciled
from storage.photos import Photos
from storage.reconcile import check_searches
from storage.set_aside import kept
from storage.vectors import VectorIndex
from tests.storage.builders import DIMENSIONS, GROUP, MODEL, at_build, indexed, post, unit
from tests.storage.chromas import held
from tests.storage.restarts import Index, restarted
from tests.storage.sick import Sick

NOTHING = Reconciled(0, 0, 0, rebuilt=False)


async def test_a_chroma_that_cannot_be_mended_is_trusted(
    index: VectorIndex, collection: Sick, sqlite: Database
) -> None:
    """A reconcile that fails says so, and is still needed."""
    await indexed(sqlite, post(1), post(2))
    collection.failing = True
    with pytest.raises(VectorIndexUnavailable):
        await index.reconcile()
    assert index.needs_reconcile.is_set()


async def test_chroma_differs_from_sql(index: VectorIndex, chroma: ChromaIndex, sqlite: Database) -> None:
    """What is missing, orphaned, of another image or of no large chat is mended; then nothing is left to do."""
    entries = await indexed(sqlite, *(post(number) for number in range(9)))
    await index.add(entries)
    await chroma.delete(GROUP.id, [1, 2, 9])
    await chroma.upsert([replace(entries[3], image_id=999)])
    await chroma.upsert([IndexEntry(77, 77, GROUP.id, unit(77)), IndexEntry(5_000, 1, -5, unit(78))])
    seen: list[tuple[int, int]] = []
    mended = await index.reconcile(lambda done, total: seen.append((done, total)))
    assert mended == Reconciled(missing=3, orphaned=1, moved=1, rebuilt=False)
    assert seen[-1] == (9, 9)
    assert await index.reconcile() == NOTHING
    assert await held(chroma) == [entry.place for entry in entries]


async def test_chats_around_the_limit_come_and_go(
    sqlite: Database, chroma: ChromaIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that grows over it gets its collection when it is asked, and loses it only when it has shrunk for good."""
    monkeypatch.setattr("storage.large_chats.AT_ONCE", 0)
    await at_build(sqlite)
    index = VectorIndex(Embeddings(sqlite, MODEL), chroma, exact_limit=10)
    await index.reconcile()
    entries = await indexed(sqlite, *(post(number) for number in range(10)), post(1, chat_id=-5))
    await index.add(entries)
    assert len(await index.nearest(GROUP.id, unit(1), 20)) == 10
    entries += await indexed(sqlite, post(99))
    index._cache.drop(GROUP.id)
    await index.add(entries[-1:])
    assert await chroma.chats() == []
    assert len(await index.nearest(GROUP.id, unit(1), 20)) == 11
    await index.settled()
    assert await chroma.chats() == [GROUP.id]
    assert await held(chroma) == [entry.place for entry in entries if entry.chat_id == GROUP.id]
    assert not (await index.differences()).missing
    for number, left in ((0, [GROUP.id]), (1, [GROUP.id]), (2, [])):
        await Photos(sqlite).remove(GROUP.id, number)
        await index.reconcile()
        assert await chroma.chats() == left


async def test_a_new_build_leaves_erased_vectors_on_disk(sqlite: Database, location: ChromaLocation) -> None:
    """Chroma keeps deleted vectors in its files; a renewed index has files of its own, and the old ones are gone."""
    erased, kept_photo, _ = await indexed(sqlite, post(1), post(2), post(3))
    async with restarted(sqlite, location) as first:
        await first.index.reconcile()
        await Photos(sqlite).remove(GROUP.id, 1)
        await first.index.remove([erased.photo_id], GROUP.id)
        await first.index.settled()
        assert location.directory is not None
        assert _holds(location.directory.parent, erased)
        await first.index.renew()
        assert not _holds(location.directory.parent, erased)
        await first.index.reconcile()
        assert await first.index.nearest(GROUP.id, erased.vector, 1)
    assert not _holds(location.directory, erased)
    assert _holds(location.directory, kept_photo)
    assert list(kept(location.directory)) == []


def _holds(folder: Path, entry: IndexEntry) -> bool:
    return any(entry.vector.tobytes() in file.read_bytes() for file in folder.rglob("*") if file.is_file())


async def test_a_passing_trouble_costs_the_index(
    index: VectorIndex, chroma: ChromaIndex, collection: Sick, location: ChromaLocation, sqlite: Database
) -> None:
    """A full disk or a server that is away is waited out: nothing is set aside, and questions are answered exactly."""
    entries = await indexed(sqlite, *(post(number) for number in range(5)))
    await index.reconcile()
    collection.failing = True
    collection.trouble = "error returned from database: (code: 13) database or disk is full"
    late = await indexed(sqlite, post(99))
    await index.add(late)
    with pytest.raises(VectorIndexUnavailable, match="disk is full") as caught:
        await index.reconcile()
    assert caught.value.is_passing
    assert [hit.photo_id for hit in await index.nearest(GROUP.id, late[0].vector, 1)] == [late[0].photo_id]
    collection.failing = False
    assert await index.reconcile() == Reconciled(missing=1, orphaned=0, moved=0, rebuilt=False)
    assert await Index(index, collection, chroma).finds_by_chroma([*entries, *late])
    assert location.directory is not None
    assert list(kept(location.directory)) == []


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
    assert await held(chroma) == [entry.place for entry in [*entries[10:], *late]]


async def test_an_index_set_aside_blocks_its_own_rebuilding(
    index: VectorIndex, chroma: ChromaIndex, collection: Sick, location: ChromaLocation, sqlite: Database
) -> None:
    """On a disk with room for one index the old one makes room as soon as the filling of the new one meets the end."""
    entries = await indexed(sqlite, *(post(number) for number in range(5)))
    await index.reconcile()
    await ChromaIndex(collection).renew("another")
    assert location.directory is not None
    assert len(list(kept(location.directory))) == 1
    collection.failing = True
    collection.trouble = "no space left on device"
    with pytest.raises(VectorIndexUnavailable, match="no space left"):
        await index.reconcile()
    assert list(kept(location.directory)) == []
    collection.failing = False
    assert (await index.reconcile()).missing == 5
    assert await Index(index, collection, chroma).finds_by_chroma(entries)


class OnAFullDisk(Collection):
    """It can be opened once."""

    is_full = False

    def open(self, generation: str) -> Opened:
        """See `Collection`."""
        if self.is_full:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.is_full = True
        return super().open(generation)


async def test_a_renewal_that_fails_leaves_erased_vectors_aside(sqlite: Database, location: ChromaLocation) -> None:
    """The old index goes, also where the new one cannot even be begun."""
    await indexed(sqlite, post(1))
    chroma = ChromaIndex(ChromaProcess(partial(OnAFullDisk, location, MODEL, DIMENSIONS)))
    index = VectorIndex(Embeddings(sqlite, MODEL), chroma)
    await index.reconcile()
    with pytest.raises(VectorIndexUnavailable, match="No space left"):
        await index.renew()
    await index.close()
    assert location.directory is not None
    assert not location.directory.exists()
    assert list(kept(location.directory)) == []


class HeldUp(Embeddings):
    """Whoever asks first for the places of photos, which is who fills a collection, waits."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, MODEL)
        self.asked, self.may_go_on = asyncio.Event(), asyncio.Event()

    async def places(self, chat_id: int, after: int, limit: int) -> list[Place]:
        """Or not at once."""
        if not self.asked.is_set():
            self.asked.set()
            await self.may_go_on.wait()
        return await super().places(chat_id, after, limit)


async def test_a_collection_that_is_being_filled_lacks_photos(
    sqlite: Database, chroma: ChromaIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is still on its way is no difference: nobody asks that collection yet."""
    monkeypatch.setattr("storage.large_chats.AT_ONCE", 0)
    await at_build(sqlite)
    embeddings = HeldUp(sqlite)
    index = VectorIndex(embeddings, chroma, exact_limit=1)
    await index.reconcile()
    await indexed(sqlite, post(1), post(2))
    assert len(await index.nearest(GROUP.id, unit(1), 20)) == 2
    await embeddings.asked.wait()
    assert await index.differences() == NOTHING
    embeddings.may_go_on.set()
    await index.settled()
    assert await chroma.chats() == [GROUP.id]
    await chroma.delete(GROUP.id, [1])
    assert (await index.differences()).missing == 1


@pytest.mark.parametrize(("lost", "is_refused"), [(0, False), (2, False), (6, True)])
async def test_a_chroma_is_made_anew_for_one_photo_that_its_search_misses(
    sqlite: Database, chroma: ChromaIndex, monkeypatch: pytest.MonkeyPatch, lost: int, is_refused: bool
) -> None:
    """Its search is approximate, and making a large collection takes minutes; one that misses most is broken, however
    many others find everything."""
    entries = await indexed(sqlite, *(post(number) for number in range(6)))
    others = await indexed(sqlite, *(post(number, chat_id=chat_id) for chat_id in (-5, -6, -7) for number in range(6)))
    await chroma.upsert([*entries, *others])
    hidden = {entry.vector.tobytes() for entry in entries[:lost]}
    asked = chroma.query

    async def query(vector: NDArray[np.float32], chat_id: int, k: int) -> list[Near]:
        return [] if vector.tobytes() in hidden else await asked(vector, chat_id, k)

    async def everything(limit: int, chats: Sequence[int]) -> list[IndexEntry]:
        return [entry for entry in [*others, *entries] if entry.chat_id in chats]

    embeddings = Embeddings(sqlite, MODEL)
    monkeypatch.setattr(chroma, "query", query)
    monkeypatch.setattr(embeddings, "sample", everything)
    with pytest.raises(VectorIndexUnavailable) if is_refused else nullcontext():
        await check_searches(embeddings, chroma, [GROUP.id, -5, -6, -7])
