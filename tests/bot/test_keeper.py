"""The bot and the process that keeps its Chroma."""

import asyncio
import os
import signal
from contextlib import aclosing, suppress
from pathlib import Path

import psutil
import pytest

from bot.application import build
from bot.settings import Settings
from tests.conftest import Archive, polling
from tests.crash.processes import Bot
from tests.people import PATIENCE, People, jpeg, picture_key, shown, until
from tests.processes import children
from tests.programs import sandbox

KEEPER = "storage.chroma_keeper"


@pytest.mark.own_keepers
@pytest.mark.usefixtures("loaded_once")
async def test_a_keeper_that_is_killed_costs_an_answer(
    people: People, settings: Settings, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Questions go on, another keeper is started, and it gets what it lacks."""
    monkeypatch.setattr("search.reconcile.PAUSE", 0.1)  # where it is killed amid the first comparison
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Weekend crew", [ann])
    async with polling(build(settings.model_copy(update={"exact_limit": 0}))):
        keys = {picture_key((await people.post(chat, ann, photos=[jpeg(colour)]))[0]) for colour in ("red", "blue")}
        await archive.settled(indexed=2)
        await until(_has_keeper, "the keeper to start")
        for pid in children(KEEPER):
            os.kill(pid, signal.SIGKILL)
        keys.add(picture_key((await people.post(chat, ann, photos=[jpeg("green")]))[0]))
        await archive.settled(indexed=3)
        assert set(shown(await people.asked(chat, ann, "/search red"))) == keys
        await until(_has_keeper, "another keeper")
        assert set(shown(await people.asked(chat, ann, "/search red"))) == keys
    assert not children(KEEPER)


async def _has_keeper() -> bool:
    return bool(children(KEEPER))


async def test_a_signal_to_every_process_tears_the_index(tmp_path: Path) -> None:
    """Ctrl-C and service managers end all processes at once: the bot closes its index all the same."""
    with sandbox() as (url, token):
        bot = Bot(url, token, tmp_path / "data", tmp_path / "log", exact_limit="0")
        async with aclosing(People(url)) as people:
            ann = await people.person("Ann")
            chat = await people.chat("supergroup", "Weekend crew", [ann])
            await bot.start()
            await people.post(chat, ann, photos=[jpeg("red")])
            await Archive(tmp_path / "data").settled(indexed=1)
            mark = tmp_path / "data" / "chroma" / "open"

            async def is_open() -> bool:
                return mark.exists()

            await until(is_open, "an index that is open")
            for process in psutil.Process(bot.pid).children(recursive=True):
                for number in (signal.SIGINT, signal.SIGTERM):
                    with suppress(psutil.NoSuchProcess):
                        process.send_signal(number)
            async with asyncio.timeout(PATIENCE):
                assert await bot.stop() == 0

    async def is_closed() -> bool:
        return not mark.exists()

    await until(is_closed, "the index to be closed")
