"""Webhooks when something goes wrong. https://core.telegram.org/bots/api#setwebhook"""

import asyncio
import os

import pytest
import telegram
from starlette.responses import JSONResponse

from sandbox.clock import Clock
from sandbox.methods import table
from sandbox.methods.call import MethodCall
from sandbox.server import Sandbox
from sandbox.updates import KEPT_SECONDS, Update, UpdateQueue
from tests.sandbox.people import People
from tests.sandbox.test_webhooks import BotServer, bot_server

__all__ = ["bot_server"]


async def test_broken_reply_ends_the_webhook(
    bot: telegram.Bot,
    people: People,
    bot_server: BotServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A method that crashes is in the call log with a 500, and the chat's next update is posted."""

    async def crash(_: MethodCall) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setitem(table._BY_LOWER_NAME, "deletemessage", ("deleteMessage", crash))
    ann = await people.person()
    reply = {"method": "deleteMessage", "chat_id": ann.id, "message_id": 1}
    bot_server.answers = [JSONResponse(reply)]
    await bot.set_webhook(bot_server.url)
    await ann.say("one")
    await ann.say("two")
    assert [(await bot_server.next())["message"]["text"] for _ in range(2)] == ["one", "two"]
    (call,) = await people.get("/api/calls", method="deleteMessage")
    assert (call["status"], call["response"]["description"]) == (
        500,
        "Internal Server Error: RuntimeError: on purpose",
    )


async def test_broken_update_ends_the_webhook(
    sandbox: Sandbox,
    bot: telegram.Bot,
    people: People,
    bot_server: BotServer,
) -> None:
    """An update that cannot be rendered is passed over and told, the one behind it is posted."""
    ann = await people.person()
    await bot.set_webhook(bot_server.url)

    def broken() -> dict[str, object]:
        raise ValueError("on purpose")

    sandbox.world.bot.updates._pending.append(Update(1, "message", broken, sandbox.world.clock.now(), ann.id))
    await ann.say("behind it")
    assert (await bot_server.next())["message"]["text"] == "behind it"
    while (info := await bot.get_webhook_info()).pending_update_count:  # until the last answer has come back
        continue
    assert info.last_error_message == "ValueError: on purpose"


@pytest.mark.parametrize("method", ["deleteWebhook", "setWebhook", "close", "logOut"])
async def test_reply_stops_its_own_delivery(
    bot: telegram.Bot,
    people: People,
    bot_server: BotServer,
    method: str,
) -> None:
    """What would end the delivery is not carried out as its reply."""
    bot_server.answers = [JSONResponse({"method": method, "url": bot_server.url})]
    await bot.set_webhook(bot_server.url)
    ann = await people.person()
    await ann.say("one")
    await ann.say("two")
    assert [(await bot_server.next())["message"]["text"] for _ in range(2)] == ["one", "two"]
    assert len(await people.get("/api/calls", method=method)) == (method == "setWebhook")


async def test_proxy_of_the_environment_swallows_local_webhooks(
    bot: telegram.Bot,
    people: People,
    bot_server: BotServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Updates go to the bot's server itself whatever HTTP_PROXY says."""
    monkeypatch.setitem(os.environ, "HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setitem(os.environ, "NO_PROXY", "")
    assert await bot.set_webhook(bot_server.url)
    ann = await people.person()
    await ann.say("straight")
    assert (await bot_server.next())["message"]["text"] == "straight"


async def test_two_webhooks_post_at_once(
    sandbox: Sandbox,
    bot: telegram.Bot,
    people: People,
    bot_server: BotServer,
) -> None:
    """Of two setWebhook at once one wins: every update is posted once, and deleteWebhook ends it all."""
    await asyncio.gather(*(bot.set_webhook(bot_server.url) for _ in range(8)))
    ann = await people.person()
    for word in ("one", "two", "three"):
        await ann.say(word)
    assert [(await bot_server.next())["message"]["text"] for _ in range(3)] == ["one", "two", "three"]
    while (await bot.get_webhook_info()).pending_update_count:  # until the last answer has come back
        continue
    await bot.delete_webhook()
    assert sandbox.world.bot.updates.on_put is None
    await ann.say("four")
    assert [u.message.text for u in await bot.get_updates() if u.message] == ["four"]
    assert bot_server.received.empty()


async def test_dead_webhook_mixes_up_what_waits(bot: telegram.Bot, people: People) -> None:
    """What waits behind a dead webhook comes back in order, chats mixed as they wrote."""
    await bot.set_webhook("http://127.0.0.1:9/nobody")
    ann, bob = await people.person(), await people.person("Bob")
    words = [f"{who.id} {n}" for n in range(5) for who in (ann, bob)]
    for word in words:
        await (ann if word.startswith(str(ann.id)) else bob).say(word)
    assert (await bot.get_webhook_info()).pending_update_count == len(words)
    assert (await people.get("/api/bot"))["pending_update_count"] == len(words)
    await bot.delete_webhook()
    assert [u.message.text for u in await bot.get_updates() if u.message] == words


def test_updates_of_a_bot_nobody_polls_pile_up() -> None:
    """A new update drives out those that are older than a day."""
    clock = Clock()
    updates = UpdateQueue(clock)
    updates.put("message", {})
    clock.advance(KEPT_SECONDS + 1)
    updates.put("message", {"message_id": 2})
    assert [update.payload for update in updates._pending] == [{"message_id": 2}]
