"""Whose message it is, and what may still be done to it."""

import asyncio

import pytest
import telegram
from telegram.error import BadRequest

from sandbox.server import Sandbox
from tests.sandbox.people import People

BUTTON = telegram.InlineKeyboardMarkup([[telegram.InlineKeyboardButton("More", callback_data="more")]])


async def test_bot_hears_its_own_channel_post(bot: telegram.Bot, people: People, sandbox: Sandbox) -> None:
    """No bot hears what a bot posts in a channel; the poster may edit and delete it without any other right."""
    ann = await people.person()
    channel = await people.chat(ann, type="channel")
    other = await people.post("/api/bots", name="Other", username="other_bot")
    await people.post(f"/api/chats/{channel}/members", user_id=other["user"]["id"], status="administrator", by=ann.id)
    denied = ["can_edit_messages", "can_delete_messages"]
    await people.post(f"/api/chats/{channel}/members", user_id="bot", status="administrator", denied=denied)
    sent = await bot.send_message(channel, "mine")
    posted = (await ann.say("Ann's", channel))["message_id"]
    async with telegram.Bot(other["token"], base_url=sandbox.bot_url) as second:
        for listener in (bot, second):
            posts = [u.channel_post for u in await listener.get_updates() if u.channel_post]
            assert [p.text for p in posts if p.text] == ["Ann's"]
    assert await bot.edit_message_text("mine, edited", channel, sent.message_id)
    assert await bot.delete_message(channel, sent.message_id)
    with pytest.raises(BadRequest, match=r"(?i)message can't be edited"):
        await bot.edit_message_text("Bob's", channel, posted)


async def test_bot_is_told_of_its_own_title(bot: telegram.Bot, people: People) -> None:
    """The service message of a bot's own change in a channel is no news to it."""
    ann = await people.person()
    channel = await people.chat(ann, type="channel")
    await bot.get_updates(offset=-1)
    await bot.set_chat_title(channel, "News")
    assert [u for u in await bot.get_updates() if u.channel_post and u.channel_post.new_chat_title] == []


async def test_other_bots_button_goes_to_the_first_bot(bot: telegram.Bot, people: People, sandbox: Sandbox) -> None:
    """A button under a channel post is the poster's."""
    ann = await people.person()
    channel = await people.chat(ann, type="channel")
    other = await people.post("/api/bots", name="Other", username="other_bot")
    await people.post(f"/api/chats/{channel}/members", user_id=other["user"]["id"], status="administrator", by=ann.id)
    async with telegram.Bot(other["token"], base_url=sandbox.bot_url) as second:
        await second.send_message(channel, "press", reply_markup=BUTTON)
        pressed = asyncio.create_task(ann.press((await people.messages(channel))[-1], "more"))
        query = None
        while query is None:
            query = next((u.callback_query for u in await second.get_updates(timeout=5) if u.callback_query), None)
        await second.answer_callback_query(query.id, "second's")
        assert (await pressed)["text"] == "second's"


async def test_edit_brings_a_deleted_inline_message_back(bot: telegram.Bot, people: People, sandbox: Sandbox) -> None:
    """A message sent through a bot and deleted since cannot be edited, and is forgotten."""
    ann = await people.person()
    await ann.say("/start")
    asked = asyncio.create_task(people.post("/api/inline", chat_id=ann.id, user_id=ann.id, query="x"))
    query = None
    while query is None:
        query = next((u.inline_query for u in await bot.get_updates(timeout=5) if u.inline_query), None)
    content = telegram.InputTextMessageContent("text")
    await bot.answer_inline_query(
        query.id, [telegram.InlineQueryResultArticle("a", "Article", content, reply_markup=BUTTON)]
    )
    shown = await asked
    fields = {"chat_id": ann.id, "user_id": ann.id, "query": "x", "result_id": "a"}
    posted = await people.post("/api/inline/choose", **fields, inline_query_id=shown["inline_query_id"])
    (inline_id,) = sandbox.world.inline_messages
    await bot.edit_message_text("still there", inline_message_id=inline_id)
    await people.delete(f"/api/chats/{ann.id}/messages/{posted['message_id']}", user_id=ann.id)
    with pytest.raises(BadRequest, match=r"(?i)MESSAGE_ID_INVALID"):
        await bot.edit_message_text("risen", inline_message_id=inline_id)
    assert not sandbox.world.inline_messages
    assert posted["message_id"] not in [m["message_id"] for m in await people.messages(ann.id)]


async def test_creation_of_a_chat_is_deleted(bot: telegram.Bot, people: People) -> None:
    """Service messages about the creation of a supergroup, a channel or a topic stay, even for administrators."""
    ann = await people.person()
    forum = await people.chat(ann, type="supergroup", is_forum=True, bot="administrator")
    channel = await people.chat(ann, type="channel")
    topic = await bot.create_forum_topic(forum, "Cats")
    for chat, message_id in ((forum, 1), (channel, 1), (forum, topic.message_thread_id)):
        with pytest.raises(BadRequest, match=r"(?i)message can't be deleted for everyone"):
            await bot.delete_message(chat, message_id)
        await bot.delete_messages(chat, [message_id])
        assert message_id in [m["message_id"] for m in await people.messages(chat)]
