"""The commands, as a person runs them: in a process of their own."""

import asyncio
import json
import re
import signal
import subprocess
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.__main__ import COMMANDS
from bot.settings import Settings
from sandbox.server import Sandbox
from tests.conftest import Archive
from tests.people import PATIENCE, SELDOM, People, jpeg, picture_key, until
from tests.ports import free_port
from tests.programs import ROOT, environment, same

ARCHIVE = ROOT / "sandbox" / "archive"
MANIFEST = json.loads((ARCHIVE / "manifest.json").read_text(encoding="utf-8"))
SCENES = json.loads((ARCHIVE / "scenes.json").read_text(encoding="utf-8"))


NAMES = [command.__name__.rstrip("_") for command in COMMANDS]


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot", *arguments]
    return subprocess.run(  # noqa: S603 - our own command
        command, cwd=ROOT, env=environment(**settings), capture_output=True, text=True, timeout=120, check=False
    )


def test_help_lists_the_commands() -> None:
    """`python -m bot --help` is where people look first."""
    result = run("--help")
    assert result.returncode == 0
    assert set(NAMES) <= set(result.stdout.split())


def test_a_command_is_missing_in_the_readme() -> None:
    """Each is explained there, by its name."""
    told = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in NAMES if not re.search(rf"(`|bot |bot\n|make |the ){name}\b", told)] == []


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"CHATLENS_PHOTOS_PER_ANSWER": "0"}, "CHATLENS_PHOTOS_PER_ANSWER"),
        ({"CHATLENS_MODEL": "local-dir:/nowhere"}, "open_clip_config.json"),
        ({"CHATLENS_DATA_DIR": "/proc/nowhere"}, "CHATLENS_DATA_DIR"),
        ({"CHATLENS_DATABASE_URL": "mysql://x"}, "sqlite+aiosqlite:"),
    ],
)
def test_a_bot_that_cannot_run_says_why_in_a_sentence(
    settings: dict[str, str], sentence: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    """Exit status 1, what to change, and no trace."""
    usual = {"TOKEN": sandbox.token, "API_URL": sandbox.url, "DATA_DIR": str(tmp_path)}
    result = run("run", **{f"CHATLENS_{name}": value for name, value in usual.items()} | settings)
    assert result.returncode == 1
    assert sentence in result.stderr.replace("\n", " ")
    assert "Traceback" not in result.stderr


def test_a_mistyped_model_is_told_only_once_telegram_answers(tmp_path: Path) -> None:
    """Who sets the bot up without a network yet learns of both."""
    result = run(
        "run",
        CHATLENS_TOKEN="1:x",
        CHATLENS_API_URL="http://127.0.0.1:9",
        CHATLENS_DATA_DIR=str(tmp_path),
        CHATLENS_MODEL="ViT-B-23:openai",
    )
    assert result.returncode == 1
    assert "Did you mean" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_hub_that_cannot_be_reached_names_the_ways_out(sandbox: Sandbox, tmp_path: Path) -> None:
    """The model, the setting, and what can be done offline; never another model in silence."""
    result = run(
        "run",
        CHATLENS_TOKEN=sandbox.token,
        CHATLENS_API_URL=sandbox.url,
        CHATLENS_DATA_DIR=str(tmp_path),
        CHATLENS_MODEL="ViT-B-32-SigLIP2-256:webli",
        HF_HOME=str(tmp_path / "hub"),
        HF_ENDPOINT="http://127.0.0.1:9",
    )
    assert result.returncode == 1
    for part in ("ViT-B-32-SigLIP2-256:webli", "CHATLENS_MODEL", "HF_HOME", "local-dir:"):
        assert part in result.stderr
    assert "Traceback" not in result.stderr


@asynccontextmanager
async def demo(port: int) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "bot", "run", "--port", str(port)],
        cwd=ROOT,
        env=environment(),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_a_newcomer_who_asks_for_pizza_sees_pizza() -> None:
    """`make run` without a token: the page is served, the archive indexed, and the best answers are pizzas."""
    port = free_port()
    async with demo(port) as process, aclosing(People(f"http://127.0.0.1:{port}")) as people:

        async def group() -> int:
            assert process.returncode is None, await process.communicate()
            try:
                chats = await people.ask("GET", "/api/chats")
            except httpx.TransportError:
                return 0
            return int(chats[0]["id"])

        chat = await until(group, "the sandbox")
        members = [m["from"]["id"] for m in await people.messages(chat) if not m["from"]["is_bot"]]

        async def is_indexed() -> bool:
            text = await people.told(chat, members[0], "/stats")
            return "waiting" not in text and "indexed" in text

        async def is_polling() -> bool:
            return bool((await people.ask("GET", "/api/bot"))["connected"])

        await until(is_polling, "the model to be loaded", patience=120)
        await until(is_indexed, "the archive to be indexed", pause=SELDOM)
        answer = await people.asked(chat, members[0], "/search pizza")
        assert len(answer) == 5
        assert "pizza" in await _scene(people, chat, answer[0])
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            await process.wait()
        assert process.returncode == 0


async def _scene(people: People, chat: int, shown_message: dict[str, Any]) -> list[str]:
    """What the archive's own notes say is in the picture that a message shows."""
    key = picture_key(shown_message)
    posted = next(m for m in await people.messages(chat) if m.get("photo") and picture_key(m) == key)
    noted = next(m for m in MANIFEST["messages"] if m.get("file") and _seconds(m["date"]) == posted["date"])
    return [thing["name"] for thing in SCENES[noted["file"]]["things"]]


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())


async def test_a_revoked_token_leaves_the_bot_deaf(
    sandbox: Sandbox, people: People, settings: Settings, archive: Archive
) -> None:
    """It ends with exit status 1 and a sentence, without a trace, and what it had kept is there."""
    ann = await people.person("Ann")
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "bot", "run"],
        cwd=ROOT,
        env=environment(**same(settings)),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        await people.told(ann, ann, "/start")
        await people.post(ann, ann, photos=[jpeg("red")])
        await archive.settled(indexed=1)
        del sandbox.world.bots[sandbox.token]
        _, said = await asyncio.wait_for(process.communicate(), 60)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
    assert process.returncode == 1, said.decode()
    assert "does not accept the token" in said.decode()
    assert "Traceback" not in said.decode()
    assert archive.states() == {"indexed": 1}
