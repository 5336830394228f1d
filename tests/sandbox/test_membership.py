"""Joining, leaving, kicking, blocking, privacy mode and migration."""

import pytest
import telegram
from telegram.error import BadRequest, ChatMigrated, Forbidden

from sandbox.server import Sandbox
from tests.sandbox.people import People, png


async def test_joining_is_not_reported(bot: telegram.Bot, people: People) -> None:
    """The bot hears that it was added, promoted and removed, by whom, with the service messages people see."""
    ann = await people.person()
    chat = await people.chat(ann, type="supergroup")
    await people.post(f"/api/chats/{chat}/members", user_id="bot", status="administrator", by=ann.id)
    await people.post(f"/api/chats/{chat}/members", user_id="bot", status="kicked", by=ann.id)
    updates = await bot.get_updates()
    changes = [u.my_chat_member for u in updates if u.my_chat_member]
    assert [(c.old_chat_member.status, c.new_chat_member.status) for c in changes] == [
        ("left", "member"),
        ("member", "administrator"),
        ("administrator", "kicked"),
    ]
    assert {c.from_user.id for c in changes} == {ann.id}
    notes = [u.message for u in updates if u.message]
    assert [bool(m.new_chat_members) for m in notes] == [True, False]
    assert notes[1].left_chat_member is not None
    assert notes[1].left_chat_member.id == bot.id


async def test_bot_writes_where_it_was_removed(bot: telegram.Bot, people: People) -> None:
    """Kicked, gone or blocked: 403, in Telegram's words."""
    ann = await people.person()
    chat = await people.chat(ann)
    await people.post(f"/api/chats/{chat}/members", user_id="bot", status="kicked", by=ann.id)
    with pytest.raises(Forbidden, match="bot was kicked from the group chat"):
        await bot.send_message(chat, "hello?")
    other = await people.chat(ann, type="supergroup")
    await bot.leave_chat(other)
    with pytest.raises(Forbidden, match="bot is not a member of the supergroup chat"):
        await bot.send_message(other, "hello?")
    await ann.say("/start")
    await people.post(f"/api/chats/{ann.id}/members", user_id="bot", status="kicked", by=ann.id)
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(ann.id, "hello?")
    blocked = [u.my_chat_member for u in await bot.get_updates() if u.my_chat_member][-1]
    assert (blocked.chat.type, blocked.new_chat_member.status) == ("private", "kicked")


async def test_bot_writes_to_strangers(bot: telegram.Bot, people: People) -> None:
    """A person the bot never met is no chat; one it only shares a group with cannot be written to first."""
    ann, bob = await people.person(), await people.person("Bob")
    await people.chat(ann)
    with pytest.raises(BadRequest, match=r"(?i)chat not found"):
        await bot.send_message(bob.id, "psst")
    with pytest.raises(Forbidden, match="bot can't initiate conversation with a user"):
        await bot.send_message(ann.id, "psst")
    with pytest.raises(Forbidden, match="bot can't send messages to bots"):
        await bot.send_message(bot.id, "psst")


async def test_privacy_mode_hides_nothing(bot: telegram.Bot, people: People) -> None:
    """With privacy mode on the bot sees commands, mentions, replies to itself and service messages, and no more."""
    await people.patch("/api/bot", can_read_all_group_messages=False)
    assert not (await bot.get_me()).can_read_all_group_messages
    ann = await people.person()
    chat = await people.chat(ann)
    own = await bot.send_message(chat, "I am here")
    await ann.say("just talking", chat)
    await ann.show(png(), chat_id=chat)
    await ann.say("/search cats", chat)
    await ann.say("/search@other_bot cats", chat)
    await ann.say("look @sandbox_bot", chat)
    await ann.say("thanks", chat, reply_to_message_id=own.message_id)
    await ann.show(png(), chat_id=chat, caption="/similar@sandbox_bot")
    seen = [u.message.text or u.message.caption for u in await bot.get_updates() if u.message]
    assert seen == [None, "/search cats", "look @sandbox_bot", "thanks", "/similar@sandbox_bot"]


