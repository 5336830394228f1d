"""A folder of pictures: indexed and searched without Telegram, with the demo model."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image
from typer.testing import CliRunner

from bot import loading
from bot.__main__ import app
from bot.commands import folder as folder_commands
from bot.commands.terminal import INTERRUPTED
from bot.errors import DataDirectoryBusy, FolderError
from bot.folder.indexing import index_folder
from bot.folder.opening import Place
from bot.folder.searching import Asked, Found, search_folder
from bot.folder.sheet import contact_sheet
from bot.settings import Settings
from search.clip import ClipEmbedder
from search.errors import FileGone
from search.folder import Folder
from search.verdict import Verdict
from tests.bot.test_command_line import ARCHIVE, ROOT, environment
from tests.conftest import DEMO
from tests.people import jpeg

PICTURES = sorted((ARCHIVE / "pictures").iterdir())[:24]
PIZZA = "001-friday-pizza.webp"


class Counting:
    """The demo model, and how many pictures it has been shown."""

    def __init__(self, embedder: ClipEmbedder) -> None:
        self._embedder = embedder
        self.model_id = embedder.model_id
        self.seen = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)

    def embed_images(self, batch: Any) -> Any:
        self.seen += len(batch)
        return self._embedder.embed_images(batch)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch, embedder: ClipEmbedder) -> Counting:
    """What every command loads."""
    counting = Counting(embedder)
    monkeypatch.setattr(loading, "load_model", lambda settings: counting)
    return counting


@pytest.fixture
def settings() -> Settings:
    """Without a token."""
    return Settings(_env_file=None, model=f"local-dir:{DEMO}", device="cpu", threads=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Some pictures, one of them in a folder of its own."""
    root = tmp_path / "pictures"
    (root / "food").mkdir(parents=True)
    for picture in PICTURES:
        shutil.copy(picture, root / ("food" if picture.name == PIZZA else "") / picture.name)
    return root


async def indexed(settings: Settings, place: Place) -> dict[str, Any]:
    """What the job says at its end."""
    last: dict[str, Any] = {}
    async for told in index_folder(settings, place):
        last = told
    return last


async def names(settings: Settings, place: Place, words: str = "", **asked: Any) -> list[str]:
    """The names of the pictures found."""
    return [one.path.name for one in (await search_folder(settings, place, Asked(words, **asked))).found]


async def test_pictures_of_a_folder_are_found_by_words_and_by_likeness(
    model: Counting, settings: Settings, folder: Path
) -> None:
    """The same engine: words, minus words, numbers, a picture that is no answer to itself, and the exact path."""
    place = Place.of(folder, None)
    told = await indexed(settings, place)
    assert (told["indexed"], told["new"], told["failed"], model.seen) == (24, 24, 0, 24)
    answer = await search_folder(settings, place, Asked("pizza"))
    assert (answer.verdict, answer.found[0].path) == (Verdict.SURE, folder / "food" / PIZZA)
    assert len(await names(settings, place, "pizza -cheese n:3")) == 3
    alike = await names(settings, place, like=folder / "food" / PIZZA)
    assert len(alike) == 10
    assert PIZZA not in alike
    stranger = await search_folder(settings, place, Asked("qwxzjk"))
    assert (stranger.verdict, list(stranger.found)) == (Verdict.NOTHING, [])


async def test_what_did_not_change_is_not_embedded_again(model: Counting, settings: Settings, folder: Path) -> None:
    """A touched file, a renamed one and a copy cost no embedding; a changed one does; a deleted one is not found."""
    place = Place.of(folder, None)
    await indexed(settings, place)
    first, second, third, fourth, *_ = (folder / picture.name for picture in PICTURES[1:])
    os.utime(first)
    second.rename(folder / "food" / "renamed.webp")
    shutil.copy(first, folder / "copy.webp")
    third.unlink()
    fourth.write_bytes(PICTURES[-1].read_bytes() + b"\0")
    told = await indexed(settings, place)
    counted = {kind: told[kind] for kind in ("indexed", "new", "changed", "renamed", "gone", "failed")}
    assert counted == {"indexed": 24, "new": 1, "changed": 1, "renamed": 1, "gone": 1, "failed": 0}
    assert model.seen == 25
    everything = await names(settings, place, "sort:new", count=100)
    assert {"renamed.webp"} < set(everything)
    assert third.name not in everything
    assert (await indexed(settings, place))["new"] == 0
    assert model.seen == 25


