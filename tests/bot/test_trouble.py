"""Telegram's bad days, scripted in the sandbox."""

from datetime import timedelta
from typing import Any

import pytest

from search import retrying
from tests.conftest import Archive
from tests.people import People, jpeg, shown, until

pytestmark = pytest.mark.usefixtures("quick_retries", "bot")


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same doubling pauses, from milliseconds on."""
    monkeypatch.setattr(retrying, "FIRST_PAUSE", timedelta(milliseconds=1))
    for longest in ("LONGEST_PAUSE", "LONGEST_OUTAGE_PAUSE"):
        monkeypatch.setattr(retrying, longest, timedelta(milliseconds=20))


async def script(people: People, method: str, **fault: Any) -> None:
    await people.ask("POST", "/api/faults", json={"method": method, **fault})


async def crew(people: People) -> tuple[int, int]:
    ann = await people.person("Ann")
    return await people.chat("supergroup", "Weekend crew", [ann]), ann


@pytest.mark.parametrize(
    "fault",
    [
        {"method": "getFile", "status": 502, "description": "Bad Gateway"},
        {"method": "getFile", "status": 429, "description": "Too Many Requests: retry after 1", "retry_after": 1},
        {"method": "getFile", "drop": True},
        {"method": "getFile", "garbage": True},
        {
            "method": "getFile",
            "status": 400,
            "description": "Bad Request: wrong file_id or the file is temporarily unavailable",
        },
        {"method": "file", "status": 404, "description": "Not Found"},
        {"method": "file", "half_body": True},
        {"method": "file", "drop": True},
    ],
    ids=["502", "429", "dropped", "garbage", "unavailable", "link expired", "half a file", "download dropped"],
)
async def test_a_download_that_fails_twice_does_not_cost_the_photo(
    people: People, archive: Archive, fault: dict[str, Any]
) -> None:
    """It is tried again, and indexed."""
    chat, ann = await crew(people)
    await people.ask("POST", "/api/faults", json={**fault, "times": 2})
    await people.post(chat, ann, photos=[jpeg("red")])
    await archive.settled(indexed=1)


async def test_a_photo_that_never_comes_ends_as_failed_with_its_reason(people: People, archive: Archive) -> None:
    """After a day of attempts it is given up and counted; it does not hold up the next one."""
    chat, ann = await crew(people)
    unavailable = "Bad Request: wrong file_id or the file is temporarily unavailable"
    await script(people, "getFile", status=400, description=unavailable, times=retrying.MAX_ATTEMPTS)
    await people.post(chat, ann, photos=[jpeg("red")])
    await archive.settled(failed=1)
    [(reason, attempts)] = archive.rows("SELECT error, attempts FROM photos")
    assert "temporarily unavailable" in reason
    assert attempts == retrying.MAX_ATTEMPTS - 1
    await people.post(chat, ann, photos=[jpeg("blue")])
    await archive.settled(failed=1, indexed=1)


async def test_a_long_outage_does_not_cost_a_photo(people: People, archive: Archive) -> None:
    """However often Telegram is away, no file is to blame: none of it counts as an attempt."""
    chat, ann = await crew(people)
    await script(people, "getFile", status=502, description="Bad Gateway", times=2 * retrying.MAX_ATTEMPTS)
    await people.post(chat, ann, photos=[jpeg("red")])
    await archive.settled(indexed=1)
    assert archive.rows("SELECT attempts FROM photos") == [(0,)]


async def test_a_file_that_is_too_big_is_given_up_at_once(people: People, archive: Archive) -> None:
    """Telegram will not hand it out, however often it is asked."""
    chat, ann = await crew(people)
    await script(people, "getFile", status=400, description="Bad Request: file is too big", times=1)
    await people.post(chat, ann, photos=[jpeg("red")])
    await archive.settled(failed=1)
    assert archive.rows("SELECT attempts FROM photos") == [(0,)]


async def test_an_album_that_telegram_refuses_still_answers(people: People, archive: Archive) -> None:
    """Its list goes out alone: who, when and a link to each."""
    chat, ann = await crew(people)
    for colour in ("red", "blue"):
        await people.post(chat, ann, photos=[jpeg(colour)])
    await archive.settled(indexed=2)
    await script(
        people, "sendMediaGroup", status=400, description="Bad Request: wrong file identifier/HTTP URL specified"
    )
    [answer] = await people.asked(chat, ann, "/search red")
    assert not answer.get("photo")
    assert answer["text"].splitlines()[1].startswith("2. Ann, ")


async def test_polling_goes_on_after_telegram_was_away(people: People, archive: Archive) -> None:
    """Server errors, garbage and dropped connections of getUpdates are waited out."""
    chat, ann = await crew(people)
    for fault in ({"status": 502, "description": "Bad Gateway"}, {"drop": True}, {"garbage": True}):
        await script(people, "getUpdates", **fault)
    await people.post(chat, ann, photos=[jpeg("red")])
    await archive.settled(indexed=1)
    assert len(shown(await people.asked(chat, ann, "/search red"))) == 1


async def test_protected_photos_are_linked_and_not_sent_again(people: People, archive: Archive) -> None:
    """A chat that protects its content is answered with the list alone."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Secret", [ann], protected=True)
    [posted] = await people.post(chat, ann, photos=[jpeg("red")])
    assert posted.get("has_protected_content") is True
    await archive.settled(indexed=1)
    [question] = await people.post(chat, ann, text="/search red")

    async def answered() -> list[dict[str, Any]]:
        said = await people.from_bot(chat, question["message_id"])
        return [message for message in said if "1. Ann" in message.get("text", "")]

    [answer] = await until(answered, "the list")
    assert answer["reply_to_message"]["message_id"] == posted["message_id"]
    assert not answer.get("photo")
    assert [entity["url"].endswith(f"/{posted['message_id']}") for entity in answer["entities"] if "url" in entity] == [
        True
    ]


