"""The answer follows its question's edits, and no question is answered twice."""

from typing import Any

import pytest
from telegram import Update

from bot.application import build
from bot.lifecycle import AnyApplication
from bot.settings import Settings
from sandbox.server import Sandbox
from tests.bot.standing import standing, stands
from tests.conftest import Archive, polling
from tests.people import Message, People, jpeg, picture_key, until

COLOURS = ("red", "green", "blue", "yellow", "white", "black", "purple")


async def posted(people: People, archive: Archive, private: bool = False) -> tuple[int, int, dict[str, str]]:
    """A chat of Ann's with one photo of each colour; the keys by colour, which are also the captions."""
    ann = await people.person("Ann")
    chat = ann if private else await people.chat("supergroup", "Weekend crew", [ann])
    keys = {}
    for colour in COLOURS:
        [message] = await people.post(chat, ann, photos=[jpeg(colour)], caption=f"{colour} thing")
        keys[colour] = picture_key(message)
    await archive.settled(indexed=len(COLOURS))
    return chat, ann, keys


async def edited(people: People, chat: int, user: int, question: Message, **fields: str) -> None:
    """A person edits a message."""
    path = f"/api/chats/{chat}/messages/{question['message_id']}"
    await people.ask("PATCH", path, json={"user_id": user, **fields})


async def says(people: People, chat: int, question: Message, words: str) -> list[Message]:
    """Waits until one message, which says so, is all that stands of the answer."""

    async def said() -> list[Message]:
        now = (await standing(people, chat, question)).messages
        return now if len(now) == 1 and words in str(now[0].get("text")) else []

    return await until(said, f"the answer to say {words!r}")


@pytest.mark.usefixtures("bot")
async def test_an_edited_question_keeps_its_old_answer(people: People, archive: Archive) -> None:
    """Another answer stands in place of the first; to a sentence and back; an edit of nothing changes nothing."""
    chat, ann, keys = await posted(people, archive)
    [question] = await people.post(chat, ann, text='/search text:"red thing" n:1')
    [first] = (await stands(people, chat, question, "")).messages
    assert picture_key(first) == keys["red"]
    await edited(people, chat, ann, question, text='/search text:"blue thing" n:1')

    async def blue() -> bool:
        now = await standing(people, chat, question)
        return now.keys == [keys["blue"]]

    await until(blue, "the blue one")
    [second] = (await standing(people, chat, question)).messages
    assert second["message_id"] == first["message_id"], "a lone photo is changed in place"
    await edited(people, chat, ann, question, text="/search")
    await says(people, chat, question, "What should I look for")
    await edited(people, chat, ann, question, text="/search after:nonsense")
    await says(people, chat, question, "after:nonsense")
    await edited(people, chat, ann, question, text="/search red n:3")
    third = await stands(people, chat, question, "1–3 of 7")
    await edited(people, chat, ann, question, text="/search  red   n:3 ")
    await edited(people, chat, ann, question, text="/search red n:4")
    fourth = await stands(people, chat, question, "1–4 of 7")
    assert fourth.keys[:3] == third.keys


@pytest.mark.usefixtures("bot")
async def test_an_answer_stays_where_its_question_is_none_any_more(people: People, archive: Archive) -> None:
    """It goes, album and buttons; the same question, edited back, is answered again."""
    chat, ann, _ = await posted(people, archive)
    question = "/search red n:3"
    [message] = await people.post(chat, ann, text=question)
    first = await stands(people, chat, message, "")
    for words in ("never mind", "/stats"):
        await edited(people, chat, ann, message, text=words)

        async def gone() -> bool:
            return not (await standing(people, chat, message)).messages

        await until(gone, "the answer to go")

    async def is_forgotten() -> bool:
        return not archive.rows("SELECT query FROM questions WHERE query IS NOT NULL")

    await until(is_forgotten, "what was asked to be forgotten")
    await edited(people, chat, ann, message, text=question)
    assert len((await stands(people, chat, message, "")).messages) == len(first.messages)


