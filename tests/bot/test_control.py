"""Commands that a running bot carries out, and what becomes of jobs when either side goes away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bot.application import build
from bot.control import Control
from bot.control_file import NAME, ControlFile
from bot.control_server import MISTAKEN, STOPPED
from bot.errors import BotError, DataDirectoryBusy, InvalidSettings
from bot.job import Job, Told, listening
from bot.remote import ask, carry_out, is_running
from bot.retrying import Retry, retry_alone
from bot.settings import Settings
from tests.bot.controlling import Working, controlled, echo, said
from tests.conftest import Archive, polling
from tests.people import PATIENCE, People, jpeg, until

TOO_BIG = {"method": "getFile", "status": 400, "description": "Bad Request: file is too big"}


async def test_what_a_job_says_arrives_as_it_says_it(tmp_path: Path) -> None:
    """Arguments there, progress and outcome back, in any script."""
    async with controlled(tmp_path, echo=echo):
        assert await is_running(tmp_path)
        assert await said(tmp_path, "echo", chat="Плов", number=1) == [
            {"step": "Echo", "at": 1, "of": 1},
            {"done": True, "heard": {"chat": "Плов", "number": 1}},
        ]
    assert not await is_running(tmp_path)
    assert ControlFile.read(tmp_path) is None


async def test_a_job_outlives_whoever_asked_for_it(tmp_path: Path) -> None:
    """A command that is ended takes its job along, also one that has nothing to say just then."""
    working = Working()
    async with controlled(tmp_path, work=working):
        async with listening(ask(tmp_path, "work")) as lines:
            assert await anext(lines) == {"step": "Working", "at": 0}
            await working.has_begun.wait()
        await asyncio.wait_for(working.has_ended.wait(), PATIENCE)


async def test_a_bot_that_stops_waits_for_its_jobs(tmp_path: Path) -> None:
    """They are cancelled, whoever asked is told, and no task is left."""
    before = asyncio.all_tasks()
    working = Working()
    async with controlled(tmp_path, work=working) as control:
        async with listening(ask(tmp_path, "work")) as lines:
            await anext(lines)
            await working.has_begun.wait()
            stopping = asyncio.create_task(control.stop())
            with pytest.raises(BotError, match=STOPPED):
                await anext(lines)
        await asyncio.wait_for(stopping, PATIENCE)
        assert working.has_ended.is_set()

    async def is_alone() -> bool:
        return asyncio.all_tasks() == before

    await until(is_alone, "the tasks of connections that are being closed")


async def test_a_bot_that_stops_waits_for_a_job_that_does_not_end(tmp_path: Path) -> None:
    """What a thread has in hand may take long: it is left behind."""
    has_begun, may_end = asyncio.Event(), asyncio.Event()

    async def stubborn(arguments: dict[str, Any]) -> AsyncIterator[Told]:
        yield {"step": "Working", "at": 0}
        has_begun.set()
        while not may_end.is_set():
            with suppress(asyncio.CancelledError):
                await may_end.wait()

    async with controlled(tmp_path, work=stubborn) as control:
        asking = asyncio.create_task(said(tmp_path, "work"))
        await has_begun.wait()
        await asyncio.wait_for(control.stop(), PATIENCE)
        may_end.set()
        await asyncio.gather(asking, return_exceptions=True)


async def test_what_went_wrong_is_told_as_a_trace(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A sentence for people passes through; a mistake of ours is in the log, and said to be there."""

    async def refuse(arguments: dict[str, Any]) -> AsyncIterator[Told]:
        yield {"step": "Trying", "at": 0}
        raise InvalidSettings("There is no such chat. Name one of these.")

    async def break_down(arguments: dict[str, Any]) -> AsyncIterator[Told]:
        yield {"step": "Trying", "at": 1 // arguments["by"]}

    async with controlled(tmp_path, refuse=refuse, breaks=break_down):
        with pytest.raises(BotError, match=r"^There is no such chat. Name one of these.$"):
            await said(tmp_path, "refuse")
        with pytest.raises(BotError, match=MISTAKEN):
            await said(tmp_path, "breaks", by=0)
        with pytest.raises(BotError, match="does not know how to unheard"):
            await said(tmp_path, "unheard")
    assert "ZeroDivisionError" in caplog.text


async def test_a_command_reaches_the_bot_of_another_directory(tmp_path: Path) -> None:
    """Two bots, two directories: each does its own."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()

    def named(name: str) -> Job:
        async def tell(arguments: dict[str, Any]) -> AsyncIterator[Told]:
            yield {"done": True, "who": name}

        return tell

    async with controlled(first, who=named("first")), controlled(second, who=named("second")):
        assert [told["who"] for told in await said(first, "who") + await said(second, "who")] == ["first", "second"]


async def test_a_bot_without_a_place_to_listen_does_not_run(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It cannot write its file: that is logged, and chats are answered all the same."""
    control = Control(tmp_path / "missing")
    await control.start()
    assert "Commands cannot reach this bot" in caplog.text
    await control.stop()


async def test_a_running_bot_is_stopped_for_a_command(
    people: People, settings: Settings, archive: Archive, loaded_once: None
) -> None:
    """`retry` is done by the bot that runs, at once, and without one by the command itself; never by two."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Weekend crew", [ann])

    def work() -> AsyncIterator[Told]:
        return carry_out(settings.data_dir, Retry.NAME, lambda: retry_alone(settings))

    application = build(settings)
    async with polling(application):
        await people.ask("POST", "/api/faults", json=TOO_BIG)
        await people.post(chat, ann, photos=[jpeg("red")])
        await archive.settled(failed=1)
        with pytest.raises(DataDirectoryBusy):
            async with retry_alone(settings):
                pass
        assert [told async for told in work()] == [{"done": True, "photos": 1}]
        await archive.settled(indexed=1)
    assert not (settings.data_dir / NAME).exists()
    assert [told async for told in work()] == [{"done": True, "photos": 0}]
