"""Somebody asks and asks: he is told so once, and nobody else notices."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.application import build
from bot.lifecycle import AnyApplication
from bot.settings import Settings
from handlers import limits
from tests.conftest import Archive, polling
from tests.people import People, jpeg, shown, until

LIMIT = 3


@pytest.fixture
async def strict_bot(settings: Settings, loaded_once: None) -> AsyncIterator[AnyApplication]:
    """The bot with a small limit."""
    async with polling(build(settings.model_copy(update={"searches_per_minute": LIMIT}))) as application:
        yield application


async def test_one_person_uses_up_the_bot(people: People, archive: Archive, strict_bot: AnyApplication) -> None:
    """Past the limit he is told once, in whichever chat he asks; another person is answered."""
    ann, ben = await people.person("Ann"), await people.person("Ben")
    chat = await people.chat("supergroup", "Weekend crew", [ann, ben])
    other = await people.chat("supergroup", "Others", [ann, ben])
    await people.told(ann, ann, "/start")
    await people.post(chat, ann, photos=[jpeg("red")])
    await archive.settled(indexed=1)
    for _ in range(LIMIT):
        assert shown(await people.asked(chat, ann, "/search red"))
    assert f"up to {LIMIT} times a minute" in await people.told(chat, ann, "/search red")
    before = [len(await people.from_bot(place)) for place in (chat, other, ann)]
    for place in (other, ann, chat):
        await people.post(place, ann, text="/search red")
    assert shown(await people.asked(chat, ben, "/search red"))
    assert [len(await people.from_bot(place)) for place in (chat, other, ann)] == [before[0] + 1, *before[1:]]


async def test_photos_count_as_questions(people: People, archive: Archive, strict_bot: AnyApplication) -> None:
    """Who posts many photos may still ask."""
    ann = await people.person("Ann")
    for number in range(LIMIT + 2):
        await people.post(ann, ann, photos=[jpeg((number, 0, 0))])
    await archive.settled(indexed=LIMIT + 2)
    assert shown(await people.asked(ann, ann, "red"))


async def test_anonymous_admins_are_counted_as_one_unknown_user(
    people: People, archive: Archive, strict_bot: AnyApplication
) -> None:
    """They speak in the name of their chat: they share its share, and that of no other chat."""
    ann = await people.person("Ann")
    chats = [await people.chat("supergroup", f"Chat {number}", [ann], admins=[ann]) for number in range(2)]
    for chat in chats:
        for _ in range(LIMIT):
            assert "have not seen" in await people.told(chat, ann, "/search red", anonymous="true")
        assert "times a minute" in await people.told(chat, ann, "/search red", anonymous="true")


async def test_a_flood_in_one_chat_delays_another(
    people: People, archive: Archive, bot: AnyApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hundreds of questions of one group: another group's question is answered, and the group is told once."""
    monkeypatch.setattr(limits, "WAITING", 4)  # what waits is answered at 20 a minute before the bot ends
    ann, ben = await people.person("Ann"), await people.person("Ben")
    noisy = await people.chat("supergroup", "Noisy", [ann])
    quiet = await people.chat("supergroup", "Quiet", [ben])
    for chat, person in ((noisy, ann), (quiet, ben)):
        await people.post(chat, person, photos=[jpeg("red"), jpeg("blue")])
    await archive.settled(indexed=4)
    await asyncio.gather(*(people.post(noisy, ann, text=f"/search red {number}") for number in range(200)))
    answer = await people.asked(quiet, ben, "/search red")
    assert len(shown(answer)) == 2
    answered = await people.from_bot(noisy)
    assert len(answered) < 100

    async def told() -> bool:
        return any(
            "asked here than I can answer" in message.get("text", "") for message in await people.from_bot(noisy)
        )

    await until(told, "the noisy chat to be told")
