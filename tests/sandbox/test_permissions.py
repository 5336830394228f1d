"""Rights and restrictions bind people, whatever way they take."""

import asyncio
from typing import Any

import pytest
import telegram

from tests.sandbox.people import People, Person, png

BUTTON = telegram.InlineKeyboardMarkup([[telegram.InlineKeyboardButton("More", callback_data="more")]])


async def _refused(people: People, verb: str, path: str, **fields: Any) -> str:
    """The words of a 403."""
    response = await people.http.request(verb, path, json=fields)
    assert response.status_code == 403, response.text
    words: str = response.json()["error"]
    return words


async def _choose(bot: telegram.Bot, people: People, person: Person, chat: int, asked_in: int) -> dict[str, Any]:
    """Fields with which a person chooses an article."""
    asked = asyncio.create_task(people.post("/api/inline", chat_id=asked_in, user_id=person.id, query="x"))
    query = None
    while query is None:
        query = next((u.inline_query for u in await bot.get_updates(timeout=5) if u.inline_query), None)
    article = telegram.InlineQueryResultArticle("a", "Article", telegram.InputTextMessageContent("text"))
    await bot.answer_inline_query(query.id, [article])
    inline_id = (await asked)["inline_query_id"]
    return {"chat_id": chat, "user_id": person.id, "query": "x", "result_id": "a", "inline_query_id": inline_id}


async def test_restriction_does_not_bind_a_person(bot: telegram.Bot, people: People) -> None:
    """Who may not write can neither post, nor edit, nor react, nor post through a bot."""
    ann, bob = await people.person(), await people.person("Bob")
    chat = await people.chat(ann, bob, type="supergroup")
    path = f"/api/chats/{chat}/messages"
    said = (await bob.say("before", chat))["message_id"]
    denied = ["can_send_messages", "can_react_to_messages", "can_send_other_messages"]
    await people.post(f"/api/chats/{chat}/members", user_id=bob.id, status="restricted", by=ann.id, denied=denied)
    assert "text messages" in await _refused(people, "POST", path, user_id=bob.id, text="x")
    assert "text messages" in await _refused(people, "PATCH", f"{path}/{said}", user_id=bob.id, text="x")
    assert "react" in await _refused(people, "POST", f"{path}/{said}/reactions", user_id=bob.id, emoji="👍")
    fields = await _choose(bot, people, bob, chat, chat)
    assert "inline bots" in await _refused(people, "POST", "/api/inline/choose", **fields)
    assert await bob.show(png(), chat_id=chat)
    assert await ann.say("free", chat)


async def test_permission_of_all_does_not_bind_a_person(people: People) -> None:
    """What is taken from members is taken from everyone but administrators."""
    ann, bob = await people.person(), await people.person("Bob")
    chat = await people.chat(ann, bob, type="supergroup")
    await people.patch(f"/api/chats/{chat}", forbidden=["can_send_photos"])
    files = {"photo": ("p.png", png(), "image/png")}
    refused = await people.http.post(f"/api/chats/{chat}/messages", data={"user_id": bob.id}, files=files)
    assert (refused.status_code, "photos" in refused.json()["error"]) == (403, True)
    assert await ann.show(png(), chat_id=chat)
    assert await bob.say("words are free", chat)


async def test_stranger_acts_in_a_chat(bot: telegram.Bot, people: People) -> None:
    """Who is not inside can neither press, react, edit nor choose; who reads a channel cannot post in it."""
    ann, eve = await people.person(), await people.person("Eve")
    chat = await people.chat(ann, eve, type="supergroup")
    channel = await people.chat(ann, eve, type="channel")
    own = (await eve.say("mine", chat))["message_id"]
    await people.post(f"/api/chats/{chat}/members", user_id=eve.id, status="kicked", by=ann.id)
    sent = await bot.send_message(chat, "press", reply_markup=BUTTON)
    path = f"/api/chats/{chat}/messages/{own}"
    press = {"chat_id": chat, "message_id": sent.message_id, "user_id": eve.id, "data": "more"}
    choice = await _choose(bot, people, eve, chat, channel)
    for words in (
        await _refused(people, "POST", "/api/callbacks", **press),
        await _refused(people, "POST", f"{path}/reactions", user_id=eve.id, emoji="👍"),
        await _refused(people, "PATCH", path, user_id=eve.id, text="x"),
        await _refused(people, "POST", "/api/inline/choose", **choice),
    ):
        assert "not a member" in words
    choice["chat_id"] = channel
    assert "only administrators post" in await _refused(people, "POST", "/api/inline/choose", **choice)


async def test_anyone_speaks_for_a_channel(people: People) -> None:
    """Only who may post in a channel writes elsewhere in its name."""
    ann, eve = await people.person(), await people.person("Eve")
    chat = await people.chat(ann, eve, type="supergroup")
    channel = await people.chat(ann, eve, type="channel", title="News")
    assert await ann.say("official", chat, as_channel=channel)
    fields = {"user_id": eve.id, "text": "forged", "as_channel": channel}
    assert "does not speak" in await _refused(people, "POST", f"/api/chats/{chat}/messages", **fields)


@pytest.mark.parametrize("username", [None, "open_house"])
async def test_passer_by_cannot_press_in_public(bot: telegram.Bot, people: People, username: str | None) -> None:
    """In public chats whoever sees a button may press it."""
    ann, eve = await people.person(), await people.person("Eve")
    chat = await people.chat(ann, type="supergroup", username=username)
    await bot.send_message(chat, "press", reply_markup=BUTTON)
    message = (await people.messages(chat))[-1]
    fields = {"chat_id": chat, "message_id": message["message_id"], "user_id": eve.id, "data": "no such button"}
    response = await people.http.post("/api/callbacks", json=fields)
    assert response.status_code == (400 if username else 403)
