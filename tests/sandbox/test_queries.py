"""Buttons and inline mode."""

import asyncio

import pytest
import telegram
from telegram.error import BadRequest

from sandbox.clock import Clock
from sandbox.queries import SHOWN_SECONDS, Queries
from sandbox.server import Sandbox
from tests.sandbox.people import People, png

BUTTON = telegram.InlineKeyboardMarkup([[telegram.InlineKeyboardButton("More", callback_data="more:2")]])


async def _only_update(bot: telegram.Bot, kind: str) -> telegram.Update:
    """Polls until an update of this kind comes, and confirms it."""
    offset = 0
    while True:
        for update in await bot.get_updates(offset=offset, timeout=5, allowed_updates=[]):
            offset = update.update_id + 1
            if getattr(update, kind):
                await bot.get_updates(offset=offset)
                return update


async def test_button_press_never_arrives(bot: telegram.Bot, people: People) -> None:
    """A pressed button reaches the bot with its message; the answer reaches the person, once."""
    ann = await people.person()
    await ann.say("/start")
    sent = await bot.send_message(ann.id, "here", reply_markup=BUTTON)
    (message,) = await people.messages(ann.id, after=sent.message_id - 1)
    pressed = asyncio.create_task(ann.press(message, "more:2"))
    query = (await _only_update(bot, "callback_query")).callback_query
    assert query is not None
    assert (query.data, query.from_user.id) == ("more:2", ann.id)
    assert query.message is not None
    assert query.message.message_id == sent.message_id
    assert await bot.answer_callback_query(query.id, "two more", show_alert=True)
    assert await pressed == {"text": "two more", "show_alert": True}
    with pytest.raises(BadRequest, match=r"(?i)query is too old and response timeout expired or query ID is invalid"):
        await bot.answer_callback_query(query.id)


async def test_invented_button_is_pressed(bot: telegram.Bot, people: People) -> None:
    """Only buttons that a message has can be pressed."""
    ann = await people.person()
    said = await ann.say("/start")
    fields = {"chat_id": ann.id, "message_id": said["message_id"], "user_id": ann.id, "data": "x"}
    response = await people.http.post("/api/callbacks", json=fields)
    assert (response.status_code, "button" in response.json()["error"]) == (400, True)


@pytest.mark.parametrize("data", ["", "x" * 65, "ж" * 33])
async def test_callback_data_may_be_of_any_length(bot: telegram.Bot, people: People, data: str) -> None:
    """callback_data has 1 to 64 bytes."""
    ann = await people.person()
    await ann.say("/start")
    markup = telegram.InlineKeyboardMarkup([[telegram.InlineKeyboardButton("x", callback_data=data)]])
    with pytest.raises(BadRequest):
        await bot.send_message(ann.id, "buttons", reply_markup=markup)


async def test_inline_results_go_nowhere(bot: telegram.Bot, people: People) -> None:
    """Cached photos answer an inline query; the chosen one is posted through the bot, which is told."""
    ann = await people.person()
    (photo,) = await ann.show(png())
    asked = asyncio.create_task(people.post("/api/inline", chat_id=ann.id, user_id=ann.id, query="teal"))
    query = (await _only_update(bot, "inline_query")).inline_query
    assert query is not None
    assert (query.query, query.chat_type) == ("teal", "sender")
    result = telegram.InlineQueryResultCachedPhoto("r1", photo["photo"][-1]["file_id"], caption="found")
    assert await bot.answer_inline_query(query.id, [result], is_personal=True, cache_time=60)
    shown = await asked
    assert [r["id"] for r in shown["results"]] == ["r1"]
    fields = {"chat_id": ann.id, "user_id": ann.id, "query": "teal", "result_id": "r1"}
    posted = await people.post("/api/inline/choose", **fields, inline_query_id=shown["inline_query_id"])
    assert (posted["via_bot"]["id"], posted["caption"]) == (bot.id, "found")
    chosen = (await _only_update(bot, "chosen_inline_result")).chosen_inline_result
    assert chosen is not None
    assert chosen.result_id == "r1"