@pytest.mark.usefixtures("bot")
async def test_an_edit_that_changes_nothing_is_answered_again(
    people: People, archive: Archive, sandbox: Sandbox
) -> None:
    """Other spaces, the same question: nothing is sent, edited or deleted."""
    chat, ann, _ = await posted(people, archive)
    [question] = await people.post(chat, ann, text="/search red")
    before = await stands(people, chat, question, "1–5 of 7")
    await edited(people, chat, ann, question, text="/search   red  ")
    await people.told(chat, ann, "/stats")
    await people.press(chat, ann, before.control, "Similar")  # waits for whatever the edit might have begun
    after = await standing(people, chat, question)
    assert [message["message_id"] for message in after.messages if "reply_to_message" in message][:6] == [
        message["message_id"] for message in before.messages
    ]
    assert len([call for call in sandbox.world.calls if call.method == "sendMediaGroup"]) == 1


@pytest.mark.usefixtures("bot")
async def test_words_in_private_and_captions_cannot_be_edited(people: People, archive: Archive) -> None:
    """Plain words in private are a question, and so is the caption of a photo."""
    ann, _, keys = await posted(people, archive, private=True)
    [words] = await people.post(ann, ann, text='text:"red thing" n:1')
    assert (await stands(people, ann, words, "")).keys == [keys["red"]]
    await edited(people, ann, ann, words, text='text:"green thing" n:1')

    async def green() -> bool:
        return (await standing(people, ann, words)).keys == [keys["green"]]

    await until(green, "the green one")
    [photo] = await people.post(ann, ann, photos=[jpeg((200, 0, 0))], caption="/similar n:3")
    await stands(people, ann, photo, "1–3 of 7")
    await edited(people, ann, ann, photo, caption="/similar n:4")
    await stands(people, ann, photo, "1–4 of 7")


@pytest.mark.usefixtures("bot")
async def test_a_message_that_becomes_a_question_is_answered_twice(people: People, archive: Archive) -> None:
    """Once, whatever it was before; and a message that asks nothing gets no answer."""
    chat, ann, _ = await posted(people, archive)
    [message] = await people.post(chat, ann, text="serch red")
    await edited(people, chat, ann, message, text="search red")
    await edited(people, chat, ann, message, text="/search red")
    await stands(people, chat, message, "1–5 of 7")


async def test_a_question_handed_over_again_is_answered_twice(
    people: People, settings: Settings, archive: Archive, loaded_once: None, sandbox: Sandbox
) -> None:
    """Neither in the same process nor in the next, neither after an answer nor after a crash in the middle of one."""
    async with polling(build(settings)) as application:
        chat, ann, _ = await posted(people, archive)
        [question] = await people.post(chat, ann, text="/search red")
        await stands(people, chat, question, "1–5 of 7")
        await people.ask("POST", "/api/faults", json={"method": "sendMediaGroup", "drop": True, "times": 10})
        [torn] = await people.post(chat, ann, text="/search blue")

        async def begun() -> bool:
            return archive.rows("SELECT state FROM questions WHERE message_id = ?", torn["message_id"]) != []

        await until(begun, "the second question to be committed")
        await again(application, question, torn)
    await people.ask("DELETE", "/api/faults")
    async with polling(build(settings)) as application:
        await again(application, question, torn)
        await people.told(chat, ann, "/stats")
        await people.told(chat, ann, "/stats")
    assert len([call for call in sandbox.world.calls if call.method == "sendMediaGroup" and call.status == 200]) == 1


async def again(application: AnyApplication, *messages: Message) -> None:
    """Telegram hands messages over once more, as it does after a crash."""
    for number, message in enumerate(messages):
        sent: dict[str, Any] = {"update_id": 800_000_000 + number, "message": message}
        update = Update.de_json(sent, application.bot)
        assert update is not None
        await application.update_queue.put(update)
