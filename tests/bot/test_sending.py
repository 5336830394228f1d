"""Answers on Telegram's bad days: each arrives once or not at all, and the next question is answered."""

from typing import Any

import pytest

from tests.conftest import Archive
from tests.people import People, jpeg, shown, until

pytestmark = pytest.mark.usefixtures("bot")


async def asked_under(people: People, archive: Archive, **fault: Any) -> tuple[int, int]:
    """A group with one photo in which a question meets a fault; the group and who asked."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Weekend crew", [ann])
    await people.post(chat, ann, photos=[jpeg("red")])
    await archive.settled(indexed=1)
    await people.ask("POST", "/api/faults", json={"method": "sendPhoto", **fault})
    await people.post(chat, ann, text="/search red")

    async def met() -> bool:
        return not await people.ask("GET", "/api/faults")

    await until(met, "the fault to be met")
    return chat, ann


@pytest.mark.parametrize(
    ("fault", "answers"),
    [
        ({"status": 429, "description": "Too Many Requests: retry after 1", "retry_after": 1}, 1),
        ({"drop_after": True}, 1),
        ({"half_body": True}, 1),
        ({"drop": True}, 0),
        ({"status": 502, "description": "Bad Gateway"}, 0),
    ],
    ids=["429", "lost after it was carried out", "half an answer", "lost before", "502"],
)
async def test_an_answer_comes_twice(people: People, archive: Archive, fault: dict[str, Any], answers: int) -> None:
    """What may have arrived is not sent again; whatever happened, the next question has its answer."""
    chat, ann = await asked_under(people, archive, **fault)
    assert len(shown(await people.asked(chat, ann, "/search red"))) == 1

    async def are_there() -> bool:
        return len(shown(await people.from_bot(chat))) >= answers + 1

    await until(are_there, "the first answer, which may come after the second")
    assert len(shown(await people.from_bot(chat))) == answers + 1


async def test_flood_limits_cost_an_answer(people: People, archive: Archive) -> None:
    """Telegram refuses more than a message a second in a chat: the bot waits, and every question is answered."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Weekend crew", [ann])
    await people.post(chat, ann, photos=[jpeg("red")])
    await archive.settled(indexed=1)
    await people.ask("PATCH", "/api/settings", json={"flood_limits": True})
    await people.ask("POST", "/api/clock", json={"frozen": True})  # a slow bot's answers are a second apart anyway
    questions = [(await people.post(chat, ann, text=f"/search red {colour}"))[0] for colour in ("a", "b", "c")]

    async def is_refused() -> bool:
        calls = await people.ask("GET", "/api/calls", params={"method": "sendPhoto"})
        return any(call["status"] == 429 for call in calls)

    await until(is_refused, "an answer to be one too many")
    await people.ask("POST", "/api/clock", json={"frozen": False})
    for question in questions:
        assert shown(await people.answer(chat, question))


async def test_a_group_that_moves_loses_its_answer(people: People, archive: Archive) -> None:
    """A group became a supergroup between question and answer: the answer goes to the supergroup."""
    ann = await people.person("Ann")
    chat = await people.chat("group", "Small crew", [ann], admins=[ann])
    await people.post(chat, ann, photos=[jpeg("red")])
    await archive.settled(indexed=1)
    moved = await people.ask("POST", f"/api/chats/{chat}/migrate", json={"user_id": ann})
    assert shown(await people.asked(moved["id"], ann, "/search red"))


async def test_a_chat_that_removed_the_bot_unnoticed_is_never_erased(people: People, archive: Archive) -> None:
    """The refusal of an answer tells it as well; the next message shows that the bot is back."""
    chat, ann = await asked_under(
        people, archive, status=403, description="Forbidden: bot was kicked from the supergroup chat"
    )

    async def is_left() -> bool:
        return archive.rows("SELECT left_at IS NOT NULL FROM chats WHERE id = ?", chat) == [(1,)]

    await until(is_left, "the removal to be noted")
    assert len(shown(await people.asked(chat, ann, "/search red"))) == 1
    assert len(shown(await people.from_bot(chat))) == 1
    assert not await is_left()
