"""What may be copied and forwarded, from where, to where, and how much of it."""

import pytest
import telegram
from telegram.error import BadRequest, Forbidden, RetryAfter

from sandbox.server import Sandbox
from tests.sandbox.people import People, png
from tests.sandbox.spec import Violations


async def test_bot_copies_from_where_it_was_kicked(bot: telegram.Bot, people: People) -> None:
    """Only members, and anyone in public chats, see messages to copy or forward."""
    ann = await people.person()
    await ann.say("/start")
    source = await people.chat(ann, type="supergroup")
    public = await people.chat(ann, type="supergroup", username="open_house", bot="absent")
    secret = (await ann.say("secret", source))["message_id"]
    known = (await ann.say("known", public))["message_id"]
    await people.post(f"/api/chats/{source}/members", user_id="bot", status="kicked", by=ann.id)
    for refused in (
        bot.copy_message(ann.id, source, secret),
        bot.forward_message(ann.id, source, secret),
        bot.copy_messages(ann.id, source, [secret]),
        bot.forward_messages(ann.id, source, [secret]),
    ):
        with pytest.raises(Forbidden, match="bot was kicked from the supergroup chat"):
            await refused
    assert await bot.copy_message(ann.id, "@open_house", known)
    await people.post(f"/api/chats/{public}/members", user_id="bot", status="kicked", by=ann.id)
    with pytest.raises(Forbidden):
        await bot.copy_message(ann.id, "@open_house", known)


async def test_copy_evades_permissions(bot: telegram.Bot, people: People) -> None:
    """A copied photo takes the right to send photos, alone and among others; nothing is posted when one lacks it."""
    ann = await people.person()
    chat = await people.chat(ann, type="supergroup")
    words = (await ann.say("words"))["message_id"]
    photo = (await ann.show(png()))[0]["message_id"]
    await people.patch(f"/api/chats/{chat}", forbidden=["can_send_photos"])
    for refused in (
        bot.copy_message(chat, ann.id, photo),
        bot.forward_message(chat, ann.id, photo),
        bot.copy_messages(chat, ann.id, [words, photo]),
        bot.forward_messages(chat, ann.id, [words, photo]),
    ):
        with pytest.raises(BadRequest, match=r"(?i)not enough rights to send photos to the chat"):
            await refused
    assert "words" not in [m.get("text") for m in await people.messages(chat)]
    assert await bot.copy_message(chat, ann.id, words)


async def test_copies_are_free_of_limits(bot: telegram.Bot, people: People) -> None:
    """At most 100 ids in increasing order; with the flood model on, copies count one by one."""
    ann = await people.person()
    ids = [(await ann.say(str(i)))["message_id"] for i in range(15)]
    for wrong, words in (
        (list(range(1, 102)), "too many messages to forward"),
        ([ids[1], ids[0]], "strictly increasing order"),
        ([ids[0], ids[0]], "strictly increasing order"),
    ):
        with pytest.raises(BadRequest, match=f"(?i){words}"):
            await bot.copy_messages(ann.id, ann.id, wrong)
        with pytest.raises(BadRequest, match=f"(?i){words}"):
            await bot.forward_messages(ann.id, ann.id, wrong)
    await people.post("/api/clock", frozen=True)
    await people.patch("/api/settings", flood_limits=True)
    chat = await people.chat(ann)
    assert len(await bot.copy_messages(chat, ann.id, ids)) == 15
    await people.post("/api/clock", advance=2)
    with pytest.raises(RetryAfter):
        await bot.copy_messages(chat, ann.id, ids)


async def test_edits_are_free_of_limits(bot: telegram.Bot, people: People) -> None:
    """With the flood model on, an edit counts like a message."""
    ann = await people.person()
    await ann.say("/start")
    await people.post("/api/clock", frozen=True)
    await people.patch("/api/settings", flood_limits=True)
    sent = await bot.send_message(ann.id, "one")
    with pytest.raises(RetryAfter):
        await bot.edit_message_text("two", ann.id, sent.message_id)
    await people.post("/api/clock", advance=1)
    assert await bot.edit_message_text("two", ann.id, sent.message_id)


async def test_later_protection_leaves_older_messages_open(bot: telegram.Bot, people: People) -> None:
    """Protection switched on holds for everything in the chat, and no longer once it is switched off."""
    ann = await people.person()
    chat = await people.chat(ann, type="supergroup")
    await ann.say("/start")
    old = (await ann.say("old", chat))["message_id"]
    await people.patch(f"/api/chats/{chat}", protected=True)
    new = (await ann.say("new", chat))["message_id"]
    for message_id in (old, new):
        with pytest.raises(BadRequest, match=r"(?i)message has protected content and can't be copied"):
            await bot.copy_message(ann.id, chat, message_id)
        with pytest.raises(BadRequest, match=r"(?i)there are no messages to forward"):
            await bot.forward_messages(ann.id, chat, [message_id])
        with pytest.raises(BadRequest, match=r"(?i)message has protected content and can't be replied"):
            await bot.send_message(ann.id, "x", reply_parameters=telegram.ReplyParameters(message_id, chat_id=chat))
        fields = {"user_id": ann.id, "forward_from": {"chat_id": chat, "message_id": message_id}}
        refused = await people.http.post(f"/api/chats/{ann.id}/messages", json=fields)
        assert (refused.status_code, "protected content" in refused.json()["error"]) == (400, True)
    shown = {m["message_id"]: m.get("has_protected_content") for m in await people.messages(chat)}
    assert shown[old] is shown[new] is True
    await people.patch(f"/api/chats/{chat}", protected=False)
    assert await bot.copy_message(ann.id, chat, new)


async def test_action_takes_any_topic(
    bot: telegram.Bot, people: People, sandbox: Sandbox, violations: Violations
) -> None:
    """A chat action is for a topic that there is."""
    ann = await people.person()
    forum = await people.chat(ann, type="supergroup", is_forum=True, bot="administrator")
    topic = await bot.create_forum_topic(forum, "Cats")
    assert await bot.send_chat_action(forum, "typing", message_thread_id=topic.message_thread_id)
    with pytest.raises(BadRequest, match=r"(?i)message thread not found"):
        await bot.send_chat_action(forum, "typing", message_thread_id=999)
