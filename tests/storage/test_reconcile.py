"""Chroma mended after SQL."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from storage.chroma import ChromaIndex
from storage.chroma_process import ChromaProcess
from storage.collection import ChromaLocation, Collection, Opened
from storage.database import Database
from storage.embeddings import Embeddings
from storage.errors import VectorIndexUnavailable
from storage.index_records import IndexEntry, Place, Reconciled
from storage.photos import Photos
from storage.set_aside import kept
from storage.vectors import VectorIndex
from tests.storage.builders import BUILD, DIMENSIONS, GROUP, MODEL, at_build, indexed, post, unit
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


async def _held(chroma: ChromaIndex) -> list[Place]:
    chats = await chroma.chats()
    return sorted([place for chat_id in chats async for page in chroma.pages(chat_id) for place in page])


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
    assert await _held(chroma) == [entry.place for entry in entries]


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
    assert await _held(chroma) == [entry.place for entry in entries if entry.chat_id == GROUP.id]
    assert not (await index.differences()).missing
    for number, left in ((0, [GROUP.id]), (1, [GROUP.id]), (2, [])):
        await Photos(sqlite).remove(GROUP.id, number)
        await index.reconcile()
        assert await chroma.chats() == left


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


@dataclass(frozen=True)
class Index:
    index: VectorIndex
    collection: Sick
    chroma: ChromaIndex

    async def finds_by_chroma(self, entries: Sequence[IndexEntry]) -> bool:
        """Whether each entry is found by its own vector, and by Chroma."""
        asked = self.collection.asked
        found = [await self.index.nearest(GROUP.id, entry.vector, 1) for entry in entries]
        assert self.collection.asked - asked == len(entries), "Chroma was not asked"
        return [hits[0].photo_id for hits in found] == [entry.photo_id for entry in entries]


def _swept(directory: Path) -> None:
    shutil.rmtree(directory)


def _without_graph(directory: Path) -> None:
    """Every file but the database: what a collection looks like whose folder was lost."""
    for folder in directory.iterdir():
        if folder.is_dir():
            shutil.rmtree(folder)


def _with_a_giant(directory: Path) -> None:
    """A file of 4.8 TB apparent size, as a kill in the middle of persisting left one."""
    for links in directory.glob("*/link_lists.bin"):
        os.truncate(links, 4_800_000_000_000)


def _as_zeros(directory: Path) -> None:
    for file in directory.glob("*/*"):
        file.write_bytes(bytes(file.stat().st_size))


@pytest.mark.parametrize("spoil", [_swept, _without_graph, _with_a_giant, _as_zeros])
async def test_a_damaged_chroma_directory_loses_the_vectors(
    sqlite: Database, location: ChromaLocation, spoil: Callable[[Path], None]
) -> None:
    """Whatever became of its files, afterwards every photo is found by Chroma, and nothing is left lying about."""
    location = replace(location, sync_threshold=10)
    entries = await indexed(sqlite, *(post(number) for number in range(40)))
    async with restarted(sqlite, location) as first:
        await first.index.reconcile()
    assert location.directory is not None
    assert list(location.directory.glob("*/link_lists.bin")), "nothing was persisted"
    spoil(location.directory)
    async with restarted(sqlite, location) as second:
        await second.index.reconcile()
        assert await second.finds_by_chroma(entries)
    assert list(kept(location.directory)) == []
    assert sum(file.stat().st_size for file in location.directory.rglob("*")) < 10_000_000


async def test_an_index_of_other_dimensions_is_never_mended(sqlite: Database, location: ChromaLocation) -> None:
    """It lists its entries but cannot be written to: it is made anew and filled from SQL."""
    entries = await indexed(sqlite, *(post(number) for number in range(6)))
    await at_build(sqlite)
    chroma = ChromaIndex.at(location, MODEL, 8)
    await chroma.open(BUILD)
    await chroma.upsert([IndexEntry(1, 1, GROUP.id, unit(1, dimensions=8))])
    await chroma.close()
    async with restarted(sqlite, location) as again:
        assert await again.index.reconcile() == Reconciled(missing=6, orphaned=0, moved=0, rebuilt=True)
        assert await again.finds_by_chroma(entries)


@pytest.mark.parametrize("suspect", [True, False])
async def test_an_index_with_the_right_ids_and_stale_vectors_is_believed(
    sqlite: Database, location: ChromaLocation, suspect: bool
) -> None:
    """Vectors are compared: a few at every start, all of them after an end that was no orderly one."""
    entries = await indexed(sqlite, *(post(number) for number in range(300)))
    async with restarted(sqlite, location) as first:
        await first.index.reconcile()
        wrong = entries[-1:] if suspect else entries[:30]
        await first.chroma.upsert([replace(entry, vector=unit(9_000 + entry.photo_id)) for entry in wrong])
    assert location.directory is not None
    if suspect:
        (location.directory / "open").touch()
    async with restarted(sqlite, location) as second:
        assert (await second.index.reconcile()).rebuilt
        assert await second.finds_by_chroma(entries[-3:])


async def test_a_stale_vector_found_while_running_is_shown_with_its_score(
    index: VectorIndex, chroma: ChromaIndex, collection: Sick, sqlite: Database
) -> None:
    """Scores come from SQL; where Chroma's differ, the question is answered exactly and the index made anew."""
    entries = await indexed(sqlite, *(post(number) for number in range(5)))
    await index.reconcile()
    await chroma.upsert([replace(entry, vector=unit(9_000 + entry.photo_id)) for entry in entries])
    found = await index.nearest(GROUP.id, entries[2].vector, 1)
    assert [(hit.photo_id, round(hit.score, 3)) for hit in found] == [(entries[2].photo_id, 1.0)]
    assert index.needs_reconcile.is_set()
    assert (await index.reconcile()).rebuilt
    assert await Index(index, collection, chroma).finds_by_chroma(entries)


async def test_an_index_that_went_empty_while_running_finds_nothing(
    index: VectorIndex, chroma: ChromaIndex, collection: Sick, sqlite: Database
) -> None:
    """Chroma answers without an error when its directory is deleted under it: too few photos are noticed."""
    entries = await indexed(sqlite, *(post(number) for number in range(5)))
    await index.reconcile()
    await chroma.delete(GROUP.id, [entry.photo_id for entry in entries])
    assert [hit.photo_id for hit in await index.nearest(GROUP.id, entries[2].vector, 1)] == [entries[2].photo_id]
    assert index.needs_reconcile.is_set()
    await index.reconcile()
    assert await Index(index, collection, chroma).finds_by_chroma(entries)


async def test_an_index_put_back_from_before_the_last_rebuilding_is_believed(
    sqlite: Database, location: ChromaLocation, tmp_path: Path
) -> None:
    """Every rebuilding gets a name of its own; the old one is foreign, whatever ids it holds."""
    entries = await indexed(sqlite, *(post(number) for number in range(5)))
    async with restarted(sqlite, location) as first:
        await first.index.reconcile()
    assert location.directory is not None
    shutil.copytree(location.directory, tmp_path / "copy")
    async with restarted(sqlite, location) as second:
        await second.index.renew()
        assert (await second.index.reconcile()).missing == 5
    shutil.rmtree(location.directory)
    (tmp_path / "copy").rename(location.directory)
    async with restarted(sqlite, location) as third:
        assert (await third.index.reconcile()).rebuilt
        assert await third.finds_by_chroma(entries)


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
    assert await _held(chroma) == [entry.place for entry in [*entries[10:], *late]]


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
