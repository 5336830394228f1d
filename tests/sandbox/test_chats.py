"""Topics, channels, pins, titles, bans and rights."""

import pytest
import telegram
from telegram.error import BadRequest, Forbidden

from sandbox.server import Sandbox
from tests.sandbox.people import People, png


async def test_topic_is_lost(bot: telegram.Bot, people: People) -> None:
    """Messages of a topic carry its id, answers stay in it, and unknown topics are refused."""
    ann = await people.person()
    chat = await people.chat(ann, type="supergroup", is_forum=True)
    topic = await people.post(f"/api/chats/{chat}/topics", name="Cats")
    said = await ann.say("meow", chat, message_thread_id=topic["message_thread_id"])
    await ann.say("in general", chat)
    created, meow, general = [u.message for u in await bot.get_updates() if u.message][-3:]
    assert created.forum_topic_created is not None
    assert created.forum_topic_created.name == "Cats"
    assert (meow.message_thread_id, meow.is_topic_message, meow.chat.is_forum) == (created.message_id, True, True)
    assert (general.message_thread_id, general.is_topic_message) == (None, None)
    assert meow.reply_to_message is not None
    assert meow.reply_to_message.forum_topic_created is not None  # that is how Telegram shows it to bots
    assert "reply_to_message" not in said
    answer = await bot.send_message(chat, "purr", reply_to_message_id=said["message_id"])
    assert answer.message_thread_id == created.message_id
    direct = await bot.send_photo(chat, png(), message_thread_id=created.message_id)
    assert direct.is_topic_message
    with pytest.raises(BadRequest, match=r"(?i)message thread not found"):
        await bot.send_message(chat, "x", message_thread_id=999)


async def test_bot_manages_topics_without_the_right(bot: telegram.Bot, people: People) -> None:
    """Topics are made, renamed, closed, opened and removed by administrators only."""
    ann = await people.person()
    chat = await people.chat(ann, type="supergroup", is_forum=True)
    with pytest.raises(BadRequest, match=r"(?i)not enough rights"):
        await bot.create_forum_topic(chat, "Dogs")
    await people.post(f"/api/chats/{chat}/members", user_id="bot", status="administrator", by=ann.id)
    topic = await bot.create_forum_topic(chat, "Dogs", icon_color=7322096)
    assert await bot.edit_forum_topic(chat, topic.message_thread_id, name="Hounds")
    assert await bot.close_forum_topic(chat, topic.message_thread_id)
    refused = await people.http.post(
        f"/api/chats/{chat}/messages",
        json={"user_id": ann.id, "text": "x", "message_thread_id": topic.message_thread_id},
    )
    assert "closed" in refused.json()["error"]
    assert await bot.reopen_forum_topic(chat, topic.message_thread_id)
    assert [t["name"] for t in await people.get(f"/api/chats/{chat}/topics")] == ["Hounds"]
    assert await bot.delete_forum_topic(chat, topic.message_thread_id)
    assert await people.get(f"/api/chats/{chat}/topics") == []


async def test_channel_post_is_a_message(bot: telegram.Bot, people: People) -> None:
    """Posts of a channel arrive as channel_post without a sender, edits as edited_channel_post."""
    ann = await people.person()
    channel = await people.chat(ann, type="channel", title="News", username="our_news")
    (shown,) = await ann.show(png(), chat_id=channel, caption="first")
    await people.patch(f"/api/chats/{channel}/messages/{shown['message_id']}", user_id=ann.id, caption="edited")
    updates = await bot.get_updates()
    posts = [u.channel_post for u in updates if u.channel_post]
    assert posts[-1].sender_chat is not None
    assert (posts[-1].caption, posts[-1].from_user, posts[-1].sender_chat.title) == ("first", None, "News")
    assert [u.edited_channel_post.caption for u in updates if u.edited_channel_post] == ["edited"]
    sent = await bot.send_message("@our_news", "from the bot")
    assert (sent.from_user, sent.chat.id) == (None, channel)
    assert await bot.edit_message_caption(channel, shown["message_id"], caption="by the bot")
    bob = await people.person("Bob")
    refused = await people.http.post(f"/api/chats/{channel}/messages", json={"user_id": bob.id, "text": "x"})
    assert refused.status_code == 403


