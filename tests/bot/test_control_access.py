"""Who reaches the control channel of a bot: those that know its secret, and a bot that knows it too."""

import asyncio
import io
import json
import stat
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from bot import control_connection
from bot.application import build
from bot.control_file import NAME, ControlFile
from bot.errors import BotError, BotNotRunning
from bot.job import listening
from bot.remote import ask, is_running
from bot.retrying import Retry
from bot.settings import Settings
from tests.bot.controlling import Working, controlled, echo, said
from tests.conftest import polling
from tests.people import PATIENCE, People
from tests.ports import free_port


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
