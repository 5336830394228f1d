"""An index that says something else than SQL: damaged, emptied, or put back."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from storage.chroma import ChromaIndex
from storage.chroma_client import ChromaLocation
from storage.database import Database
from storage.index_records import IndexEntry, Reconciled
from storage.set_aside import kept
from storage.vectors import VectorIndex
from tests.storage.builders import BUILD, GROUP, MODEL, at_build, indexed, post, unit
from tests.storage.restarts import Index, begun, restarted
from tests.storage.sick import Sick


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
    entries = await begun(sqlite, location, 40)
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
    entries = await begun(sqlite, location, 5)
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