async def test_broken_pictures_are_named_and_passed_over(model: Counting, settings: Settings, folder: Path) -> None:
    """With the reason for each; one that is mended is indexed the next time."""
    (folder / "broken.jpg").write_bytes(b"no picture")
    (folder / "empty.png").touch()
    (folder / os.fsdecode(b"na\xefve.jpg")).write_bytes(jpeg("red"))
    place = Place.of(folder, None)
    told = await indexed(settings, place)
    assert (told["indexed"], told["failed"]) == (25, 2)
    assert {Path(one["path"]).name for one in told["unreadable"]} == {"broken.jpg", "empty.png"}
    assert all(one["why"] for one in told["unreadable"])
    (folder / "broken.jpg").write_bytes(jpeg("blue"))
    again = await indexed(settings, place)
    assert (again["indexed"], again["failed"]) == (26, 1)


async def test_what_is_no_file_is_passed_over(model: Counting, settings: Settings, folder: Path) -> None:
    """A pipe that nobody writes to, a device that never ends, a folder with a picture's name, and what took the place
    of a file since it was found: nothing hangs, nothing fills the memory."""
    os.mkfifo(folder / "pipe.png")
    (folder / "endless.jpg").symlink_to("/dev/zero")
    (folder / "folder.png").mkdir()
    place = Place.of(folder, None)
    told = await indexed(settings, place)
    assert (told["indexed"], told["failed"]) == (24, 0)
    for name in ("pipe.png", "endless.jpg", "folder.png"):
        with pytest.raises(FolderError, match=r"to its end|directory"):
            await names(settings, place, like=folder / name)
    with pytest.raises(FileGone, match="at most"):
        await Folder(folder, max_bytes=100).fetch(PICTURES[1].name)