async def test_bot_without_rights_posts_in_a_channel(bot: telegram.Bot, people: People) -> None:
    """Posting needs the right to."""
    ann = await people.person()
    channel = await people.chat(ann, type="channel")
    path = f"/api/chats/{channel}/members"
    await people.post(path, user_id="bot", status="administrator", by=ann.id, denied=["can_post_messages"])
    with pytest.raises(BadRequest, match=r"(?i)need administrator rights in the channel chat"):
        await bot.send_message(channel, "x")


async def test_pin_leaves_no_note(bot: telegram.Bot, people: People) -> None:
    """Pinning needs the right to, is noted in the chat and shown by getChat."""
    ann = await people.person()
    chat = await people.chat(ann)
    said = await ann.say("important", chat)
    with pytest.raises(BadRequest, match=r"(?i)not enough rights to manage pinned messages"):
        await bot.pin_chat_message(chat, said["message_id"])
    await people.post(f"/api/chats/{chat}/members", user_id="bot", status="administrator", by=ann.id)
    assert await bot.pin_chat_message(chat, said["message_id"])
    assert (await people.messages(chat))[-1]["pinned_message"]["message_id"] == said["message_id"]
    pinned = (await bot.get_chat(chat)).pinned_message
    assert pinned is not None
    assert pinned.message_id == said["message_id"]
    assert await bot.unpin_chat_message(chat)
    assert (await bot.get_chat(chat)).pinned_message is None
    assert await bot.unpin_all_chat_messages(chat)


async def test_ban_is_forgotten(bot: telegram.Bot, people: People) -> None:
    """An administrator bot removes people and lets them back; the owner stays."""
    ann, bob = await people.person(), await people.person("Bob")
    chat = await people.chat(ann, bob, type="supergroup", bot="administrator")
    assert await bot.ban_chat_member(chat, bob.id)
    assert (await bot.get_chat_member(chat, bob.id)).status == "kicked"
    refused = await people.http.post(f"/api/chats/{chat}/messages", json={"user_id": bob.id, "text": "x"})
    assert "not a member" in refused.json()["error"]
    assert await bot.unban_chat_member(chat, bob.id)
    assert (await bot.get_chat_member(chat, bob.id)).status == "left"
    with pytest.raises(BadRequest, match=r"(?i)can't remove chat owner"):
        await bot.ban_chat_member(chat, ann.id)
    with pytest.raises(BadRequest, match=r"(?i)member not found"):
        await bot.ban_chat_member(chat, 424242)


async def test_restricted_bot_writes_on(bot: telegram.Bot, people: People) -> None:
    """A chat's permissions and a restriction hold for the bot: photos forbidden, text allowed."""
    ann = await people.person()
    chat = await people.chat(ann, type="supergroup")
    await people.patch(f"/api/chats/{chat}", forbidden=["can_send_photos"])
    with pytest.raises(BadRequest, match=r"(?i)not enough rights to send photos to the chat"):
        await bot.send_photo(chat, png())
    assert await bot.send_message(chat, "words only")
    permissions = (await bot.get_chat(chat)).permissions
    assert permissions is not None
    assert (permissions.can_send_photos, permissions.can_send_messages) == (False, True)
    restriction = {"status": "restricted", "denied": ["can_send_messages"], "by": ann.id}
    await people.post(f"/api/chats/{chat}/members", user_id="bot", **restriction)
    with pytest.raises(BadRequest, match=r"(?i)not enough rights to send text messages to the chat"):
        await bot.send_message(chat, "anything")
    assert (await bot.get_chat_member(chat, bot.id)).status == "restricted"