async def test_photos_from_before_a_chat_was_protected_are_sent_again(people: People, archive: Archive) -> None:
    """What counts is the chat as it is when it asks; and what was protected once is not sent when it is no longer."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Changing", [ann])
    await people.post(chat, ann, photos=[jpeg("red")], caption="early")
    await archive.settled(indexed=1)
    await people.ask("PATCH", f"/api/chats/{chat}", json={"protected": True})
    assert not await shows_a_photo(people, chat, ann, "early")
    await people.post(chat, ann, photos=[jpeg("blue")], caption="late")
    await archive.settled(indexed=2)
    await people.ask("PATCH", f"/api/chats/{chat}", json={"protected": False})
    assert await shows_a_photo(people, chat, ann, "early")
    assert not await shows_a_photo(people, chat, ann, "late")


async def shows_a_photo(people: People, chat: int, user: int, words: str) -> bool:
    [question] = await people.post(chat, user, text=f'/search text:"{words}"')

    async def answered() -> list[dict[str, Any]]:
        return await people.from_bot(chat, question["message_id"])

    return any(message.get("photo") for message in await until(answered, "an answer"))


async def test_an_unreadable_photo_asked_about_gets_a_sentence(people: People, archive: Archive) -> None:
    """Not silence, not a trace."""
    chat, ann = await crew(people)
    await people.post(chat, ann, photos=[jpeg("red")])
    await archive.settled(indexed=1)
    question = await people.post(
        chat, ann, document=("broken.png", b"\x89PNG\r\n\x1a\n", "image/png"), caption="/similar"
    )
    [said] = await people.answer(chat, question[0])
    assert "cannot read that picture" in said["text"]
    assert archive.states()["indexed"] == 1


async def test_a_dead_question_does_not_stop_its_answer(people: People, archive: Archive) -> None:
    """The question was deleted before the answer came: it is sent without the reply."""
    chat, ann = await crew(people)
    await people.post(chat, ann, photos=[jpeg("red")])
    await archive.settled(indexed=1)
    await script(people, "sendPhoto", delay=0.3)
    [question] = await people.post(chat, ann, text="/search red")
    await people.ask("DELETE", f"/api/chats/{chat}/messages/{question['message_id']}", params={"user_id": ann})

    async def answered() -> list[dict[str, Any]]:
        return [message for message in await people.from_bot(chat) if message.get("photo")]

    assert len(await until(answered, "an answer to a deleted question")) == 1