def test_a_files_name_gives_the_terminal_no_orders(
    model: Counting, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may put a picture there would write on the operator's screen; a name that is no text ends no search."""
    strange = os.fsdecode(b"a\x1b[31m[red]\xef") + "\u202egpj.jpg"
    (folder / strange).write_bytes(jpeg("red"))
    (folder / f"broken {strange}").write_bytes(b"no picture")
    environ = {"CHATLENS_MODEL": f"local-dir:{DEMO}", "CHATLENS_THREADS": "1"}
    for screen in ("console", "results"):  # of a width that another test may have chosen
        monkeypatch.setattr(getattr(folder_commands, screen), "width", 300)
    command = CliRunner()
    told = command.invoke(app, ["index", str(folder)], env=environ)
    found = command.invoke(app, ["search", "sort:new n:3", str(folder)], env=environ)
    for output in (told.output, found.output):
        assert "a[31m[red]\\udcefgpj.jpg" in output
        assert not {"\x1b", "\u202e"} & set(output)
    exact = command.invoke(app, ["search", "sort:new n:3", str(folder), "--json"], env=environ)
    assert str(folder / strange) in [one["path"] for one in json.loads(exact.stdout)["found"]]


async def test_dates_are_the_cameras_or_the_files(model: Counting, settings: Settings, tmp_path: Path) -> None:
    """after:, before: and sort: ask when a picture was taken, and when its file changed where it does not say."""
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2019:05:04 12:00:00"
    Image.new("RGB", (300, 300), "red").save(tmp_path / "taken.jpg", exif=exif)
    (tmp_path / "plain.jpg").write_bytes(jpeg("blue"))
    moment = datetime(2021, 3, 1, tzinfo=UTC).timestamp()
    os.utime(tmp_path / "plain.jpg", (moment, moment))
    place = Place.of(tmp_path, None)
    await indexed(settings, place)
    assert await names(settings, place, "before:2020") == ["taken.jpg"]
    assert await names(settings, place, "after:2020") == ["plain.jpg"]
    assert await names(settings, place, "sort:old") == ["taken.jpg", "plain.jpg"]


async def test_what_cannot_be_answered_is_said_in_a_sentence(
    model: Counting, settings: Settings, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No index, no words, no senders, another folder's index, another model's index, a disk that is gone."""
    place = Place.of(folder, tmp_path / "elsewhere")
    with pytest.raises(FolderError, match="no index"):
        await search_folder(settings, place, Asked("pizza"))
    await indexed(settings, place)
    assert not (folder / ".chatlens").exists()
    with pytest.raises(FolderError, match="What should I look for"):
        await search_folder(settings, place, Asked())
    with pytest.raises(FolderError, match="no senders"):
        await search_folder(settings, place, Asked("pizza from:@ann"))
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(FolderError, match=r"is the index of .*pictures"):
        await search_folder(settings, Place.of(other, tmp_path / "elsewhere"), Asked("pizza"))
    with _emptied(folder), pytest.raises(FolderError, match="not mounted"):
        await indexed(settings, place)
    assert (await indexed(settings, place))["new"] == 0
    monkeypatch.setattr(model, "model_id", "another")
    with pytest.raises(FolderError, match="CHATLENS_MODEL"):
        await search_folder(settings, place, Asked("pizza"))


async def test_a_search_does_not_wait_for_the_indexing(model: Counting, settings: Settings, folder: Path) -> None:
    """What is indexed so far is found; a second indexing is refused."""
    place = Place.of(folder, None)
    await indexed(settings, place)
    telling = index_folder(settings, place)
    await anext(telling)
    assert await names(settings, place, "pizza")
    with pytest.raises(DataDirectoryBusy, match="being indexed"):
        await indexed(settings, place)
    await telling.aclose()


def test_a_contact_sheet_has_a_place_for_every_picture(tmp_path: Path) -> None:
    """Also for one that is gone, and under a name of any script."""
    now = datetime.now(UTC)
    sheet = contact_sheet(
        [Found(tmp_path / name, 0.5, now, 1, preview) for name, preview in (("猫.jpg", jpeg("red")), ("b.jpg", b""))]
    )
    assert sheet.width > sheet.height
    assert sheet.getpixel((132, 132)) == pytest.approx((254, 0, 0), abs=3)


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """More pictures than are indexed in a moment."""
    root = tmp_path / "many"
    root.mkdir()
    for number in range(300):
        Image.new("RGB", (900, 700), (number % 256, number // 2, 90)).save(root / f"{number:03}.png")
    return root


def test_a_stopped_indexing_goes_on_where_it_was(many: Path, model: Counting, tmp_path: Path) -> None:
    """Ctrl-C, then to the end: every picture is there once, and what was done is not done again."""
    environ = {"CHATLENS_MODEL": f"local-dir:{DEMO}", "CHATLENS_THREADS": "1", "CHATLENS_DEVICE": "cpu"}
    with subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "bot", "index", str(many)],
        cwd=ROOT,
        env=environment(**environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        _wait_for_progress(many / ".chatlens" / "index.db", 10)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED, said
    assert "goes on from there" in said
    command = CliRunner()
    ended = command.invoke(app, ["index", str(many), "--json"], env=environ)
    told = json.loads(ended.stdout)
    assert (told["indexed"], told["failed"]) == (300, 0)
    assert 0 < model.seen <= 290
    sheet = tmp_path / "found.png"
    found = command.invoke(app, ["search", "sort:new n:3", str(many), "--json", "--sheet", str(sheet)], env=environ)
    assert len(json.loads(found.stdout)["found"]) == 3
    with Image.open(sheet) as picture:
        assert picture.width > 3 * 240
    shown = command.invoke(app, ["search", str(many), "--like", str(many / "007.png"), "-n", "3"], env=environ)
    assert "008.png" in shown.stdout.replace("\n", "")
    assert isinstance(command.invoke(app, ["search", str(many)], env=environ).exception, FolderError)


@contextmanager
def _emptied(folder: Path) -> Iterator[None]:
    """As if its disk were not there."""
    away = folder.rename(folder.with_name("away"))
    folder.mkdir()
    yield
    folder.rmdir()
    away.rename(folder)


def _wait_for_progress(database: Path, pictures: int) -> None:
    """Until more than so many are indexed."""
    for _ in range(6_000):
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as one:
            count = one.execute("SELECT count(*) FROM photos WHERE state = 'indexed'").fetchone()[0]
            if count > pictures:
                return
        time.sleep(0.02)
    raise AssertionError("nothing is indexed")
