"""The buttons under answers, over real HTTP with the demo model."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from telegram import Update

from bot.application import build
from bot.lifecycle import AnyApplication
from bot.settings import Settings
from handlers.callback_data import PAGES
from sandbox.server import Sandbox
from tests.bot.standing import Standing, standing, stands
from tests.conftest import Archive, polling
from tests.people import Message, People, jpeg, picture_key, until

COLOURS = ("red", "green", "blue", "yellow", "white", "black", "purple")


async def posted(
    people: People, archive: Archive, count: int = 7, caption: str = "", **more: Any
) -> tuple[int, int, int, dict[str, Message]]:
    """A group of Ann and its admin Ben with one photo of each colour, indexed; the messages by picture."""
    ann, ben = await people.person("Ann"), await people.person("Ben")
    chat = await people.chat("supergroup", "Weekend crew", [ann, ben], admins=[ben], **more)
    messages = {}
    for colour in COLOURS[:count]:
        [message] = await people.post(chat, ann, photos=[jpeg(colour)], caption=caption)
        messages[picture_key(message)] = message
    await archive.settled(indexed=count)
    return chat, ann, ben, messages


async def asked(people: People, chat: int, user: int, text: str, where: str, **more: Any) -> tuple[Message, Standing]:
    """A question and its answer, with its buttons."""
    [question] = await people.post(chat, user, text=text, **more)
    return question, await stands(people, chat, question, where)


@pytest.mark.usefixtures("bot")
async def test_paging_repeats_or_leaves_out_a_photo(people: People, archive: Archive) -> None:
    """Two pages have every photo once; "back" shows the first again; one answer stands at a time."""
    chat, ann, _, messages = await posted(people, archive)
    question, first = await asked(people, chat, ann, "/search red", "1–5 of 7")
    assert first.buttons == ["More ›", "Similar…", "Newest first", "Close"]
    assert await people.press(chat, ann, first.control, "More") == {"show_alert": False}
    second = await stands(people, chat, question, "6–7 of 7")
    assert second.buttons == ["‹ Back", "Similar…", "Newest first", "Close"]
    assert second.text.startswith("6. ")
    assert sorted(first.keys + second.keys) == sorted(messages)
    await people.press(chat, ann, second.control, "Back")
    again = await stands(people, chat, question, "1–5 of 7")
    assert (again.keys, again.text) == (first.keys, first.text)


async def test_a_restart_kills_the_buttons(
    people: People, settings: Settings, archive: Archive, loaded_once: None
) -> None:
    """Pages go on in the next process; what was posted meanwhile is not pushed in between, what went is left out."""
    async with polling(build(settings)):
        chat, ann, _, messages = await posted(people, archive)
        question, first = await asked(people, chat, ann, "/search red", "1–5 of 7")
        later = [key for key in messages if key not in first.keys]
        gone = messages[later[0]]
        await people.post(chat, ann, photos=[jpeg((250, 5, 5))])
        await people.post(chat, ann, text="/forget", reply_to_message_id=gone["message_id"])
        await until(lambda: _is_there(archive, gone, len(messages)), "the one to go and the new one to come")
    async with polling(build(settings)):
        await people.press(chat, ann, first.control, "More")

        async def turned() -> Standing | None:
            return await _page_of(people, chat, question, 6)

        second = await until(turned, "the second page")
        assert second is not None
        assert second.keys == [later[1]]
        assert second.where == "6 of 6, best first"


async def _is_there(archive: Archive, gone: Message, indexed: int) -> bool:
    left = archive.rows("SELECT count(*) FROM photos WHERE message_id = ?", gone["message_id"])
    return left == [(0,)] and archive.states() == {"indexed": indexed}


async def _page_of(people: People, chat: int, question: Message, first: int) -> Standing | None:
    """The answer where its first photo has that number; a lone photo has its buttons itself."""
    now = await standing(people, chat, question)
    lists = [m for m in now.messages if str(m.get("caption", "")).startswith(f"{first}. ")]
    return Standing(lists) if lists else None


@pytest.mark.usefixtures("bot")
async def test_anybody_turns_the_pages_of_another(people: People, archive: Archive) -> None:
    """The one who asked may, and an admin; everybody else reads a kind alert, and nothing changes."""
    chat, ann, ben, _ = await posted(people, archive)
    cleo = await people.person("Cleo")
    await people.ask("POST", f"/api/chats/{chat}/members", json={"user_id": cleo, "status": "member", "by": ben})
    question, first = await asked(people, chat, ann, "/search red", "1–5 of 7")
    for label in ("More", "Similar", "Close"):
        alert = await people.press(chat, cleo, first.control, label)
        assert alert is not None
        assert alert["show_alert"]
        assert "Ask for yourself" in alert["text"]
    assert (await standing(people, chat, question)).messages == first.messages
    await people.press(chat, ben, first.control, "More")
    await stands(people, chat, question, "6–7 of 7")


@pytest.mark.usefixtures("bot")
async def test_an_anonymous_admin_cannot_turn_pages(people: People, archive: Archive) -> None:
    """Asked in the group's name, the question is every admin's, and nobody else's."""
    chat, ann, ben, _ = await posted(people, archive)
    member = {"user_id": ben, "status": "administrator", "by": ben, "anonymous": True}
    await people.ask("POST", f"/api/chats/{chat}/members", json=member)
    question, first = await asked(people, chat, ben, "/search red", "1–5 of 7", anonymous="true")
    alert = await people.press(chat, ann, first.control, "More")
    assert alert is not None
    assert alert["show_alert"]
    await people.press(chat, ben, first.control, "More")
    await stands(people, chat, question, "6–7 of 7")


