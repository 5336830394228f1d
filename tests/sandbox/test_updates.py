"""Updates by long polling. https://core.telegram.org/bots/api#getupdates"""

import asyncio

import pytest
import telegram
from telegram.error import BadRequest, Conflict, InvalidToken

from sandbox.server import Sandbox
from tests.sandbox.people import People


async def test_update_not_confirmed_is_lost(bot: telegram.Bot, people: People) -> None:
    """An update comes again until an offset above it is asked for."""
    ann = await people.person()
    await ann.say("one")
    await ann.say("two")
    first = await bot.get_updates()
    again = await bot.get_updates()
    assert [u.update_id for u in first] == [u.update_id for u in again]
    assert [u.message.text for u in await bot.get_updates(offset=first[0].update_id + 1) if u.message] == ["two"]
    assert await bot.get_updates(offset=first[-1].update_id + 1) == ()


async def test_negative_offset_returns_everything(bot: telegram.Bot, people: People) -> None:
    """A negative offset keeps only the last updates and forgets the others."""
    ann = await people.person()
    for word in ("one", "two", "three"):
        await ann.say(word)
    assert [u.message.text for u in await bot.get_updates(offset=-1) if u.message] == ["three"]
    assert len(await bot.get_updates()) == 1


async def test_long_poll_sleeps_through_an_update(bot: telegram.Bot, people: People) -> None:
    """A poll that waits is answered as soon as something happens."""
    ann = await people.person()
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await people.until_polled()
    await ann.say("hello")
    (update,) = await poll
    assert update.message is not None
    assert update.message.text == "hello"


async def test_short_poll_waits_for_the_timeout(bot: telegram.Bot) -> None:
    """Without a timeout an empty queue is answered at once, and not when python-telegram-bot's patience has ended."""
    assert await bot.get_updates(timeout=0) == ()


async def test_second_poller_steals_updates_silently(bot: telegram.Bot, people: People, sandbox: Sandbox) -> None:
    """The older of two pollers is told with a 409 that another one took over."""
    older = asyncio.create_task(bot.get_updates(timeout=30))
    await people.until_polled()
    async with telegram.Bot(sandbox.token, base_url=sandbox.bot_url) as newer:
        await newer.get_updates(timeout=0)
    with pytest.raises(Conflict, match="terminated by other getUpdates request"):
        await older


async def test_wrong_token_is_served(sandbox: Sandbox) -> None:
    """Another token is answered with 401."""
    stranger = telegram.Bot("123:abc", base_url=sandbox.bot_url)
    with pytest.raises(InvalidToken):
        await stranger.initialize()
    await stranger.shutdown()


async def test_unknown_method_answers_true(people: People, sandbox: Sandbox, bot: telegram.Bot) -> None:
    """A method that does not exist is 404; one that only the real Telegram has says so."""
    response = await people.http.post(f"/bot{sandbox.token}/sendTelepathy")
    assert (response.status_code, response.json()["description"]) == (404, "Not Found: method not found")
    response = await people.http.post(f"/bot{sandbox.token}/sendinvoice")
    assert response.status_code == 501
    assert "sendInvoice" in response.json()["description"]


@pytest.mark.parametrize("name", ["getme", "GETME", "getMe"])
async def test_method_names_are_case_sensitive(people: People, sandbox: Sandbox, name: str) -> None:
    """The case of a method's name does not matter."""
    assert (await people.get(f"/bot{sandbox.token}/{name}"))["result"]["username"] == "sandbox_bot"


async def test_chat_member_updates_come_unasked(bot: telegram.Bot, people: People) -> None:
    """chat_member arrives only after allowed_updates named it; an empty list goes back to the default."""
    ann, bob = await people.person(), await people.person("Bob")
    chat = await people.chat(ann, type="supergroup", bot="administrator")
    await people.post(f"/api/chats/{chat}/members", user_id=bob.id, status="member", by=ann.id)
    updates = await bot.get_updates(allowed_updates=["message", "chat_member"])
    assert not [u for u in updates if u.chat_member]
    await people.post(f"/api/chats/{chat}/members", user_id=bob.id, status="administrator", by=ann.id)
    updates = await bot.get_updates(offset=updates[-1].update_id + 1, allowed_updates=[])
    assert [u.chat_member.new_chat_member.status for u in updates if u.chat_member] == ["administrator"]
    await people.post(f"/api/chats/{chat}/members", user_id=bob.id, status="member", by=ann.id)
    assert await bot.get_updates(offset=updates[-1].update_id + 1) == ()


async def test_updates_are_kept_for_ever(bot: telegram.Bot, people: People) -> None:
    """Telegram forgets updates after 24 hours."""
    ann = await people.person()
    await ann.say("old")
    await people.post("/api/clock", advance=24 * 3600 + 1)
    await ann.say("new")
    assert [u.message.text for u in await bot.get_updates() if u.message] == ["new"]


async def test_empty_message_is_sent(bot: telegram.Bot, people: People) -> None:
    """A message of white space is refused."""
    ann = await people.person()
    await ann.say("hi")
    with pytest.raises(BadRequest, match=r"(?i)message text is empty"):
        await bot.send_message(ann.id, " \n ")


async def test_bot_that_hung_up_is_shown_as_connected(sandbox: Sandbox, people: People) -> None:
    """A poller is connected as long as it waits, and gone as soon as it has hung up."""
    poll = asyncio.create_task(people.http.get(f"/bot{sandbox.token}/getUpdates", params={"timeout": 50}))
    await people.until_polled()
    poll.cancel()
    with pytest.raises(asyncio.CancelledError):
        await poll
    async with asyncio.timeout(20):
        while (await people.get("/api/bot"))["connected"]:  # noqa: ASYNC110 - it happens in another thread
            await asyncio.sleep(0.01)
    (call,) = await people.get("/api/calls", method="getUpdates")
    assert call["status"] == 0
