"""The bot's surroundings fail: a sentence says what to do, nothing is lost, and it goes on when the cause is gone."""

import gc
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import application as bot_application
from bot.settings import Settings
from sandbox.server import Sandbox
from search import clock, retrying
from tests import programs
from tests.bot.test_command_line import run
from tests.conftest import Archive, polling
from tests.people import People, jpeg, picture_key, shown, until
from tests.ports import free_port
from tests.programs import DEMO, ON_ONE_THREAD
from tests.storage.chromas import chroma_server

NOWHERE = {"CHATLENS_TOKEN": "1:x", "CHATLENS_API_URL": "http://127.0.0.1:9"}


def _refused(settings: dict[str, str], *sentence: str) -> None:
    """The bot does not start, says so, and shows no trace."""
    result = run("run", **settings)
    assert result.returncode == 1, result.stderr
    told = " ".join(result.stderr.split())
    assert all(part in told for part in sentence), told
    assert "Traceback" not in told
    assert "1:another" not in told


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)]
    if os.geteuid() or subprocess.run(mounting, check=False, capture_output=True).returncode:  # noqa: S603
        pytest.skip("only root may mount a small disk")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)  # noqa: S603, S607


@pytest.mark.usefixtures("loaded_once")
async def test_a_full_disk_loses_photos(
    people: People, settings: Settings, small_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Photos wait at Telegram, questions are answered; with room again they are indexed, and Chroma is whole."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Weekend crew", [ann])
    here = settings.model_copy(update={"data_dir": small_disk, "exact_limit": 0})
    archive = Archive(small_disk)
    async with polling(bot_application.build(here)):
        [first] = await people.post(chat, ann, photos=[jpeg("red")])
        await archive.settled(indexed=1)
        ballast = small_disk / "ballast"
        _fill(ballast)
        for number in range(40):
            await people.post(chat, ann, photos=[jpeg((number, 90, 90))])

        async def is_told() -> bool:
            return "make room" in caplog.text

        await until(is_told, "the sentence in the log")
        ballast.unlink()
        await archive.settled(indexed=41)
        assert picture_key(first) in shown(await people.asked(chat, ann, "/search red photo"))
    assert archive.rows("PRAGMA integrity_check") == [("ok",)]


def _fill(file: Path) -> None:
    """To the last byte."""
    with file.open("wb", buffering=0) as ballast:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    ballast.write(bytes(size))
            except OSError:
                continue


def test_a_read_only_data_directory_gives_a_trace(small_disk: Path) -> None:
    """What may not be written to is named."""
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)  # noqa: S603, S607
    _refused(NOWHERE | {"CHATLENS_DATA_DIR": str(small_disk)}, "CHATLENS_DATA_DIR")


def test_an_archive_of_a_newer_version_is_written_to(tmp_path: Path) -> None:
    """It is refused with a sentence, and not a byte is changed."""
    file = tmp_path / "chatlens.db"
    with closing(sqlite3.connect(file)) as newer:
        newer.executescript(
            "CREATE TABLE alembic_version (version_num TEXT); INSERT INTO alembic_version VALUES ('9999')"
        )
    before = file.read_bytes()
    _refused(NOWHERE | {"CHATLENS_DATA_DIR": str(tmp_path)}, "schema '9999'", "newer", "nothing was changed")
    with closing(sqlite3.connect(file)) as same:
        assert same.execute("SELECT name FROM sqlite_master").fetchall() == [("alembic_version",)]
    assert len(before) == file.stat().st_size


def test_a_damaged_model_file_gives_a_trace(tmp_path: Path) -> None:
    """Half of the weights, as a download leaves them that was cut off: the sentence names the model."""
    copy = shutil.copytree(DEMO, tmp_path / "model")
    [weights] = copy.glob("*.safetensors")
    os.truncate(weights, weights.stat().st_size // 2)
    with programs.sandbox() as (url, token):
        there = {"CHATLENS_TOKEN": token, "CHATLENS_API_URL": url, "CHATLENS_DATA_DIR": str(tmp_path / "data")}
        _refused(there | ON_ONE_THREAD | {"CHATLENS_MODEL": f"local-dir:{copy}"}, str(copy))


def test_another_bots_token_gives_a_trace(sandbox: Sandbox, tmp_path: Path) -> None:
    """Telegram does not know it: the sentence says where tokens come from, and does not repeat this one."""
    there = {"CHATLENS_TOKEN": "1:another", "CHATLENS_API_URL": sandbox.url, "CHATLENS_DATA_DIR": str(tmp_path)}
    _refused(there | ON_ONE_THREAD, "does not accept the token", "@BotFather")


@pytest.mark.usefixtures("loaded_once")
async def test_a_clock_that_is_set_back_holds_photos_up(
    people: People, settings: Settings, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a running bot nor the next one waits for the hours to pass again."""
    monkeypatch.setattr(retrying, "FIRST_PAUSE", timedelta(milliseconds=200))
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Weekend crew", [ann])
    now = datetime.now(UTC)
    wall = [now]

    class Wall(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return wall[0]

    monkeypatch.setattr(clock, "datetime", Wall)
    wrong = "Bad Request: wrong file_id or the file is temporarily unavailable"
    fault = {"method": "getFile", "status": 400, "description": wrong}
    async with polling(bot_application.build(settings)):
        await people.ask("POST", "/api/faults", json=fault)
        await people.post(chat, ann, photos=[jpeg("red")])
        wall[0] = now - timedelta(hours=5)
        await archive.settled(indexed=1)
    monkeypatch.setattr(retrying, "FIRST_PAUSE", timedelta(hours=1))
    wall[0] = now + timedelta(hours=5)
    async with polling(bot_application.build(settings)):
        await people.ask("POST", "/api/faults", json=fault)
        await people.post(chat, ann, photos=[jpeg("blue")])

        async def is_postponed() -> bool:
            return bool(archive.rows("SELECT 1 FROM photos WHERE attempts = 1 AND state = 'pending'"))

        await until(is_postponed, "the second photo to be postponed")
    wall[0] = now
    async with polling(bot_application.build(settings)):
        await archive.settled(indexed=2)


# chromadb leaves the sockets of its HTTP client to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.usefixtures("loaded_once")
async def test_a_chroma_server_that_is_away_stops_the_start(
    people: People, settings: Settings, archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """Questions are answered exactly until it returns, and from then on by Chroma."""
    monkeypatch.setattr("search.reconcile.PAUSE", 0.2)
    port = free_port()
    there = settings.model_copy(update={"chroma_url": f"http://127.0.0.1:{port}", "exact_limit": 0})
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Weekend crew", [ann])
    async with polling(bot_application.build(there)):
        [red] = await people.post(chat, ann, photos=[jpeg("red")])
        await archive.settled(indexed=1)
        assert shown(await people.asked(chat, ann, "/search red")) == [picture_key(red)]

        async def is_told() -> bool:
            return "Check Chroma's place in the settings" in caplog.text

        await until(is_told, "the log to say what to do")
        caplog.set_level("INFO")
        with chroma_server(tmp_path, port):

            async def is_compared() -> bool:
                return "1 of 1 photos are as the database has them" in caplog.text

            await until(is_compared, "the comparison with the server")
            assert shown(await people.asked(chat, ann, "/search red")) == [picture_key(red)]
    gc.collect()
