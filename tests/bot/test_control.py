"""Commands that a running bot carries out: who may ask, and what becomes of jobs when either side goes away."""

import asyncio
import io
import json
import logging
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console

from bot import control_connection, logs
from bot.application import build
from bot.control import Control
from bot.control_file import NAME, ControlFile
from bot.control_server import MISTAKEN, STOPPED
from bot.errors import BotError, BotNotRunning, DataDirectoryBusy, InvalidSettings
from bot.job import Job, Told, listening
from bot.remote import ask, carry_out, is_running
from bot.retrying import Retry, retry_alone
from bot.settings import Settings
from tests.conftest import Archive, polling
from tests.people import PATIENCE, People, jpeg, until
from tests.ports import free_port

TOO_BIG = {"method": "getFile", "status": 400, "description": "Bad Request: file is too big"}


class Working:
    """A job that never ends by itself, and notes how it does."""

    def __init__(self) -> None:
        self.has_begun = asyncio.Event()
        self.has_ended = asyncio.Event()

    async def __call__(self, arguments: dict[str, Any]) -> AsyncIterator[Told]:
        try:
            yield {"step": "Working", "at": 0}
            self.has_begun.set()
            await asyncio.sleep(3600)
        finally:
            self.has_ended.set()


async def echo(arguments: dict[str, Any]) -> AsyncIterator[Told]:
    yield {"step": "Echo", "at": 1, "of": 1}
    yield {"done": True, "heard": arguments}


@asynccontextmanager
async def controlled(data_dir: Path, **jobs: Job) -> AsyncIterator[Control]:
    control = Control(data_dir)
    for name, job in jobs.items():
        control.offer(name, job)
    await control.start()
    try:
        yield control
    finally:
        await control.stop()


async def said(data_dir: Path, name: str, **arguments: Any) -> list[Told]:
    return [told async for told in ask(data_dir, name, **arguments)]


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


async def test_the_file_of_a_bot_that_was_killed_is_taken_for_a_bot(tmp_path: Path) -> None:
    """Nobody listens there, somebody else does, or another bot: none of them runs here."""
    (tmp_path / "other").mkdir()
    assert not await is_running(tmp_path)
    (tmp_path / NAME).write_text('{"url": "http://127')
    assert not await is_running(tmp_path)
    ControlFile.of(free_port()).write(tmp_path)
    with pytest.raises(BotNotRunning, match="No bot is running"):
        await said(tmp_path, "echo")
    async with await asyncio.start_server(_stranger, "127.0.0.1", 0) as stranger:
        ControlFile.of(stranger.sockets[0].getsockname()[1]).write(tmp_path)
        assert not await is_running(tmp_path)
    async with controlled(tmp_path / "other", echo=echo):
        other = ControlFile.read(tmp_path / "other")
        assert other is not None
        ControlFile(other.url, "its secret before it was killed").write(tmp_path)
        assert not await is_running(tmp_path)
    async with controlled(tmp_path, echo=echo):
        assert await is_running(tmp_path)


async def test_somebody_else_on_the_port_of_a_bot_that_was_killed_plays_the_bot(tmp_path: Path) -> None:
    """Who has seen all that a bot says, calls itself one, and would report a backup that was never made: nobody tells
    it the secret, so it cannot show that it knows it."""
    async with controlled(tmp_path, echo=echo):
        once = ControlFile.read(tmp_path)
        assert once is not None
        earlier = once.proof("an earlier nonce")
    heard = []

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        told = json.dumps({"done": True, "proof": earlier, "bytes": 1, "counts": {"photos": 9_999}}).encode() + b"\n"
        writer.write(b"HTTP/1.1 200 OK\r\nServer: chatlens\r\nContent-Type: application/x-ndjson\r\n")
        writer.write(b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(told), told))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(play, "127.0.0.1", 0) as impostor:
        port = impostor.sockets[0].getsockname()[1]
        ControlFile(f"http://127.0.0.1:{port}", once.secret).write(tmp_path)
        assert not await is_running(tmp_path)
        with pytest.raises(BotNotRunning):
            await said(tmp_path, "backup")
    assert heard
    assert once.secret.encode() not in b"".join(heard)


async def test_idle_connections_take_every_file_descriptor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks nothing is hung up on, and of many all but a few at once; a job that takes long goes on."""
    monkeypatch.setattr(control_connection, "MOST", 6)
    working = Working()
    async with controlled(tmp_path, work=working, echo=echo), listening(ask(tmp_path, "work")) as lines:
        await anext(lines)
        url = ControlFile.read(tmp_path)
        assert url is not None
        port = int(url.url.rpartition(":")[2])
        with monkeypatch.context() as briefly:  # those who do ask may take longer on a busy machine
            briefly.setattr(control_connection, "FIRST_WORD", 0.1)
            idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
            idle[0][1].write(b"POST /echo HTTP/1.1\r\nHost: half a request")
            for reader, writer in idle:
                with suppress(ConnectionError):
                    assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
                writer.close()
        assert [told["heard"] for told in await said(tmp_path, "echo") if "done" in told] == [{}]
        assert not working.has_ended.is_set()


async def _stranger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readline()
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")
    await writer.drain()
    writer.close()


async def test_whoever_does_not_know_the_secret_is_served(tmp_path: Path) -> None:
    """Neither without one nor with a wrong one; the file that has it is its owner's alone."""
    async with controlled(tmp_path, echo=echo):
        assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600
        url, secret = json.loads((tmp_path / NAME).read_text()).values()
        async with httpx.AsyncClient(base_url=url) as client:
            for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": secret}):
                assert (await client.post("/echo", json={}, headers=headers)).status_code == 401
                assert (await client.get("/", headers=headers)).status_code == 401
            assert secret not in (await client.get("/", params={"nonce": "any"})).text
            right = {"Authorization": f"Bearer {secret}"}
            assert (await client.post("/echo", json={}, headers=right)).status_code == 200
            assert (await client.post("/echo", json=[], headers=right)).status_code == 400


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


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    written = io.StringIO()
    logs.set_up("INFO", Console(file=written))
    yield written
    logging.getLogger("uvicorn").setLevel(logging.NOTSET)
    root.handlers[:] = before
    root.setLevel(level)


async def test_the_secret_is_logged(
    settings: Settings, people: People, loaded_once: None, log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither by the bot nor by the command; nor is uvicorn's small talk."""
    async with polling(build(settings)):
        control = ControlFile.read(settings.data_dir)
        assert control is not None
        assert [told async for told in ask(settings.data_dir, Retry.NAME)]
        with pytest.raises(BotError):
            await said(settings.data_dir, "unheard")
    written = log.getvalue() + "".join(capsys.readouterr()) + repr(control)
    assert "Model" in written
    assert settings.token is not None
    for secret in (control.secret, settings.token.get_secret_value(), "Uvicorn", "Started server"):
        assert secret not in written
