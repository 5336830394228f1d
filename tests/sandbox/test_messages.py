"""Writing, editing, deleting, forwarding, copying and reacting; what people do and what bots do."""

import pytest
import telegram
from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest

from tests.sandbox.people import People, png

BUTTON = InlineKeyboardMarkup([[InlineKeyboardButton("Site", url="https://example.com")]])


async def test_reply_loses_what_it_answers(bot: telegram.Bot, people: People) -> None:
    """A reply carries the message it answers, which does not carry another one in turn."""
    ann = await people.person()
    first = await ann.say("one")
    second = await ann.say("two", reply_to_message_id=first["message_id"])
    await ann.say("three", reply_to_message_id=second["message_id"])
    last = (await bot.get_updates())[-1].message
    assert last is not None
    assert last.reply_to_message is not None
    assert (last.reply_to_message.text, last.reply_to_message.reply_to_message) == ("two", None)
    sent = await bot.send_message(ann.id, "four", reply_to_message_id=first["message_id"])
    assert sent.reply_to_message is not None
    assert sent.reply_to_message.text == "one"


async def test_reply_to_another_chat_answers_the_wrong_message(bot: telegram.Bot, people: People) -> None:
    """A reply across chats shows the other chat's message as external; a quote must be part of what it quotes."""
    ann = await people.person()
    chat = await people.chat(ann, type="supergroup")
    (shown,) = await ann.show(png(), chat_id=chat, caption="a red car")
    await ann.say("/start")
    there = telegram.ReplyParameters(shown["message_id"], chat_id=chat, quote="red")
    sent = await bot.send_message(ann.id, "look", reply_parameters=there)
    assert sent.reply_to_message is None
    assert sent.external_reply is not None
    assert sent.external_reply.message_id == shown["message_id"]
    assert sent.external_reply.photo is not None
    assert sent.external_reply.photo[-1].file_unique_id == shown["photo"][-1]["file_unique_id"]
    assert sent.quote is not None
    assert (sent.quote.text, sent.quote.position) == ("red", 2)
    with pytest.raises(BadRequest, match=r"(?i)QUOTE_TEXT_INVALID"):
        await bot.send_message(chat, "x", reply_parameters=telegram.ReplyParameters(shown["message_id"], quote="blue"))


async def test_link_preview_comes_back(bot: telegram.Bot, people: People) -> None:
    """Link preview options are kept with the text."""
    ann = await people.person()
    await ann.say("/start")
    options = telegram.LinkPreviewOptions(is_disabled=True)
    sent = await bot.send_message(ann.id, "https://example.com/", link_preview_options=options)
    assert sent.link_preview_options == options


async def test_edit_of_a_person_goes_unheard(bot: telegram.Bot, people: People) -> None:
    """Edits of text, caption and photo arrive as edited_message; a deletion is never told."""
    ann, bob = await people.person(), await people.person("Bob")
    chat = await people.chat(ann, bob)
    said = await ann.say("tpyo", chat)
    (shown,) = await ann.show(png(), chat_id=chat, caption="old")
    path = f"/api/chats/{chat}/messages"
    await people.patch(f"{path}/{said['message_id']}", user_id=ann.id, text="typo")
    await people.patch(f"{path}/{shown['message_id']}", user_id=ann.id, caption="new")
    files, data = {"photo": ("red.png", png(colour="red"), "image/png")}, {"user_id": ann.id}
    await people.http.patch(f"{path}/{shown['message_id']}", data=data, files=files)
    assert (
        await people.http.patch(f"{path}/{said['message_id']}", json={"user_id": bob.id, "text": "x"})
    ).status_code == 403
    await people.delete(f"{path}/{said['message_id']}", user_id=ann.id)
    assert said["message_id"] not in [m["message_id"] for m in await people.messages(chat)]
    updates = await bot.get_updates()
    edits = [u.edited_message for u in updates if u.edited_message]
    assert [e.text or e.caption for e in edits] == ["typo", "new", "new"]
    assert edits[2].photo[-1].file_unique_id != edits[1].photo[-1].file_unique_id
    assert all(e.edit_date for e in edits)
    assert updates[-1].edited_message is not None


