"""Reading text from pictures: a process that dies, hangs or is not wanted harms nobody."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from search import ocr_worker
from search.errors import FileGone, FileUnreachable, ReadingFailed
from search.ocr import CAN_HALT, Ocr
from search.pictures import Pictures
from search.reader import Reader
from search.records import Photo, PhotoPost
from storage.chats import Chats
from storage.database import Database
from storage.readings import Readings
from tests.people import until
from tests.storage.builders import GROUP, indexed, post

STATES = "SELECT state, coalesce(text, error, '') FROM readings ORDER BY image_id"
CYRILLIC = Path("/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf")
WHITE = Image.new("RGB", (64, 64), "white")


class Fetched(Pictures):
    """Downloads: what each file gives, or raises."""

    def __init__(self, troubles: Mapping[str, Exception] | None = None) -> None:
        self._troubles = troubles or {}

    async def whole(self, post: PhotoPost | Photo) -> Image.Image:
        if post.file_id in self._troubles:
            raise self._troubles[post.file_id]
        return WHITE


class Said(Ocr):
    """A reader of which each call says the next thing, or raises it."""

    def __init__(self, *words: str | Exception) -> None:
        super().__init__()
        self._words = list(words)

    async def read(self, image: Image.Image) -> str:
        word = self._words.pop(0)
        if isinstance(word, Exception):
            raise word
        return word


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'chatlens.db'}")
    yield opened
    await opened.close()


async def read_all(database: Database, ocr: Ocr, pictures: Pictures | None = None) -> list[str]:
    """What the pictures' rows say when nothing is due any more."""
    readings = Readings(database)
    reader = Reader(Chats(database), readings, pictures or Fetched(), ocr)
    await reader.start()

    async def settled() -> bool:
        return await readings.next(datetime.now(UTC) + timedelta(seconds=1)) is None

    await until(settled, "the readings")
    await reader.stop()
    async with database.reading() as connection:
        rows = await connection.exec_driver_sql(
            "SELECT state, coalesce(text, error, '') FROM readings ORDER BY image_id"
        )
        return [" ".join(row) for row in rows]


async def test_a_chat_that_wants_no_reading_is_read(database: Database) -> None:
    """Its pictures are left out, unless another chat shows them too and wants them read."""
    await Chats(database).choose(GROUP, {"ocr": False}, datetime.now(UTC))
    await indexed(database, post(1), post(2, file="same"), post(2, file="same", chat_id=-5))
    assert await read_all(database, Said("text")) == ["skipped ", "done text"]


async def test_one_bad_picture_is_tried_for_ever(database: Database) -> None:
    """One at which the process dies twice is given up; the others are read, the one that came back too."""
    await indexed(database, post(1), post(2), post(3, file="gone"), post(4, file="late"))
    troubles = {"file-gone": FileGone("It is gone."), "file-late": FileUnreachable("Not now.")}
    said = Said(ReadingFailed(), "two", ReadingFailed())
    assert await read_all(database, said, Fetched(troubles)) == [
        f"failed {ReadingFailed()}",
        "done two",
        "failed It is gone.",
        "pending Not now.",
    ]


def is_halted(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


@pytest.mark.skipif(not CAN_HALT, reason="needs Linux")
async def test_a_picture_is_read_while_somebody_waits() -> None:
    """Reading is halted until the last of those who wait has an answer, and goes on then."""
    ocr = Ocr()
    await ocr.read(WHITE)
    with ocr.held():
        with ocr.held():
            reading = asyncio.create_task(ocr.read(WHITE))
        process = ocr._process
        assert process is not None

        async def halted() -> bool:
            return is_halted(process.pid)

        await until(halted, "the halt")
        assert not reading.done()
    assert await reading == ""
    await ocr.rest()


async def test_a_clock_that_was_set_back_keeps_pictures_unread(database: Database) -> None:
    """What waits for a day that was yesterday's tomorrow is read at the next start."""
    [entry] = await indexed(database, post(1))
    await Readings(database).postpone(entry.image_id, "later", datetime.now(UTC) + timedelta(days=1))
    assert await read_all(database, Said("one")) == ["done one"]


async def test_a_process_that_was_killed_is_not_replaced() -> None:
    """The picture it had in hand fails; the next one is read. At rest there is no process."""
    ocr = Ocr()
    assert await ocr.read(WHITE) == ""
    process = ocr._process
    assert process is not None
    assert os.getpriority(os.PRIO_PROCESS, process.pid) == min(19, os.getpriority(os.PRIO_PROCESS, 0) + 19)
    os.kill(process.pid, signal.SIGSTOP)
    reading = asyncio.create_task(ocr.read(WHITE))
    await asyncio.sleep(0)
    os.kill(process.pid, signal.SIGKILL)
    with pytest.raises(ReadingFailed):
        await reading
    assert await ocr.read(WHITE) == ""
    assert ocr._process is not None
    assert ocr._process.stdin is not None
    ocr._process.stdin.close()  # as when the bot is gone
    assert await ocr._process.wait() == 0
    await ocr.rest()


@pytest.mark.skipif(not ocr_worker._has_russian() or not CYRILLIC.is_file(), reason="needs tesseract and a font")
async def test_cyrillic_is_not_read_though_tesseract_is_there() -> None:
    """What RapidOCR's models do not know goes to tesseract."""
    image = Image.new("RGB", (900, 300), "white")
    ImageDraw.Draw(image).text((50, 100), "Встретимся на вокзале", "black", ImageFont.truetype(CYRILLIC, 60))
    ocr = Ocr()
    assert await ocr.read(image) == "Встретимся на вокзале"
    await ocr.rest()


def test_a_picture_without_text_costs_as_much_as_one_with_text() -> None:
    """Lines are read only where places with text were found."""
    asked: list[bool] = []

    class Result:
        boxes = None

    def engine(image: ocr_worker.Pixels, *, use_rec: bool, **_: object) -> Result:
        asked.append(use_rec)
        return Result()

    assert ocr_worker.read(engine, np.zeros((8, 8, 3), np.uint8)) == ""
    assert asked == [False]
