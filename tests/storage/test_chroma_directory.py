"""Where Chroma keeps its files: damaged, foreign, in use, gone."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from storage import chroma_directory
from storage.chroma import ChromaIndex
from storage.chroma_client import ChromaLocation
from storage.chroma_process import ChromaProcess
from storage.collection import Collection, Opened
from storage.errors import VectorIndexUnavailable
from storage.index_records import IndexEntry
from storage.set_aside import kept
from tests.storage.builders import BUILD, DIMENSIONS, GROUP, MODEL, unit
from tests.storage.chromas import numbered, opened_at


async def test_a_restart_loses_entries(location: ChromaLocation) -> None:
    """What was written is there after closing and opening, and nothing is suspect."""
    for round_ in range(3):
        async with opened_at(location) as (chroma, opened):
            assert opened == Opened(is_new=round_ == 0, is_suspect=False)
            assert await chroma.count() == round_ * 10
            await chroma.upsert(numbered((round_ + 1) * 10)[-10:])


async def test_an_end_in_the_middle_looks_orderly(location: ChromaLocation) -> None:
    """A directory that nobody closed is suspect at the next start, once."""
    async with opened_at(location):
        pass
    assert location.directory is not None
    (location.directory / "open").touch()
    for suspect in (True, False):
        async with opened_at(location) as (_, opened):
            assert opened == Opened(is_new=False, is_suspect=suspect)


def _as_garbage(directory: Path) -> None:
    for file in directory.glob("chroma.sqlite3*"):
        file.unlink()
    (directory / "chroma.sqlite3").write_bytes(b"no database at all" * 500)


def _as_a_file(directory: Path) -> None:
    shutil.rmtree(directory)
    directory.write_text("who put this here?")


def _as_gaps(directory: Path) -> None:
    """The tables of Chroma are gone; the rest is a sound database."""
    with closing(sqlite3.connect(directory / "chroma.sqlite3")) as database:
        database.execute("DROP TABLE collections")
        database.commit()


@pytest.mark.parametrize("spoil", [_as_garbage, _as_a_file, _as_gaps])
async def test_a_broken_directory_stops_the_start(
    location: ChromaLocation, spoil: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    """It is set aside and an empty index takes its place, as often as it happens; one is kept until it is complete."""
    directory = location.directory
    assert directory is not None
    for _ in range(3):
        async with opened_at(location):
            pass
        spoil(directory)
        async with opened_at(location) as (chroma, opened):
            assert opened.is_new
            await chroma.upsert(numbered(2))
            assert await chroma.count() == 2
            [aside] = kept(directory)
            assert str(aside) in caplog.text
    async with opened_at(location) as (chroma, _):
        await chroma.discard()
    assert list(kept(directory)) == []


@pytest.mark.parametrize(("model", "build"), [("another", BUILD), (MODEL, "another")])
async def test_an_index_of_another_archive_is_taken_for_ours(location: ChromaLocation, model: str, build: str) -> None:
    """By its model or its build it is known as foreign, and set aside."""
    async with opened_at(location, model, build) as (chroma, _):
        await chroma.upsert(numbered(3))
    async with opened_at(location) as (chroma, opened):
        assert opened == Opened(is_new=True, is_suspect=False)
        assert await chroma.count() == 0
    assert location.directory is not None
    assert len(list(kept(location.directory))) == 1


async def test_a_folder_that_cannot_be_made_is_set_aside(tmp_path: Path) -> None:
    """What the system forbids is reported as passing, and nothing is renamed."""
    (tmp_path / "file").touch()
    with pytest.raises(VectorIndexUnavailable, match=r"File.*Check Chroma's place") as caught:
        async with opened_at(ChromaLocation(directory=tmp_path / "file" / "chroma")):
            pass
    assert caught.value.is_passing
    assert _names(tmp_path) == ["file"]


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


class Impatient(Collection):
    """One that waits for no other process."""

    def open(self, generation: str) -> Opened:
        """See `Collection`; in a process of its own."""
        chroma_directory.LOCK_PATIENCE = 0.05
        return super().open(generation)


async def test_two_processes_share_a_directory(location: ChromaLocation) -> None:
    """The second is told so, and the first goes on: two on one directory destroy each other's index."""
    async with opened_at(location) as (first, _):
        other = ChromaIndex(ChromaProcess(partial(Impatient, location, MODEL, DIMENSIONS)))
        with pytest.raises(VectorIndexUnavailable, match="another process") as caught:
            await other.open(BUILD)
        await other.close()
        assert caught.value.is_passing
        await first.upsert(numbered(1))
    async with opened_at(location) as (second, _):
        assert await second.count() == 1


async def test_a_new_build_keeps_the_entries_of_the_old(location: ChromaLocation, chroma: ChromaIndex) -> None:
    """Afterwards the collection is empty, also for other dimensions, and works; the old one goes by `discard`."""
    await chroma.upsert(numbered(5))
    assert await chroma.renew("build-2") == Opened(is_new=True, is_suspect=False)
    assert await chroma.count() == 0
    await chroma.upsert([IndexEntry(1, 1, -1, unit(1, dimensions=8))])
    assert await chroma.count() == 1
    await chroma.discard()
    assert location.directory is not None
    assert list(kept(location.directory)) == []


async def test_a_chat_that_was_dropped_leaves_its_files(location: ChromaLocation) -> None:
    """Nothing of it is found, listed or left on the disk; others are what they were, and it can come back."""
    async with opened_at(replace(location, sync_threshold=10)) as (chroma, _):
        await chroma.upsert(numbered(30))
        await chroma.upsert([replace(entry, chat_id=-5) for entry in numbered(30)])
        assert location.directory is not None
        folders = [path for path in location.directory.iterdir() if path.is_dir()]
        assert len(folders) == 2, "nothing was persisted"
        await chroma.drop_chat(-5)
        assert await chroma.chats() == [GROUP.id]
        assert await chroma.query(unit(1), -5, 5) == []
        assert len([path for path in location.directory.iterdir() if path.is_dir()]) == 1
        assert await chroma.count() == 30
    async with opened_at(location) as (chroma, _):
        assert await chroma.chats() == [GROUP.id]
        await chroma.upsert([replace(entry, chat_id=-5) for entry in numbered(3)])
        assert len(await chroma.query(unit(1), -5, 5)) == 3
