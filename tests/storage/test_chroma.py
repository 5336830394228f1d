"""The adapter of Chroma, on real collections."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import chroma_directory
from storage.chroma import ChromaIndex
from storage.chroma_process import ChromaProcess
from storage.collection import ChromaLocation, Collection, Opened, collection_name
from storage.errors import VectorIndexUnavailable
from storage.index_records import IndexEntry, Place
from storage.set_aside import kept
from tests.storage.builders import BUILD, DIMENSIONS, GROUP, MODEL, unit


def _entries(count: int, chat_id: int = GROUP.id) -> list[IndexEntry]:
    return [IndexEntry(number, 1_000 + number, chat_id, unit(number)) for number in range(1, count + 1)]


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def _held(chroma: ChromaIndex, size: int = 7) -> list[Place]:
    chats = await chroma.chats()
    return sorted([place for chat_id in chats async for page in chroma.pages(chat_id, size) for place in page])


@contextlib.asynccontextmanager
async def opened_at(
    location: ChromaLocation, model: str = MODEL, build: str = BUILD
) -> AsyncIterator[tuple[ChromaIndex, Opened]]:
    """A Chroma, opened and closed again."""
    chroma = ChromaIndex.at(location, model, DIMENSIONS)
    try:
        yield chroma, await chroma.open(build)
    finally:
        await chroma.close()


async def test_the_nearest_are_not_found(chroma: ChromaIndex) -> None:
    """They come best first with their cosines."""
    entries = _entries(20)
    await chroma.upsert(entries)
    found = await chroma.query(unit(5), GROUP.id, 3)
    scores = sorted((float(unit(5) @ entry.vector) for entry in entries), reverse=True)
    assert [hit.score for hit in found] == pytest.approx(scores[:3], abs=1e-5)
    assert found[0].photo_id == 5


async def test_another_chats_photo_is_found(chroma: ChromaIndex) -> None:
    """Only photos of the chat that was asked for are found, however many are wanted."""
    await chroma.upsert(_entries(5))
    await chroma.upsert([replace(entry, photo_id=entry.photo_id + 50, chat_id=-5) for entry in _entries(5)])
    assert {hit.photo_id for hit in await chroma.query(unit(1), -5, 100)} == {51, 52, 53, 54, 55}
    assert await chroma.query(unit(1), -77, 3) == []


async def test_an_empty_collection_cannot_be_asked(chroma: ChromaIndex) -> None:
    """It answers with nothing, and takes empty lists of work."""
    assert await chroma.query(unit(1), GROUP.id, 5) == []
    assert await chroma.count() == 0
    assert await _held(chroma) == []
    await chroma.upsert([])
    await chroma.delete(GROUP.id, [])
    await chroma.delete(GROUP.id, [1])
    await chroma.drop_chat(GROUP.id)


@pytest.mark.parametrize("big", [2**53 + 1, -(2**52) - 1, 2**63 - 1, -(2**63)])
async def test_large_ids_are_rounded(big: int, chroma: ChromaIndex) -> None:
    """Ids of 64 bits come back exactly and are told from their neighbours."""
    near = big - 1 if big > 0 else big + 1
    await chroma.upsert([IndexEntry(2**62 + 1, big, big, unit(1)), IndexEntry(3, 4, near, unit(1))])
    assert await _held(chroma) == sorted([Place(2**62 + 1, big, big), Place(3, 4, near)])
    assert [hit.photo_id for hit in await chroma.query(unit(1), big, 5)] == [2**62 + 1]


async def test_pages_skip_or_repeat_entries(chroma: ChromaIndex) -> None:
    """Every entry is on one page, whatever their size, after deletions too."""
    await chroma.upsert(_entries(30))
    await chroma.delete(GROUP.id, [1, 10, 30, 999])
    held = [entry.place for entry in _entries(30) if entry.photo_id not in {1, 10, 30}]
    for size in (1, 9, 27, 100):
        assert await _held(chroma, size) == held
    assert await chroma.count() == 27


async def test_a_second_upsert_doubles_a_photo(chroma: ChromaIndex) -> None:
    """It takes the place of the first, vector and image."""
    await chroma.upsert(_entries(3))
    await chroma.upsert([IndexEntry(2, 77, GROUP.id, unit(99))])
    assert await chroma.count() == 3
    [found] = await chroma.query(unit(99), GROUP.id, 1)
    assert (found.photo_id, round(found.score, 3)) == (2, 1.0)
    assert await chroma.places(GROUP.id, [2, 99]) == [Place(2, 77, GROUP.id)]


async def test_a_chat_that_was_dropped_leaves_its_files(location: ChromaLocation) -> None:
    """Nothing of it is found, listed or left on the disk; others are what they were, and it can come back."""
    async with opened_at(replace(location, sync_threshold=10)) as (chroma, _):
        await chroma.upsert(_entries(30))
        await chroma.upsert([replace(entry, chat_id=-5) for entry in _entries(30)])
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
        await chroma.upsert([replace(entry, chat_id=-5) for entry in _entries(3)])
        assert len(await chroma.query(unit(1), -5, 5)) == 3


async def test_a_restart_loses_entries(location: ChromaLocation) -> None:
    """What was written is there after closing and opening, and nothing is suspect."""
    for round_ in range(3):
        async with opened_at(location) as (chroma, opened):
            assert opened == Opened(is_new=round_ == 0, is_suspect=False)
            assert await chroma.count() == round_ * 10
            await chroma.upsert(_entries((round_ + 1) * 10)[-10:])


async def test_an_end_in_the_middle_looks_orderly(location: ChromaLocation) -> None:
    """A directory that nobody closed is suspect at the next start, once."""
    async with opened_at(location):
        pass
    assert location.directory is not None
    (location.directory / "open").touch()
    for suspect in (True, False):
        async with opened_at(location) as (_, opened):
            assert opened == Opened(is_new=False, is_suspect=suspect)


@given(st.text())
def test_a_model_has_a_name_chroma_refuses(model: str) -> None:
    """Any model's collection has a name by Chroma's rules: 3 to 512 characters of few kinds."""
    assert re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9._-]{1,510}[a-zA-Z0-9]", collection_name(model, BUILD))


def test_models_or_builds_that_look_alike_share_a_collection() -> None:
    """Each model and each build has a name of its own."""
    assert len({collection_name(model, build) for model in ("a/b", "a:b") for build in ("1", "2")}) == 4


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
            await chroma.upsert(_entries(2))
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
        await chroma.upsert(_entries(3))
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
        await first.upsert(_entries(1))
    async with opened_at(location) as (second, _):
        assert await second.count() == 1


async def test_a_new_build_keeps_the_entries_of_the_old(location: ChromaLocation, chroma: ChromaIndex) -> None:
    """Afterwards the collection is empty, also for other dimensions, and works; the old one goes by `discard`."""
    await chroma.upsert(_entries(5))
    assert await chroma.renew("build-2") == Opened(is_new=True, is_suspect=False)
    assert await chroma.count() == 0
    await chroma.upsert([IndexEntry(1, 1, -1, unit(1, dimensions=8))])
    assert await chroma.count() == 1
    await chroma.discard()
    assert location.directory is not None
    assert list(kept(location.directory)) == []


async def test_a_vector_of_the_wrong_length_raises_chromas_error(chroma: ChromaIndex) -> None:
    """Whatever Chroma raises arrives as VectorIndexUnavailable, and it works on."""
    await chroma.upsert(_entries(2))
    with pytest.raises(VectorIndexUnavailable, match="dimension"):
        await chroma.query(unit(1, dimensions=3), GROUP.id, 1)
    with pytest.raises(VectorIndexUnavailable, match="dimension"):
        await chroma.upsert([IndexEntry(9, 9, GROUP.id, unit(1, dimensions=3))])
    assert await chroma.count() == 2


async def test_asking_waits_for_writing(chroma: ChromaIndex) -> None:
    """Questions are answered while a long write is still going on."""
    many = [
        IndexEntry(number, 1, GROUP.id, vector)
        for number, vector in enumerate(np.eye(DIMENSIONS, dtype=np.float32).repeat(60, 0), 1)
    ]
    await chroma.upsert(many[:10])
    writing = asyncio.create_task(chroma.upsert(many))
    assert len(await chroma.query(many[0].vector, GROUP.id, 5)) == 5
    assert not writing.done()
    await writing


async def test_importing_storage_imports_chroma() -> None:
    """Chroma takes a second to import; only opening an index pays for it."""
    code = "import sys, storage.vectors; sys.exit('chromadb' in sys.modules)"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
    assert await process.wait() == 0


@contextlib.contextmanager
def _server(folder: Path) -> Iterator[int]:
    """A Chroma server in a process of its own; gives its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with chroma_server(folder, port):
        yield port


