"""What is sent again, over real connections."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from telegram import Bot
from telegram.error import NetworkError, RetryAfter, TimedOut

from handlers import delivery
from handlers.delivery import delivered, was_not_delivered
from sandbox.server import serve_in_thread
from tests.people import People
from tests.ports import free_port


@asynccontextmanager
async def bot_at(url: str, token: str) -> AsyncIterator[Bot]:
    """A bot that has not asked anything yet: opened lazily, it needs nobody there."""
    bot = Bot(token, base_url=f"{url}/bot")
    for request in bot._request:
        await request.initialize()
    yield bot
    for request in bot._request:
        await request.shutdown()


async def faulty(people: People, **fault: Any) -> None:
    await people.ask("POST", "/api/faults", json={"method": "sendMessage", **fault})


@pytest.mark.parametrize(
    ("fault", "posted"),
    [
        ({"status": 429, "description": "Too Many Requests: retry after 1", "retry_after": 1}, 1),
        ({"drop_after": True}, 1),
        ({"half_body": True}, 1),
        ({"drop": True}, 0),
        ({"status": 502, "description": "Bad Gateway"}, 0),
    ],
    ids=["429", "lost after it was carried out", "half an answer", "lost before", "502"],
)
async def test_a_message_comes_twice(fault: dict[str, Any], posted: int) -> None:
    """Only what certainly was not carried out is sent again: never two of one."""
    with serve_in_thread() as sandbox:
        people = People(sandbox.url)
        ann = await people.person("Ann")
        await people.post(ann, ann, text="/start")
        await faulty(people, **fault)
        async with bot_at(sandbox.url, sandbox.token) as bot:
            try:
                await delivered(ann, lambda chat_id: bot.send_message(chat_id, "once"))
                raised = False
            except NetworkError:
                raised = True
        assert raised is (fault.get("status") != 429)
        said = [message["text"] for message in await people.from_bot(ann)]
        assert said == ["once"] * posted
        await people.aclose()


async def test_a_message_is_lost_while_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused connection carried nothing: the message arrives, once, when somebody listens again."""
    port = free_port()
    attempts: list[int] = []
    with serve_in_thread() as elsewhere:
        token = elsewhere.token

    async with bot_at(f"http://127.0.0.1:{port}", token) as bot:
        with pytest.raises(NetworkError) as refused:
            await bot.send_message(1, "x")
        assert was_not_delivered(refused.value)
        with serve_in_thread(port=port) as sandbox:
            people = People(sandbox.url)
            ann = await people.person("Ann")
            await people.post(ann, ann, text="/start")

            async def send(chat_id: int) -> Any:
                attempts.append(chat_id)
                if len(attempts) < 3:  # as it failed above
                    raise refused.value
                return await bot.send_message(chat_id, "once")

            await delivered(ann, send)
            assert [message["text"] for message in await people.from_bot(ann)] == ["once"]
            await people.aclose()
    assert len(attempts) == 3


def test_a_timeout_is_taken_for_a_refusal() -> None:
    """Nobody knows whether what timed out was carried out; a connection that was never made carried nothing."""
    unknown, unsent = TimedOut(), TimedOut()
    unknown.__cause__ = httpx.ReadTimeout("")
    unsent.__cause__ = httpx.ConnectTimeout("")
    assert not was_not_delivered(unknown)
    assert was_not_delivered(unsent)


async def test_a_long_ban_holds_an_answer_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told to wait longer than anybody waits for an answer, it gives up at once."""
    monkeypatch.setattr(delivery, "PATIENCE", 5.0)
    attempts = 0

    async def send(chat_id: int) -> None:
        nonlocal attempts
        attempts += 1
        raise RetryAfter(3_600)

    with pytest.raises(RetryAfter):
        await delivered(1, send)
    assert attempts == 1