async def test_hidden_members_are_told(bot: telegram.Bot, people: People) -> None:
    """Where members are hidden only administrators may look others up."""
    ann = await people.person()
    chat = await people.chat(ann, type="supergroup")
    await people.patch(f"/api/chats/{chat}", hidden_members=True)
    with pytest.raises(BadRequest, match=r"(?i)member list is inaccessible"):
        await bot.get_chat_member(chat, ann.id)
    assert (await bot.get_chat_member(chat, bot.id)).status == "member"
    await people.post(f"/api/chats/{chat}/members", user_id="bot", status="administrator", by=ann.id)
    assert (await bot.get_chat_member(chat, ann.id)).status == "creator"


async def test_title_changes_behind_the_back(bot: telegram.Bot, people: People) -> None:
    """A new title is noted in the chat, whoever sets it."""
    ann = await people.person()
    chat = await people.chat(ann, bot="administrator")
    assert await bot.set_chat_title(chat, "Better friends")
    assert await bot.set_chat_description(chat, "We are")
    await people.patch(f"/api/chats/{chat}", title="Best friends")
    titles = [m["new_chat_title"] for m in await people.messages(chat) if "new_chat_title" in m]
    assert titles == ["Better friends", "Best friends"]
    found = await bot.get_chat(chat)
    assert (found.title, found.description) == ("Best friends", "We are")


async def test_profile_forgets_what_was_set(bot: telegram.Bot, people: People) -> None:
    """Commands are kept by scope and language; name and descriptions by language."""
    commands = [telegram.BotCommand("search", "Find a photo"), telegram.BotCommand("help", "How to")]
    assert await bot.set_my_commands(commands)
    assert await bot.set_my_commands(commands[:1], telegram.BotCommandScopeAllGroupChats(), "ru")
    assert list(await bot.get_my_commands()) == commands
    assert list(await bot.get_my_commands(telegram.BotCommandScopeAllGroupChats(), "ru")) == commands[:1]
    assert await bot.delete_my_commands()
    assert await bot.get_my_commands() == ()
    assert await bot.set_my_short_description("finds photos")
    assert (await bot.get_my_short_description()).short_description == "finds photos"
    assert await bot.set_my_name("Finder")
    assert (await bot.get_me()).first_name == (await bot.get_my_name()).name == "Finder"
    with pytest.raises(BadRequest, match=r"(?i)BOT_COMMAND_INVALID"):
        await bot.set_my_commands([("Search", "Find")])


async def test_two_bots_hear_each_other(bot: telegram.Bot, people: People, sandbox: Sandbox) -> None:
    """Bots do not see each other's messages; each has its own private chat with a person."""
    other = await people.post("/api/bots", name="Other", username="other_bot")
    ann = await people.person()
    chat = await people.chat(ann)
    await people.post(f"/api/chats/{chat}/members", user_id=other["user"]["id"], status="member", by=ann.id)
    async with telegram.Bot(other["token"], base_url=sandbox.bot_url) as second:
        await second.get_updates(offset=-1)
        seen = await second.get_updates()
        await bot.send_message(chat, "from the first")
        await ann.say("from Ann", chat)
        new = await second.get_updates(offset=seen[-1].update_id + 1)
        assert [u.message.text for u in new if u.message] == ["from Ann"]
        await ann.say("/start")
        with pytest.raises(Forbidden, match="bot can't initiate conversation"):
            await second.send_message(ann.id, "psst")
        await ann.say("/start", bot_id=second.id)
        assert await second.send_message(ann.id, "hello")


async def test_leaving_chat_is_silent(bot: telegram.Bot, people: People) -> None:
    """A bot that leaves is no longer shown as a member and hears nothing."""
    ann = await people.person()
    chat = await people.chat(ann)
    await bot.leave_chat(chat)
    await ann.say("gone?", chat)
    updates = await bot.get_updates()
    assert updates[-1].my_chat_member is not None
    assert updates[-1].my_chat_member.new_chat_member.status == "left"
    assert "left_chat_member" in (await people.messages(chat))[-2]
    assert [c["bot"] for c in await people.get("/api/chats")] == ["left"]