@contextlib.contextmanager
def chroma_server(folder: Path, port: int) -> Iterator[None]:
    """The same on a port; it takes some seconds until it answers."""
    command = Path(sys.executable).with_name("chroma")
    arguments = ["run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([command, *arguments], stdout=log, stderr=log)  # noqa: S603
    try:
        yield
    finally:
        process.terminate()
        process.wait()


async def _connected(port: int) -> ChromaIndex:
    """As soon as the server answers."""
    chroma = ChromaIndex.at(ChromaLocation(host="127.0.0.1", port=port), MODEL, DIMENSIONS)
    async with asyncio.timeout(60):
        while True:
            try:
                await chroma.open(BUILD)
            except VectorIndexUnavailable as error:
                if not error.is_passing:
                    raise
                await asyncio.sleep(0.1)
            else:
                return chroma


# chromadb leaves the sockets of its HTTP client to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
async def test_a_chroma_server_behaves_unlike_a_directory(tmp_path: Path) -> None:
    """The same index on a server: written, asked, deleted, dropped, reset; gone with the server."""
    with _server(tmp_path) as port:
        chroma = await _connected(port)
        await chroma.upsert(_entries(9))
        await chroma.upsert([replace(entry, chat_id=-5) for entry in _entries(2)])
        await chroma.delete(GROUP.id, [3])
        assert [hit.photo_id for hit in await chroma.query(unit(2), -5, 1)] == [2]
        assert len(await _held(chroma, 4)) == 10
        await chroma.drop_chat(-5)
        assert await chroma.chats() == [GROUP.id]
        await chroma.renew("build-2")
        assert await chroma.count() == 0
    with pytest.raises(VectorIndexUnavailable) as caught:
        await chroma.count()
    assert caught.value.is_passing
    await chroma.close()
    del caught  # its traceback holds the client
    gc.collect()


@pytest.mark.parametrize("both", [{}, {"directory": Path("x"), "host": "y"}])
def test_chroma_is_nowhere_or_in_two_places(both: dict[str, Path | str]) -> None:
    """A location is a directory or a host; its headers, which may be secret, are not shown."""
    with pytest.raises(ValueError, match="either"):
        ChromaLocation(**both)  # type: ignore[arg-type]
    assert "token" not in repr(ChromaLocation(host="h", headers={"Authorization": "token"}))