@pytest.mark.usefixtures("bot")
async def test_closing_leaves_something_behind(people: People, archive: Archive) -> None:
    """The album and its buttons go, other messages stay, and what was asked is forgotten."""
    chat, ann, ben, messages = await posted(people, archive)
    for who in (ann, ben):
        question, first = await asked(people, chat, ann, "/search red", "1–5 of 7")
        assert await people.press(chat, who, first.control, "Close") == {"show_alert": False}
        assert not (await standing(people, chat, question)).messages
    await committed(archive, "closed")
    kept = {message["message_id"] for message in await people.messages(chat)}
    assert {message["message_id"] for message in messages.values()} <= kept
    assert set(archive.rows("SELECT state, query, answer_ids FROM questions")) == {("closed", None, "[]")}


@pytest.mark.usefixtures("bot")
async def test_an_old_answer_cannot_be_closed(people: People, archive: Archive, settings: Settings) -> None:
    """After 48 hours Telegram lets no bot delete it: it loses its buttons, and the one who pressed is told why."""
    chat, ann, _, _ = await posted(people, archive)
    question, first = await asked(people, chat, ann, "/search red", "1–5 of 7")
    await committed(archive)
    written(settings.data_dir, "UPDATE questions SET sent_at = datetime(sent_at, '-49 hours')")
    await people.ask("POST", "/api/clock", json={"advance": 49 * 3600})
    note = await people.press(chat, ann, first.control, "Close")
    assert note is not None
    assert "older than two days" in note["text"]
    left = await standing(people, chat, question)
    assert left.keys == first.keys
    assert not [message for message in left.messages if "reply_markup" in message]


@pytest.mark.usefixtures("bot")
async def test_similar_does_not_ask_which_photo(people: People, archive: Archive) -> None:
    """Numbers appear, one for each photo; the chosen one's like are shown without it, and "back" leads back."""
    chat, ann, _, messages = await posted(people, archive)
    question, first = await asked(people, chat, ann, "/search red", "1–5 of 7")
    await people.press(chat, ann, first.control, "More")
    second = await stands(people, chat, question, "6–7 of 7")
    await people.press(chat, ann, second.control, "Similar")
    numbers = await standing(people, chat, question)
    assert numbers.buttons == ["6", "7", "‹ Back"]
    await people.press(chat, ann, numbers.control, "Back")
    assert (await standing(people, chat, question)).buttons == second.buttons
    await people.press(chat, ann, second.control, "Similar")
    await people.press(chat, ann, second.control, "7")
    like = await stands(people, chat, question, "1–5 of 6, like the one you chose")
    assert set(like.keys) < set(messages) - {second.keys[1]}
    await people.press(chat, ann, like.control, "Back")
    assert (await stands(people, chat, question, "6–7 of 7")).keys == second.keys


