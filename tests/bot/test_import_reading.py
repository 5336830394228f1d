"""The first reading of an export, which may be one chat of hundreds of MB."""

from pathlib import Path

import pytest

from bot import importing
from history.errors import ReadingStopped
from history.export import Export
from tests import exports


@pytest.fixture
def export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Export:
    """Of one chat, some MB of short messages between two photos: a third of a second."""
    monkeypatch.setattr(importing, "LOOK", 0.005)
    words = (exports.message(number, "words") for number in range(1, 10_001))
    return Export.open(exports.written(tmp_path, exports.chat(exports.photo(20_000), *words, exports.photo(20_001))))


async def test_nothing_is_told_until_a_chat_is_read(export: Export) -> None:
    """How many of how many MB, and at last all of them."""
    told = [(line["at"], line["of"]) async for line in importing._looked_through(export)]
    assert told[-1] == (export.size // importing.MB,) * 2
    assert len({at for at, _ in told}) > 2
    assert [chat.photos for chat in export.chats()] == [2]
    assert export.bytes_read == export.size


async def test_an_import_that_is_cut_off_is_waited_for(export: Export) -> None:
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
