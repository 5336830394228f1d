"""Updates posted to the bot's own server. https://core.telegram.org/bots/api#setwebhook"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import telegram
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from telegram.error import BadRequest, Conflict
from telegram.ext import Application, ContextTypes, MessageHandler, filters

from sandbox.server import Sandbox, bind
from sandbox.webhook import SECRET_HEADER
from tests.ports import free_port
from tests.sandbox.people import People
from tests.sandbox.spec import Violations


class BotServer:
    """A bot's own HTTP server: keeps what it is sent, answers as told."""

    def __init__(self) -> None:
        self.received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.secrets: list[str | None] = []
        self.answers: list[Response] = []
        self.url = ""
        self.violations = Violations()

    async def take(self, request: Request) -> Response:
        """Takes an update."""
        update = await request.json()
        self.violations.update(update)
        self.secrets.append(request.headers.get(SECRET_HEADER))
        self.received.put_nowait(update)
        return self.answers.pop(0) if self.answers else Response()

    async def next(self) -> dict[str, Any]:
        """The next update."""
        return await asyncio.wait_for(self.received.get(), 20)


@pytest.fixture
async def bot_server() -> AsyncIterator[BotServer]:
    """A server whose violations of the spec fail the test."""
    server = BotServer()
    async with serving(Starlette(routes=[Route("/hook", server.take, methods=["POST"])])) as url:
        server.url = f"{url}/hook"
        yield server
    assert not server.violations.found


@asynccontextmanager
async def serving(app: Starlette) -> AsyncIterator[str]:
    """An ASGI application on a free port."""
    listening = bind("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    server.capture_signals = _ignore_signals  # type: ignore[method-assign,assignment]
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        listening.close()


class _ignore_signals:  # noqa: N801 - stands in for a function
    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


async def test_webhook_gets_no_secret(bot: telegram.Bot, people: People, bot_server: BotServer) -> None:
    """Updates are posted with the secret header; deliveries leave nothing pending."""
    ann = await people.person()
    await ann.say("before")
    assert await bot.set_webhook(bot_server.url, secret_token="s-3_cret")
    await ann.say("after")
    assert [(await bot_server.next())["message"]["text"] for _ in range(2)] == ["before", "after"]
    assert bot_server.secrets == ["s-3_cret", "s-3_cret"]
    info = await bot.get_webhook_info()
    assert (info.url, info.max_connections) == (bot_server.url, 40)


async def test_failed_delivery_is_lost(bot: telegram.Bot, people: People, bot_server: BotServer) -> None:
    """An update that the bot's server refuses comes again, in order, and the reason is told."""
    await people.patch("/api/settings", webhook_retry_seconds=0.01)
    bot_server.answers = [Response(status_code=500), Response(status_code=502)]
    await bot.set_webhook(bot_server.url)
    ann = await people.person()
    await ann.say("one")
    await ann.say("two")
    assert [(await bot_server.next())["message"]["text"] for _ in range(4)] == ["one", "one", "one", "two"]
    info = await bot.get_webhook_info()
    assert info.last_error_message == "Wrong response from the webhook: 502 Bad Gateway"


async def test_update_vanishes_with_a_webhook_that_never_answered(bot: telegram.Bot, people: People) -> None:
    """What a webhook did not take waits for getUpdates once the webhook is gone."""
    await bot.set_webhook("http://127.0.0.1:9/nobody")
    ann = await people.person()
    await ann.say("hello")
    assert (await bot.get_webhook_info()).pending_update_count == 1
    with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active"):
        await bot.get_updates()
    await bot.delete_webhook()
    assert [u.message.text for u in await bot.get_updates() if u.message] == ["hello"]


async def test_poll_goes_on_beside_a_webhook(bot: telegram.Bot, people: People, bot_server: BotServer) -> None:
    """Setting a webhook ends the poll under way with 409."""
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await people.until_polled()
    await bot.set_webhook(bot_server.url)
    with pytest.raises(Conflict, match="terminated by setWebhook request"):
        await poll


async def test_reply_to_a_webhook_is_ignored(bot: telegram.Bot, people: People, bot_server: BotServer) -> None:
    """A reply may be a call, in any of the forms a request can have."""
    ann = await people.person()
    body = {"method": "sendMessage", "chat_id": ann.id, "text": "as JSON"}
    form = f"method=sendMessage&chat_id={ann.id}&text=as+form"
    kind = "application/x-www-form-urlencoded"
    bot_server.answers = [JSONResponse(body), Response(form, media_type=kind), Response("ok")]
    await bot.set_webhook(bot_server.url)
    for word in ("one", "two", "three"):
        await ann.say(word)
        await bot_server.next()
    await people.until(ann.id, 5)
    assert {m["text"] for m in await people.messages(ann.id)} == {"one", "two", "three", "as JSON", "as form"}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"url": "ftp://127.0.0.1/"}, "An HTTPS URL must be provided"),
        ({"url": "http://[x"}, "An HTTPS URL must be provided"),
        ({"url": "http://127.0.0.1/", "secret_token": "a b"}, "unallowed characters"),
    ],
)
async def test_odd_webhook_is_set(bot: telegram.Bot, arguments: dict[str, Any], reason: str) -> None:
    """Addresses and secrets that Telegram does not take are refused."""
    with pytest.raises(BadRequest, match=f"(?i){reason}"):
        await bot.set_webhook(**arguments)


async def test_dropped_updates_come_back(bot: telegram.Bot, people: People, bot_server: BotServer) -> None:
    """drop_pending_updates forgets what waited."""
    ann = await people.person()
    await ann.say("old")
    await bot.set_webhook(bot_server.url, drop_pending_updates=True, allowed_updates=["message"])
    await ann.say("new")
    assert (await bot_server.next())["message"]["text"] == "new"
    assert (await bot.get_webhook_info()).allowed_updates == ("message",)


async def test_real_application_does_not_understand_the_webhook(sandbox: Sandbox, people: People) -> None:
    """python-telegram-bot's own webhook server takes the sandbox's posts, secret and all."""
    handled: asyncio.Queue[str] = asyncio.Queue()

    async def keep(update: telegram.Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.message is not None
        await handled.put(update.message.text or "")

    builder = Application.builder().token(sandbox.token).base_url(sandbox.bot_url).base_file_url(sandbox.file_url)
    application = builder.build()
    application.add_handler(MessageHandler(filters.ALL, keep))
    port = free_port()
    async with application:
        assert application.updater is not None
        await application.start()
        address = f"http://127.0.0.1:{port}/hook"
        await application.updater.start_webhook("127.0.0.1", port, "hook", webhook_url=address, secret_token="x")
        ann = await people.person()
        await ann.say("hello")
        assert await asyncio.wait_for(handled.get(), 20) == "hello"
        await application.updater.stop()
        await application.bot.delete_webhook()
        await application.stop()