@pytest.mark.usefixtures("bot")
async def test_newest_first_is_not_by_date(people: People, archive: Archive) -> None:
    """The last posted comes first; pages go on in that order; "best first" leads back to the first answer."""
    chat, ann, _, messages = await posted(people, archive, caption="something red")
    question, best = await asked(people, chat, ann, "/search red", "1–5 of 7")
    await people.press(chat, ann, best.control, "Newest first")
    newest = await stands(people, chat, question, "1–5 of 7, newest first")
    await people.press(chat, ann, newest.control, "More")
    oldest = await stands(people, chat, question, "6–7 of 7, newest first")
    assert newest.keys + oldest.keys == list(reversed(messages))
    await people.press(chat, ann, oldest.control, "Best first")
    assert (await stands(people, chat, question, "1–5 of 7")).keys == best.keys


@pytest.mark.usefixtures("bot")
async def test_a_lone_photo_has_no_buttons(people: People, archive: Archive) -> None:
    """It carries them itself, and the way back is an album again."""
    chat, ann, _, messages = await posted(people, archive, count=6)
    question, first = await asked(people, chat, ann, "/search red", "1–5 of 6")
    await people.press(chat, ann, first.control, "More")
    [lone] = (await stands(people, chat, question, "6 of 6")).messages
    assert "media_group_id" not in lone
    assert picture_key(lone) in set(messages) - set(first.keys)
    await people.press(chat, ann, lone, "Back")
    assert (await stands(people, chat, question, "1–5 of 6")).keys == first.keys


@pytest.mark.usefixtures("bot")
async def test_protected_photos_are_sent_again_by_a_button(people: People, archive: Archive) -> None:
    """The list has the buttons and is changed in place."""
    chat, ann, _, _ = await posted(people, archive, protected=True)
    question, first = await asked(people, chat, ann, "/search red", "1–5 of 7")
    await people.press(chat, ann, first.control, "More")
    second = await stands(people, chat, question, "6–7 of 7")
    assert second.keys == []
    assert second.text.startswith("6. ")
    assert second.control["message_id"] == first.control["message_id"]


@pytest.mark.usefixtures("bot")
async def test_a_page_leaves_its_topic_or_uncovers_a_spoiler(people: People, archive: Archive) -> None:
    """Every page stands in the topic of its question, and a blurred photo stays blurred."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Forum", [ann], is_forum=True)
    topic = (await people.ask("POST", f"/api/chats/{chat}/topics", json={"name": "Food"}))["message_thread_id"]
    for colour in COLOURS:
        await people.post(chat, ann, photos=[jpeg(colour)], message_thread_id=topic, spoiler="true")
    await archive.settled(indexed=7)
    question, first = await asked(people, chat, ann, "/search red", "1–5 of 7", message_thread_id=topic)
    await people.press(chat, ann, first.control, "More")
    second = await stands(people, chat, question, "6–7 of 7")
    assert {message["message_thread_id"] for message in second.messages} == {topic}
    assert all(message["has_media_spoiler"] for message in second.messages if message.get("photo"))


@pytest.mark.usefixtures("bot")
async def test_a_channel_has_no_buttons(people: People, archive: Archive) -> None:
    """A question posted by the channel itself is its admins' business."""
    ann, ben = await people.person("Ann"), await people.person("Ben")
    chat = await people.chat("channel", "News", [ben], admins=[ann], bot="administrator")
    for colour in COLOURS:
        await people.post(chat, ann, photos=[jpeg(colour)])
    await archive.settled(indexed=7)
    [question] = await people.post(chat, ann, text="/search red")

    async def answered() -> list[Message]:
        return [m for m in await people.messages(chat, question["message_id"]) if "reply_markup" in m]

    [control] = await until(answered, "the buttons in the channel")
    alert = await people.press(chat, ben, control, "More")
    assert alert is not None
    assert alert["show_alert"]
    await people.press(chat, ann, control, "More")
    assert (await until(answered, "the next page"))[0]["text"] == "6–7 of 7, best first"


