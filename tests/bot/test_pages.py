"""The buttons under answers, over real HTTP with the demo model."""

import pytest

from bot.application import build
from bot.settings import Settings
from tests.bot.paging import COLOURS, asked, committed, posted
from tests.bot.standing import Standing, standing, stands
from tests.conftest import Archive, polling
from tests.people import Message, People, jpeg, picture_key, until


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
async def test_an_old_answer_cannot_be_closed(people: People, archive: Archive) -> None:
    """After 48 hours Telegram lets no bot delete it: it loses its buttons, and the one who pressed is told why."""
    chat, ann, _, _ = await posted(people, archive)
    question, first = await asked(people, chat, ann, "/search red", "1–5 of 7")
    await committed(archive)
    await archive.change("UPDATE questions SET sent_at = datetime(sent_at, '-49 hours')")
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
