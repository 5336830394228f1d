"""How an import ends, as whoever runs it sees it: what it says, and its exit status."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.application import build
from bot.indexing import importer_of
from bot.settings import Settings
from search.importing import Exported
from storage.database import Database
from storage.originals import Originals
from tests import exports
from tests.bot.commands import command
from tests.conftest import Archive, polling
from tests.importing.job import exported, history, introduced
from tests.importing.measure import CHAT, known_chat
from tests.people import People, until
from tests.storage.builders import exported as post

pytestmark = pytest.mark.usefixtures("loaded_once")


@pytest.fixture
async def chat(people: People, archive: Archive, settings: Settings) -> AsyncIterator[int]:
    """Of a bot that takes files of one MB."""
    ann: int = (await people.ask("POST", "/api/users", json={"first_name": "Ann", "id": 101}))["id"]
    chat = await people.chat("supergroup", "Weekend crew", [ann], admins=[ann])
    async with polling(build(settings.model_copy(update={"max_file_mb": 1}))):
        await introduced(people, archive, chat, ann)
        yield chat


async def test_photos_that_nobody_will_find_are_taken_in(chat: int, settings: Settings, tmp_path: Path) -> None:
    """What could not be decoded, and what was too large to be read, is told at the end."""
    folder = history(tmp_path / "export", chat)
    first, second, _ = sorted((folder / "photos").iterdir())
    first.write_bytes(b"no picture")
    second.write_bytes(b"x" * 1_000_001)
    ended = await command(settings, "import", str(folder))
    assert ended.status == 0
    assert "2 taken in" in ended.err
    assert "1 could not be indexed" in ended.err
    assert "1 left out: their files are larger than CHATLENS_MAX_FILE_MB" in ended.err


async def test_an_import_of_nothing_looks_like_success(chat: int, settings: Settings, tmp_path: Path) -> None:
    """To a script, that is: nothing taken, an export that breaks off, a chat that is not there; and a second run of a
    whole one is no failure."""
    empty = exported(tmp_path / "empty", chat, exports.photo(10_005, photo=exports.NOT_INCLUDED))
    assert (await command(settings, "import", str(empty))).status == 1
    cut = history(tmp_path / "cut", chat)
    document = (cut / "result.json").read_text("utf-8")
    (cut / "result.json").write_text(document[: document.index('"id": 10003')], "utf-8")
    ended = await command(settings, "import", str(cut))
    assert (ended.status, "breaks off" in ended.err, "2 taken in" in ended.err) == (1, True, True)
    assert (await command(settings, "import", str(cut), "--chat", "")).status == 1
    whole = history(tmp_path / "whole", chat)
    assert [(await command(settings, "import", str(whole))).status for _ in range(2)] == [0, 0]


class Hanging:
    """A file on a disk that does not answer."""

    uri = "file:///mnt/away/1.jpg"

    def __init__(self) -> None:
        self.begun, self.wakes = threading.Event(), threading.Event()

    def read(self, max_bytes: int) -> bytes:
        self.begun.set()
        self.wakes.wait()
        return b"x"


async def test_a_sweep_waits_for_a_disk_that_hangs(settings: Settings, tmp_path: Path) -> None:
    """Only copies are anything of the sweeper's; who reads files where they are holds nobody."""
    await known_chat(tmp_path)
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'chatlens.db'}")
    originals, file = Originals(tmp_path), Hanging()
    importer = importer_of(settings, database, originals)
    taking = importer.take(CHAT, iter([Exported(post(1, origin=CHAT), file)]), copies=False)
    first = asyncio.ensure_future(anext(taking))
    try:

        async def has_begun() -> bool:
            return file.begun.is_set()

        await until(has_begun, "the file to be read")
        async with asyncio.timeout(30):
            assert await originals.sweep(database) == 0
    finally:
        file.wakes.set()
        await first
        await database.close()
