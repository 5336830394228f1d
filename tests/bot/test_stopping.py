"""SIGTERM ends the bot, whatever it waits for, and in the time that service managers leave it."""

import asyncio
import socket
from contextlib import closing
from pathlib import Path

import pytest

from bot import changeover, control_server, lifecycle, stopping
from bot.application import build
from bot.settings import Settings
from search import indexer
from tests.conftest import Archive, polling
from tests.crash.processes import Bot
from tests.people import PATIENCE, People, jpeg, until
from tests.programs import sandbox

HANGING = {"delay": 3600, "times": 0}


@pytest.mark.usefixtures("loaded_once")
async def test_a_stop_waits_for_what_hangs(
    people: People, settings: Settings, archive: Archive, tmp_path: Path
) -> None:
    """Chroma's server, a download and an answer hang under load: the bot ends in time, and nothing is lost."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Weekend crew", [ann])
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        chroma = f"http://127.0.0.1:{silent.getsockname()[1]}"  # accepts, and never says a word
        assert settings.token is not None
        token = settings.token.get_secret_value()
        bot = Bot(settings.api_url, token, settings.data_dir, tmp_path / "log", chroma_url=chroma, exact_limit="0")
        await bot.start()
        await people.post(chat, ann, photos=[jpeg("red")])
        await archive.settled(indexed=1)
        for method in ("file", "sendPhoto"):
            await people.ask("POST", "/api/faults", json={"method": method, **HANGING})
        await people.post(chat, ann, text="/search red")
        for number in range(20):
            await people.post(chat, ann, photos=[jpeg((number, 90, 90))])

        async def hangs() -> bool:
            calls = await people.ask("GET", "/api/faults")
            return all(fault["hits"] for fault in calls)

        await until(hangs, "a download and an answer that hang")
        async with asyncio.timeout(PATIENCE):
            status = await bot.stop()
        # In order; where the machine is too busy for that, by the bot's own watch, and it says so.
        assert status == 0 or bot.told("did not end in")
    await people.ask("DELETE", "/api/faults")
    async with polling(build(settings)):
        await archive.settled(indexed=21)


@pytest.mark.parametrize("seconds", [0.5, 2.5])
async def test_a_stop_waits_for_the_model(tmp_path: Path, seconds: float) -> None:
    """A bot that is still loading ends at once."""
    with sandbox() as (url, token):
        bot = Bot(url, token, tmp_path / "data", tmp_path / "log")
        await bot.start()
        await asyncio.sleep(seconds)  # a moment of its start, whichever it is
        async with asyncio.timeout(PATIENCE):
            await bot.stop()


def test_the_parts_of_a_stop_take_longer_than_the_whole_may() -> None:
    """In seconds: whoever asked by a command, then the batch in hand beside the answers on their way; a change of the
    model has waited for that batch before."""
    usual = 2 * control_server.STOPPING + max(indexer.STOPPING, lifecycle.ANSWERING)
    changing = changeover.STOPPING + lifecycle.ANSWERING
    assert max(usual, changing) < stopping.PATIENCE < 10