async def test_bot_cannot_edit_its_messages(bot: telegram.Bot, people: People) -> None:
    """Text, caption, media and buttons of the bot's own messages change; an edit without buttons takes them away."""
    ann = await people.person()
    await ann.say("/start")
    text = await bot.send_message(ann.id, "one", reply_markup=BUTTON)
    edited = await bot.edit_message_text("two", ann.id, text.message_id)
    assert isinstance(edited, telegram.Message)
    assert (edited.text, edited.reply_markup) == ("two", None)
    marked = await bot.edit_message_reply_markup(ann.id, text.message_id, reply_markup=BUTTON)
    assert isinstance(marked, telegram.Message)
    assert marked.reply_markup == BUTTON
    buttons = await bot.send_message(ann.id, "pages")
    turned = await bot.edit_message_reply_markup(ann.id, buttons.message_id, reply_markup=BUTTON)
    assert isinstance(turned, telegram.Message)
    assert turned.edit_date is not None
    assert "edit_date" not in (await people.messages(ann.id))[-1]  # clients do not call that edited
    photo = await bot.send_photo(ann.id, png(), caption="a", has_spoiler=True)
    assert photo.has_media_spoiler
    captioned = await bot.edit_message_caption(ann.id, photo.message_id, caption="<b>b</b>", parse_mode="HTML")
    assert isinstance(captioned, telegram.Message)
    assert captioned.caption_html == "<b>b</b>"
    other = await bot.edit_message_media(
        telegram.InputMediaPhoto(png(colour="red"), caption="c"), ann.id, photo.message_id
    )
    assert isinstance(other, telegram.Message)
    assert other.photo[-1].file_unique_id != photo.photo[-1].file_unique_id
    shown = (await people.messages(ann.id))[-1]
    assert (shown["caption"], "has_media_spoiler" in shown) == ("c", False)


async def test_item_of_an_album_changes_its_kind(bot: telegram.Bot, people: People) -> None:
    """A photo of an album can become another photo, but not a document."""
    ann = await people.person()
    await ann.say("/start")
    album = await bot.send_media_group(ann.id, [telegram.InputMediaPhoto(png(colour=c)) for c in ("red", "blue")])
    await bot.edit_message_media(telegram.InputMediaPhoto(png(colour="lime")), ann.id, album[0].message_id)
    with pytest.raises(BadRequest):
        await bot.edit_message_media(telegram.InputMediaDocument(b"x"), ann.id, album[0].message_id)


async def test_bot_deletes_what_is_not_its_own(bot: telegram.Bot, people: People) -> None:
    """In a group a bot deletes its own messages, and others' only as an administrator; not after 48 hours."""
    ann = await people.person()
    chat = await people.chat(ann)
    said = await ann.say("mine", chat)
    with pytest.raises(BadRequest, match=r"(?i)message can't be deleted"):
        await bot.delete_message(chat, said["message_id"])
    sent = await bot.send_message(chat, "bot's")
    assert await bot.delete_message(chat, sent.message_id)
    old = await bot.send_message(chat, "old")
    await people.post("/api/clock", advance=48 * 3600 + 1)
    with pytest.raises(BadRequest, match=r"(?i)message can't be deleted"):
        await bot.delete_message(chat, old.message_id)
    await people.post(f"/api/chats/{chat}/members", user_id="bot", status="administrator", by=ann.id)
    assert await bot.delete_messages(chat, [said["message_id"], old.message_id, 999])
    assert {"mine", "old"}.isdisjoint({m.get("text") for m in await people.messages(chat)})


async def test_forward_forgets_where_it_came_from(bot: telegram.Bot, people: People) -> None:
    """Forwards say whose they were, copies do not; protected content is neither forwarded nor copied."""
    ann = await people.person()
    (shown,) = await ann.show(png(), caption="mine")
    chat = await people.chat(ann)
    forwarded = await bot.forward_message(chat, ann.id, shown["message_id"])
    assert isinstance(forwarded.forward_origin, telegram.MessageOriginUser)
    assert forwarded.forward_origin.sender_user.id == ann.id
    copied = await bot.copy_message(chat, ann.id, shown["message_id"], caption="other")
    last = (await people.messages(chat))[-1]
    assert (last["message_id"], last["caption"], "forward_origin" in last) == (copied.message_id, "other", False)
    several = await bot.copy_messages(chat, ann.id, [shown["message_id"], 999])
    assert len(several) == 1
    secret = await bot.send_message(chat, "secret", protect_content=True)
    assert secret.has_protected_content
    for method in (bot.forward_message, bot.copy_message):
        with pytest.raises(BadRequest):
            await method(ann.id, chat, secret.message_id)