async def test_personal_answers_leak_to_others(bot: telegram.Bot, people: People) -> None:
    """Answers are cached for everyone unless personal."""
    ann, bob = await people.person(), await people.person("Bob")
    chat = await people.chat(ann, bob)
    content = telegram.InputTextMessageContent("text")
    for personal in (True, False):
        word = f"personal {personal}"
        asked = asyncio.create_task(people.post("/api/inline", chat_id=chat, user_id=ann.id, query=word))
        query = (await _only_update(bot, "inline_query")).inline_query
        assert query is not None
        results = [telegram.InlineQueryResultArticle("a", "Article", content)]
        await bot.answer_inline_query(query.id, results, is_personal=personal)
        await asked
        others = asyncio.create_task(people.post("/api/inline", chat_id=chat, user_id=bob.id, query=word))
        if personal:
            asked_again = (await _only_update(bot, "inline_query")).inline_query
            assert asked_again is not None
            await bot.answer_inline_query(asked_again.id, [])
            assert (await others)["results"] == []
        else:
            assert len((await others)["results"]) == 1


async def test_other_bot_closes_a_callback(sandbox: Sandbox, bot: telegram.Bot, people: People) -> None:
    """Another bot's answer is refused and leaves the question to the bot it was put to."""
    token = (await people.post("/api/bots", name="Other", username="other_bot"))["token"]
    ann = await people.person()
    await ann.say("/start")
    sent = await bot.send_message(ann.id, "here", reply_markup=BUTTON)
    pressed = asyncio.create_task(ann.press(sent.to_dict(), "more:2"))
    query = (await _only_update(bot, "callback_query")).callback_query
    assert query is not None
    async with telegram.Bot(token, base_url=sandbox.bot_url) as other:
        with pytest.raises(BadRequest):
            await other.answer_callback_query(query.id, "stolen")
    assert await bot.answer_callback_query(query.id, "mine")
    assert (await pressed)["text"] == "mine"


async def test_cached_callback_answer_is_asked_for_again(bot: telegram.Bot, people: People) -> None:
    """An answer with a cache_time is shown again without the bot, to who got it, until it is over."""
    ann = await people.person()
    await ann.say("/start")
    sent = await bot.send_message(ann.id, "here", reply_markup=BUTTON)
    for word in ("first", "second"):
        pressed = asyncio.create_task(ann.press(sent.to_dict(), "more:2"))
        query = (await _only_update(bot, "callback_query")).callback_query
        assert query is not None
        await bot.answer_callback_query(query.id, word, cache_time=60)
        assert (await pressed)["text"] == word
        assert (await ann.press(sent.to_dict(), "more:2"))["text"] == word
        await people.post("/api/clock", advance=61)


async def test_edit_brings_a_deleted_inline_message_back(sandbox: Sandbox, bot: telegram.Bot, people: People) -> None:
    """What was deleted cannot be edited, and its id is forgotten."""
    ann = await people.person()
    chat = await people.chat(ann)
    asked = asyncio.create_task(people.post("/api/inline", chat_id=chat, user_id=ann.id, query="x"))
    query = (await _only_update(bot, "inline_query")).inline_query
    assert query is not None
    content = telegram.InputTextMessageContent("text")
    await bot.answer_inline_query(query.id, [telegram.InlineQueryResultArticle("a", "A", content, reply_markup=BUTTON)])
    shown = await asked
    fields = {"chat_id": chat, "user_id": ann.id, "query": "x", "result_id": "a"}
    posted = await people.post("/api/inline/choose", **fields, inline_query_id=shown["inline_query_id"])
    chosen = (await _only_update(bot, "chosen_inline_result")).chosen_inline_result
    assert chosen is not None
    assert await bot.edit_message_text("other", inline_message_id=chosen.inline_message_id)
    await people.delete(f"/api/chats/{chat}/messages/{posted['message_id']}", user_id=ann.id)
    with pytest.raises(BadRequest, match=r"(?i)MESSAGE_ID_INVALID"):
        await bot.edit_message_text("again", inline_message_id=chosen.inline_message_id)
    assert all(m.get("text") != "again" for m in await people.messages(chat))
    assert not sandbox.world.inline_messages


async def test_questions_nobody_answers_pile_up() -> None:
    """Old questions, cached answers and shown results are forgotten when new ones come."""
    clock = Clock()
    queries = Queries(clock)
    old = queries.ask(1, 2, "old")
    queries.remember(old, {"results": [{"id": "a"}]}, 60, personal=False)
    clock.advance(2 * SHOWN_SECONDS)
    new = queries.ask(1, 2, "new")
    queries.remember(new, {"results": [{"id": "b"}]}, 60, personal=False)
    assert (list(queries._open), len(queries._cached), len(queries._shown)) == ([new.id], 1, 1)
    assert queries.shown(1, new.id) == [{"id": "b"}]
