"""The adapter of Chroma, on real collections."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.chroma import ChromaIndex
from storage.collection import ChromaLocation, collection_name
from storage.errors import VectorIndexUnavailable
from storage.records import IndexEntry, Place
from tests.storage.builders import DIMENSIONS, GROUP, MODEL, unit


def _entries(count: int, chat_id: int = GROUP.id) -> list[IndexEntry]:
    return [IndexEntry(number, 1_000 + number, chat_id, unit(number)) for number in range(1, count + 1)]


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def _held(chroma: ChromaIndex, size: int = 7) -> list[Place]:
    return sorted([place async for page in chroma.pages(size) for place in page])


async def test_the_nearest_are_not_found(chroma: ChromaIndex) -> None:
    """They come best first with their cosines."""
    entries = _entries(20)
    await chroma.upsert(entries)
    found = await chroma.query(unit(5), GROUP.id, 3)
    scores = sorted((float(unit(5) @ entry.vector) for entry in entries), reverse=True)
    assert [hit.score for hit in found] == pytest.approx(scores[:3], abs=1e-5)
    assert (found[0].photo_id, found[0].image_id) == (5, 1_005)


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
    await chroma.place([])
    await chroma.delete([])


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
    await chroma.delete([1, 10, 30, 999])
    held = [entry.place for entry in _entries(30) if entry.photo_id not in {1, 10, 30}]
    for size in (1, 9, 27, 100):
        assert await _held(chroma, size) == held
    assert await chroma.count() == 27


async def test_a_second_upsert_doubles_a_photo(chroma: ChromaIndex) -> None:
    """It takes the place of the first, vector, image and chat."""
    await chroma.upsert(_entries(3))
    await chroma.upsert([IndexEntry(2, 77, -5, unit(99))])
    assert await chroma.count() == 3
    assert [hit.image_id for hit in await chroma.query(unit(99), -5, 5)] == [77]


async def test_a_moved_photo_stays_in_its_old_chat(chroma: ChromaIndex) -> None:
    """Its place is corrected, its vector stays; an entry that does not exist is not made."""
    await chroma.upsert(_entries(3))
    await chroma.place([Place(2, 1_002, -5), Place(99, 1, -5)])
    assert [hit.photo_id for hit in await chroma.query(unit(2), -5, 5)] == [2]
    assert {hit.photo_id for hit in await chroma.query(unit(2), GROUP.id, 5)} == {1, 3}
    assert await chroma.count() == 3


async def test_a_restart_loses_entries(location: ChromaLocation) -> None:
    """What was written is there after closing and opening."""
    for round_ in range(3):
        chroma = await ChromaIndex.open(location, MODEL, DIMENSIONS)
        assert await chroma.count() == round_ * 10
        await chroma.upsert(_entries((round_ + 1) * 10)[-10:])
        await chroma.close()


async def test_two_models_share_a_collection(location: ChromaLocation) -> None:
    """Each has its own, though their names look alike to Chroma."""
    for model, dimensions in (("a/b", 4), ("a:b", 8)):
        chroma = await ChromaIndex.open(location, model, dimensions)
        assert await chroma.count() == 0
        await chroma.upsert([IndexEntry(1, 1, -1, unit(1, dimensions))])
        await chroma.close()


@given(st.text())
def test_a_model_has_a_name_chroma_refuses(model: str) -> None:
    """Any model's collection has a name by Chroma's rules: 3 to 512 characters of few kinds."""
    assert re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9._-]{1,510}[a-zA-Z0-9]", collection_name(model))


async def test_a_broken_directory_stops_the_start(location: ChromaLocation, caplog: pytest.LogCaptureFixture) -> None:
    """It is set aside, not deleted, and an empty index takes its place, as often as it happens."""
    directory = location.directory
    assert directory is not None
    for number in (1, 2):
        directory.mkdir(exist_ok=True)
        for file in directory.glob("chroma.sqlite3*"):
            file.unlink()
        (directory / "chroma.sqlite3").write_bytes(b"no database at all" * 500)
        with caplog.at_level(logging.WARNING):
            chroma = await ChromaIndex.open(location, MODEL, DIMENSIONS)
        await chroma.upsert(_entries(2))
        assert await chroma.count() == 2
        await chroma.close()
        aside = directory.with_name(f"chroma.broken-{number}")
        assert (aside / "chroma.sqlite3").read_bytes().startswith(b"no database")
        assert str(aside) in caplog.text


async def test_a_folder_that_cannot_be_made_is_set_aside(tmp_path: Path) -> None:
    """What the system forbids is reported, and nothing is renamed."""
    (tmp_path / "file").touch()
    with pytest.raises(VectorIndexUnavailable, match="NotADirectoryError"):
        await ChromaIndex.open(ChromaLocation(directory=tmp_path / "file" / "chroma"), MODEL, DIMENSIONS)
    assert _names(tmp_path) == ["file"]


async def test_a_reset_leaves_entries_behind(chroma: ChromaIndex) -> None:
    """Afterwards the collection is empty, also for other dimensions, and works."""
    await chroma.upsert(_entries(5))
    await chroma.reset()
    assert await chroma.count() == 0
    await chroma.upsert([IndexEntry(1, 1, -1, unit(1, dimensions=8))])
    assert await chroma.count() == 1


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
    command = Path(sys.executable).with_name("chroma")
    arguments = ["run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([command, *arguments], stdout=log, stderr=log)  # noqa: S603
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


async def _connected(port: int) -> ChromaIndex:
    """As soon as the server answers."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await ChromaIndex.open(ChromaLocation(host="127.0.0.1", port=port), MODEL, DIMENSIONS)
            except VectorIndexUnavailable:
                await asyncio.sleep(0.1)


# chromadb leaves the sockets of its HTTP client to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
async def test_a_chroma_server_behaves_unlike_a_directory(tmp_path: Path) -> None:
    """The same index on a server: written, asked, moved, deleted, reset; gone with the server."""
    with _server(tmp_path) as port:
        chroma = await _connected(port)
        await chroma.upsert(_entries(9))
        await chroma.place([Place(2, 1_002, -5)])
        await chroma.delete([3])
        assert [hit.photo_id for hit in await chroma.query(unit(2), -5, 5)] == [2]
        assert len(await _held(chroma, 4)) == 8
        await chroma.reset()
        assert await chroma.count() == 0
    with pytest.raises(VectorIndexUnavailable):
        await chroma.count()
    await chroma.close()
    gc.collect()


async def test_an_unreachable_server_gives_a_traceback() -> None:
    """The error says where Chroma was looked for and what to check."""
    with pytest.raises(VectorIndexUnavailable, match=r"127.0.0.1:9: .* Check Chroma's place"):
        await ChromaIndex.open(ChromaLocation(host="127.0.0.1", port=9), MODEL, DIMENSIONS)


@pytest.mark.parametrize("both", [{}, {"directory": Path("x"), "host": "y"}])
def test_chroma_is_nowhere_or_in_two_places(both: dict[str, Path | str]) -> None:
    """A location is a directory or a host; its headers, which may be secret, are not shown."""
    with pytest.raises(ValueError, match="either"):
        ChromaLocation(**both)  # type: ignore[arg-type]
    assert "token" not in repr(ChromaLocation(host="h", headers={"Authorization": "token"}))