async def test_person_forwards_into_a_group(bot: telegram.Bot, people: People) -> None:
    """A forwarded photo arrives with its origin and its file."""
    ann = await people.person()
    (shown,) = await ann.show(png())
    chat = await people.chat(ann)
    source = {"chat_id": ann.id, "message_id": shown["message_id"]}
    await people.post(f"/api/chats/{chat}/messages", user_id=ann.id, forward_from=source)
    last = (await bot.get_updates())[-1].message
    assert last is not None
    assert last.photo[-1].file_unique_id == shown["photo"][-1]["file_unique_id"]
    assert isinstance(last.forward_origin, telegram.MessageOriginUser)


async def test_protected_chat_shows_nothing_of_it(bot: telegram.Bot, people: People) -> None:
    """In a chat with protected content every message says so."""
    ann = await people.person()
    chat = await people.chat(ann, protected=True)
    await ann.show(png(), chat_id=chat, spoiler="true")
    last = (await bot.get_updates())[-1].message
    assert last is not None
    assert (last.has_protected_content, last.has_media_spoiler) == (True, True)
    assert (await bot.get_chat(chat)).has_protected_content


async def test_reaction_is_not_seen(bot: telegram.Bot, people: People) -> None:
    """The bot reacts with one known emoji; people's reactions come only when asked for, and with names."""
    ann = await people.person()
    said = await ann.say("nice")
    assert await bot.set_message_reaction(ann.id, said["message_id"], "👍")
    with pytest.raises(BadRequest, match=r"(?i)REACTION_INVALID"):
        await bot.set_message_reaction(ann.id, said["message_id"], "🏠")
    path = f"/api/chats/{ann.id}/messages/{said['message_id']}/reactions"
    await people.post(path, user_id=ann.id, emoji="🔥")
    updates = await bot.get_updates(allowed_updates=["message_reaction"])
    assert not [u for u in updates if u.message_reaction]
    await people.post(path, user_id=ann.id, emoji="👎")
    reaction = (await bot.get_updates())[-1].message_reaction
    assert reaction is not None
    assert [r.to_dict()["emoji"] for r in (*reaction.old_reaction, *reaction.new_reaction)] == ["🔥", "👎"]
    assert reaction.user is not None
    assert reaction.user.id == ann.id


async def test_anonymous_author_is_named(bot: telegram.Bot, people: People) -> None:
    """Anonymous administrators and channels write as sender_chat, with the stand-in users Telegram uses."""
    ann = await people.person()
    chat = await people.chat(ann, type="supergroup")
    channel = await people.chat(ann, type="channel", title="News", bot="absent")
    await ann.say("as admin", chat, anonymous=True)
    await ann.say("as channel", chat, as_channel=channel)
    admin, news = [u.message for u in await bot.get_updates() if u.message and u.message.text]
    assert admin.sender_chat is not None
    assert admin.from_user is not None
    assert (admin.sender_chat.id, admin.from_user.username) == (chat, "GroupAnonymousBot")
    assert news.sender_chat is not None
    assert news.from_user is not None
    assert (news.sender_chat.id, news.from_user.username) == (channel, "Channel_Bot")


async def test_message_ids_go_on_across_supergroups(bot: telegram.Bot, people: People) -> None:
    """Supergroups count their own messages; groups and private chats share a counter."""
    ann = await people.person()
    one, two = await people.chat(ann, type="supergroup"), await people.chat(ann, type="supergroup")
    first = [(await bot.send_message(chat, "x")).message_id for chat in (one, two)]
    assert first[0] == first[1]
    group = await people.chat(ann)
    await ann.say("/start")
    assert (await bot.send_message(group, "x")).message_id < (await bot.send_message(ann.id, "x")).message_id