@pytest.mark.usefixtures("bot")
async def test_buttons_that_are_too_old_are_silent(people: People, archive: Archive, settings: Settings) -> None:
    """After a month the question is forgotten, and who presses is told what to do."""
    chat, ann, _, _ = await posted(people, archive)
    question, first = await asked(people, chat, ann, "/search red", "1–5 of 7")
    await committed(archive)
    written(settings.data_dir, "UPDATE questions SET asked_at = datetime(asked_at, '-31 days')")
    alert = await people.press(chat, ann, first.control, "More")
    assert alert is not None
    assert alert["show_alert"]
    assert "too old" in alert["text"]
    assert (await standing(people, chat, question)).messages == first.messages


async def test_a_forged_button_shows_another_chats_photos(
    people: People, archive: Archive, bot: AnyApplication, sandbox: Sandbox
) -> None:
    """Data that no button of this answer has, or under a message without one, gets nothing but an alert."""
    chat, ann, _, messages = await posted(people, archive)
    other, ben, _, others = await posted_elsewhere(people, archive)
    question, first = await asked(people, chat, ann, "/search red", "1–5 of 7")
    elsewhere, theirs = await asked(people, other, ben, "/search red", "1–5 of 7")
    [(foreign,)] = archive.rows("SELECT min(id) FROM photos WHERE chat_id = ?", other)
    [(later,)] = archive.rows("SELECT max(id) FROM photos WHERE chat_id = ?", chat)
    under, own = theirs.control["message_id"], first.control["message_id"]
    for number, (where, data) in enumerate(
        [
            (own, f"like:{foreign}"),  # a photo of the other chat
            (under, "more:5"),  # the other chat's answer, from here
            (first.messages[0]["message_id"], "more:5"),
            (own, "more:-1"),
            (own, f"more:{10**18}"),
            (own, "more:５"),
            (own, "more"),
            (own, "purge:5"),
            (own, f"back:{10**30}"),
            (own, ""),
        ]
    ):
        await bot.update_queue.put(press(bot, number, chat, ann, where, f"{PAGES}{data}"))

    async def refused() -> bool:
        calls = [call for call in sandbox.world.calls if call.method == "answerCallbackQuery"]
        return len(calls) >= 10

    await until(refused, "every press to be answered")
    assert (await standing(people, other, elsewhere)).messages == theirs.messages
    now = await standing(people, chat, question)
    assert set(now.keys) <= set(messages)
    assert not set(now.keys) & set(others)
    assert later


async def posted_elsewhere(people: People, archive: Archive) -> tuple[int, int, int, dict[str, Message]]:
    """Another group, with other photos."""
    ben = await people.person("Ben")
    chat = await people.chat("supergroup", "Others", [ben], admins=[ben])
    messages = {}
    for number in range(7):
        [message] = await people.post(chat, ben, photos=[jpeg((255, 20 * number, 3))])
        messages[picture_key(message)] = message
    await archive.settled(indexed=14)
    return chat, ben, ben, messages


def press(bot: AnyApplication, number: int, chat: int, user: int, message_id: int, data: str) -> Update:
    """A press as a forged client might send it."""
    query = {
        "id": f"{number}",
        "from": {"id": user, "is_bot": False, "first_name": "Ann"},
        "chat_instance": "1",
        "message": {"message_id": message_id, "date": 0, "chat": {"id": chat, "type": "supergroup", "title": "Crew"}},
        "data": data,
    }
    update = Update.de_json({"update_id": 900_000_000 + number, "callback_query": query}, bot.bot)
    assert update is not None
    return update


async def committed(archive: Archive, state: str = "answered") -> None:
    """Waits until what people see is also what the bot knows."""

    async def known() -> bool:
        return set(archive.rows("SELECT state FROM questions")) == {(state,)}

    await until(known, f"every question to be {state}")


def written(data_dir: Path, statement: str) -> None:
    """What only time does otherwise."""
    with closing(sqlite3.connect(data_dir / "chatlens.db", timeout=30)) as connection:
        connection.execute(statement)
        connection.commit()
