"""The first reading of an export, which may be one chat of hundreds of MB."""

import threading
from pathlib import Path

import pytest

from bot import importing
from history import watched
from history.errors import ReadingStopped
from history.export import Export
from tests import exports


@pytest.fixture
def export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Export:
    """Of one chat, some MB of short messages between two photos."""
    monkeypatch.setattr(importing, "LOOK", 0.005)
    words = (exports.message(number, "words") for number in range(1, 10_001))
    return Export.open(exports.written(tmp_path, exports.chat(exports.photo(20_000), *words, exports.photo(20_001))))


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """How many more pieces the thread may read: by itself it could be done before anybody has looked."""
    allowed, read = threading.Semaphore(1), watched._File.read

    def paced(file: watched._File, size: int = -1, /) -> bytes:
        while not allowed.acquire(timeout=0.01) and not file._tree.is_stopped:
            continue
        return read(file, size)

    monkeypatch.setattr(watched._File, "read", paced)
    return allowed


async def test_nothing_is_told_until_a_chat_is_read(export: Export, pieces: threading.Semaphore) -> None:
    """How many of how many MB, and at last all of them."""
    told = []
    async for line in importing._looked_through(export):
        told.append((line["at"], line["of"]))
        pieces.release()
    assert told[-1] == (export.size // importing.MB,) * 2
    assert len({at for at, _ in told}) > 2
    assert [chat.photos for chat in export.chats()] == [2]
    assert export.bytes_read == export.size


async def test_an_import_that_is_cut_off_is_waited_for(export: Export, pieces: threading.Semaphore) -> None:
    """The thread that reads ends where it is."""
    looking = importing._looked_through(export)
    await anext(looking)
    await looking.aclose()  # type: ignore[attr-defined]
    assert export.bytes_read < export.size


async def test_pictures_that_nobody_waits_for_are_looked_for(export: Export) -> None:
    """Also in the second reading, between two that are far from each other."""
    [chat] = export.chats()
    photos = export.photos(chat.id)
    assert next(photos).message_id == 20_000
    export.stop()
    with pytest.raises(ReadingStopped):
        next(photos)
