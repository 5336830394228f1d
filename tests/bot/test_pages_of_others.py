"""Whose buttons they are: pressed by others, too late, or by nobody who was given them."""

import pytest
from telegram import Update

from bot.lifecycle import AnyApplication
from handlers.callback_data import PAGES
from sandbox.server import Sandbox
from tests.bot.paging import COLOURS, asked, committed, posted
from tests.bot.standing import standing, stands
from tests.conftest import Archive
from tests.people import Message, People, jpeg, picture_key, until


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
async def test_buttons_that_are_too_old_are_silent(people: People, archive: Archive) -> None:
    """After a month the question is forgotten, and who presses is told what to do."""
    chat, ann, _, _ = await posted(people, archive)
    question, first = await asked(people, chat, ann, "/search red", "1–5 of 7")
    await committed(archive)
    await archive.change("UPDATE questions SET asked_at = datetime(asked_at, '-31 days')")
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