async def test_privacy_change_takes_effect_at_once(bot: telegram.Bot, people: People) -> None:
    """Switching privacy mode reaches a group only when the bot is added again; an administrator sees everything."""
    await people.patch("/api/bot", can_read_all_group_messages=False)
    ann = await people.person()
    chat = await people.chat(ann)
    await people.patch("/api/bot", can_read_all_group_messages=True)
    await ann.say("unheard", chat)
    await people.post(f"/api/chats/{chat}/members", user_id="bot", status="left", by=ann.id)
    await people.post(f"/api/chats/{chat}/members", user_id="bot", status="member", by=ann.id)
    await ann.say("heard", chat)
    assert [u.message.text for u in await bot.get_updates() if u.message and u.message.text] == ["heard"]


async def test_migrated_group_keeps_its_id(bot: telegram.Bot, people: People) -> None:
    """A group that becomes a supergroup says so in both chats, and the old id answers with the new one."""
    ann = await people.person()
    old = await people.chat(ann)
    new = (await people.post(f"/api/chats/{old}/migrate"))["id"]
    moved = {u.message.chat.id: u.message for u in await bot.get_updates() if u.message}
    assert (moved[old].migrate_to_chat_id, moved[new].migrate_from_chat_id) == (new, old)
    with pytest.raises(ChatMigrated) as refusal:
        await bot.send_message(old, "anyone?")
    assert refusal.value.new_chat_id == new
    sent = await bot.send_message(new, "here")
    assert (sent.chat.type, sent.message_id) == ("supergroup", 2)


async def test_chat_and_members_cannot_be_looked_up(bot: telegram.Bot, people: People) -> None:
    """getChat, getChatMember, getChatAdministrators and getChatMemberCount answer what is so."""
    ann, bob = await people.person(username="ann"), await people.person("Bob")
    chat = await people.chat(ann, type="supergroup", username="ann_and_friends", bot="administrator")
    found = await bot.get_chat("@ann_and_friends")
    assert (found.id, found.title, found.type) == (chat, "Friends", "supergroup")
    assert [(await bot.get_chat_member(chat, who)).status for who in (ann.id, bob.id, bot.id)] == [
        "creator",
        "left",
        "administrator",
    ]
    assert {m.user.id for m in await bot.get_chat_administrators(chat)} == {ann.id, bot.id}
    assert await bot.get_chat_member_count(chat) == 2
    await ann.say("hi")
    assert (await bot.get_chat(ann.id)).username == "ann"
    with pytest.raises(BadRequest, match=r"(?i)chat not found"):
        await bot.get_chat(-5)


async def test_command_goes_to_every_bot(bot: telegram.Bot, people: People, sandbox: Sandbox) -> None:
    """In privacy mode a bare command is for the bot that wrote last; anonymous administrators are no bots."""
    await people.patch("/api/bot", can_read_all_group_messages=False)
    other = await people.post("/api/bots", name="Other", username="other_bot")
    await people.patch("/api/bot", bot_id=other["user"]["id"], can_read_all_group_messages=False)
    ann = await people.person()
    chat = await people.chat(ann, type="supergroup")
    await people.post(f"/api/chats/{chat}/members", user_id=other["user"]["id"], status="member", by=ann.id)
    async with telegram.Bot(other["token"], base_url=sandbox.bot_url) as second:
        await ann.say("/to_all", chat)
        await second.send_message(chat, "me!")
        await ann.say("nobody's", chat, anonymous=True)
        await ann.say("/to_second", chat)
        heard = [[u.message.text for u in await b.get_updates() if u.message and u.message.text] for b in (bot, second)]
    assert heard == [["/to_all"], ["/to_all", "/to_second"]]
