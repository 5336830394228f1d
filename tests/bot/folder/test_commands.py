"""`index` and `search`, as a person runs them."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from bot.__main__ import app
from bot.commands import folder as folder_commands
from bot.commands.terminal import INTERRUPTED
from bot.errors import FolderError
from tests.bot.counting import Counting
from tests.people import jpeg
from tests.programs import ON_ONE_THREAD, ROOT, environment

MANY = 120


def test_a_files_name_gives_the_terminal_no_orders(
    model: Counting, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may put a picture there would write on the operator's screen; a name that is no text ends no search."""
    strange = os.fsdecode(b"a\x1b[31m[red]\xef") + "\u202egpj.jpg"
    (folder / strange).write_bytes(jpeg("red"))
    (folder / f"broken {strange}").write_bytes(b"no picture")
    for screen in ("console", "results"):  # of a width that another test may have chosen
        monkeypatch.setattr(getattr(folder_commands, screen), "width", 300)
    command = CliRunner()
    told = command.invoke(app, ["index", str(folder)], env=ON_ONE_THREAD)
    found = command.invoke(app, ["search", "sort:new n:3", str(folder)], env=ON_ONE_THREAD)
    for output in (told.output, found.output):
        assert "a[31m[red]\\udcefgpj.jpg" in output
        assert not {"\x1b", "\u202e"} & set(output)
    exact = command.invoke(app, ["search", "sort:new n:3", str(folder), "--json"], env=ON_ONE_THREAD)
    assert str(folder / strange) in [one["path"] for one in json.loads(exact.stdout)["found"]]


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """More pictures than are indexed in a moment."""
    root = tmp_path / "many"
    root.mkdir()
    for number in range(MANY):
        Image.new("RGB", (900, 700), (number % 256, number // 2, 90)).save(root / f"{number:03}.png")
    return root


def test_a_stopped_indexing_goes_on_where_it_was(many: Path, model: Counting, tmp_path: Path) -> None:
    """Ctrl-C, then to the end: every picture is there once, and what was done is not done again."""
    with subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "bot", "index", str(many)],
        cwd=ROOT,
        env=environment(**ON_ONE_THREAD),
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
    ended = command.invoke(app, ["index", str(many), "--json"], env=ON_ONE_THREAD)
    told = json.loads(ended.stdout)
    assert (told["indexed"], told["failed"]) == (MANY, 0)
    assert 0 < model.seen <= MANY - 10
    sheet = tmp_path / "found.png"
    found = command.invoke(
        app, ["search", "sort:new n:3", str(many), "--json", "--sheet", str(sheet)], env=ON_ONE_THREAD
    )
    assert len(json.loads(found.stdout)["found"]) == 3
    with Image.open(sheet) as picture:
        assert picture.width > 3 * 240
    shown = command.invoke(app, ["search", str(many), "--like", str(many / "007.png"), "-n", "3"], env=ON_ONE_THREAD)
    assert "008.png" in shown.stdout.replace("\n", "")
    assert isinstance(command.invoke(app, ["search", str(many)], env=ON_ONE_THREAD).exception, FolderError)


def _wait_for_progress(database: Path, pictures: int) -> None:
    """Until more than so many are indexed."""
    for _ in range(6_000):
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as one:
            count = one.execute("SELECT count(*) FROM photos WHERE state = 'indexed'").fetchone()[0]
            if count > pictures:
                return
        time.sleep(0.02)
    raise AssertionError("nothing is indexed")
