"""SIGTERM ends the bot within ten seconds, whatever it waits for."""

import asyncio
import socket
from contextlib import aclosing, closing
from pathlib import Path

import pytest

from tests.crash.processes import Bot, sandbox
from tests.people import People, jpeg, until

LIMIT = 10


async def test_a_stop_waits_for_what_hangs(tmp_path: Path) -> None:
    """Chroma's server, a download and an answer hang under load: the bot ends in time, and nothing is lost."""
    with sandbox() as (url, token), closing(socket.create_server(("127.0.0.1", 0))) as silent:
        chroma = f"http://127.0.0.1:{silent.getsockname()[1]}"  # accepts, and never says a word
        bot = Bot(url, token, tmp_path / "data", tmp_path / "log", chroma_url=chroma, exact_limit="0")
        async with aclosing(People(url)) as people:
            ann = await people.person("Ann")
            chat = await people.chat("supergroup", "Weekend crew", [ann])
            await bot.start()
            await people.post(chat, ann, photos=[jpeg("red")])
            await _told(people, chat, ann, "1 photo")
            for method in ("file", "sendPhoto"):
                await people.ask("POST", "/api/faults", json={"method": method, "delay": 60, "times": 0})
            await people.post(chat, ann, text="/search red")
            for number in range(20):
                await people.post(chat, ann, photos=[jpeg((number, 90, 90))])

            async def hangs() -> bool:
                calls = await people.ask("GET", "/api/faults")
                return all(fault["hits"] for fault in calls)

            await until(hangs, "a download and an answer that hang")
            async with asyncio.timeout(LIMIT):
                assert await bot.stop() == 0
            await people.ask("DELETE", "/api/faults")
            await bot.start()
            await _told(people, chat, ann, "21 photos")
            async with asyncio.timeout(LIMIT):
                assert await bot.stop() == 0


async def _told(people: People, chat: int, ann: int, what: str) -> None:
    async def is_told() -> bool:
        return what in await people.told(chat, ann, "/stats")

    await until(is_told, what)


@pytest.mark.parametrize("seconds", [0.5, 2.5])
async def test_a_stop_waits_for_the_model(tmp_path: Path, seconds: float) -> None:
    """A bot that is still loading ends at once."""
    with sandbox() as (url, token):
        bot = Bot(url, token, tmp_path / "data", tmp_path / "log")
        await bot.start()
        await asyncio.sleep(seconds)  # a moment of its start, whichever it is
        async with asyncio.timeout(LIMIT):
            await bot.stop()
