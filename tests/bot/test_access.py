"""Whom the bot serves, over real HTTP; of the others it keeps nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pydantic import ValidationError

from bot.application import build
from bot.settings import Settings
from tests.bot.test_chats import join
from tests.conftest import Archive, polling
from tests.people import People, jpeg, shown, until

pytestmark = pytest.mark.usefixtures("loaded_once")


@asynccontextmanager
async def serving(settings: Settings, chats: str | None = None, owners: str | None = None) -> AsyncIterator[None]:
    """The bot with such lists, as an operator writes them."""
    listed = Settings(_env_file=None, **{**settings.model_dump(), "allowed_chats": chats, "owners": owners})
    async with polling(build(listed)):
        yield


async def has_left(people: People, chat: int) -> bool:
    return not any(member["user"]["is_bot"] for member in await people.ask("GET", f"/api/chats/{chat}/members"))


async def test_a_group_that_is_not_listed_is_served(people: People, settings: Settings, archive: Archive) -> None:
    """It is told so once and left, and nothing of it is kept; the listed one is served, by id or by name."""
    ann = await people.person("Ann")
    listed = await people.chat("supergroup", "Listed", [ann])
    named = await people.chat("supergroup", "Named", [ann], username="Known_Crew")
    other = await people.chat("supergroup", "Secret society", [ann])
    channel = await people.chat("channel", "Secret channel", [ann])
    async with serving(settings, f"{listed}, @known_crew"):
        for chat in (listed, named, other, other, channel):
            await people.post(chat, ann, photos=[jpeg("red")])
        await archive.settled(indexed=2)
        assert len(shown(await people.asked(listed, ann, "/search red"))) == 1
        await until(lambda: has_left(people, other), "the bot to leave")
        await until(lambda: has_left(people, channel), "the bot to leave")
        [told] = [message["text"] for message in await people.from_bot(other) if "text" in message]
        assert "I keep nothing of it" in told
        assert await people.from_bot(channel) == []
    assert archive.rows("SELECT DISTINCT chat_id FROM photos ORDER BY 1 DESC") == [(listed,), (named,)]
    assert sorted(archive.rows("SELECT title FROM chats")) == [("Listed",), ("Named",)]


async def test_a_chat_that_could_not_be_left_at_once_is_never_left(people: People, settings: Settings) -> None:
    """With its next update it is tried again; it is told once."""
    ann = await people.person("Ann")
    other = await people.chat("supergroup", "Secret society", [ann])
    fault = {"method": "leaveChat", "times": 1, "status": 500, "description": "Internal Server Error"}
    await people.ask("POST", "/api/faults", json=fault)

    async def has_failed() -> bool:
        return not await people.ask("GET", "/api/faults")

    async with serving(settings, "1"):
        await people.post(other, ann, text="one")
        await until(has_failed, "the first try")
        await people.post(other, ann, text="two")
        await until(lambda: has_left(people, other), "the bot to leave")
    assert len([message for message in await people.from_bot(other) if "text" in message]) == 1


async def test_strangers_are_answered_in_private(people: People, settings: Settings, archive: Archive) -> None:
    """They are told once, and nothing of what they send is kept; an owner is served."""
    owner, stranger = await people.person("Owner"), await people.person("Stranger")
    async with serving(settings, owners=str(owner)):
        await people.post(stranger, stranger, photos=[jpeg("red")])
        await people.post(stranger, stranger, text="/stats")
        await people.post(owner, owner, photos=[jpeg("blue")])
        await archive.settled(indexed=1)
        assert "1 photo indexed" in await people.told(owner, owner, "/stats")
        [told] = await people.from_bot(stranger)
    assert "whoever runs me" in told["text"]
    assert archive.rows("SELECT id FROM chats") == [(owner,)]


async def test_what_was_kept_before_a_chat_was_refused_stays_for_ever(
    people: People, settings: Settings, archive: Archive
) -> None:
    """A private chat is never left: with its first refused update it counts as left, until it is served again."""
    owner, ann = await people.person("Owner"), await people.person("Ann")

    async def is_left(expected: int) -> None:
        async def said() -> bool:
            return archive.rows("SELECT left_at IS NOT NULL FROM chats WHERE id = ?", ann) == [(expected,)]

        await until(said, "the chat to be marked")

    async def has_been_told() -> bool:
        return any("erased 30 days from now" in message.get("text", "") for message in await people.from_bot(ann))

    async with serving(settings):
        await people.post(ann, ann, photos=[jpeg("red")])
        await archive.settled(indexed=1)
        await is_left(0)
    async with serving(settings, owners=str(owner)):
        await people.post(ann, ann, text="/stats")
        await is_left(1)
        await until(has_been_told, "the refusal")
    async with serving(settings):
        assert len(shown(await people.asked(ann, ann, "/search red"))) == 1
        await is_left(0)


async def test_a_group_is_served_because_a_stranger_added_the_bot(
    people: People, settings: Settings, archive: Archive
) -> None:
    """Only where an owner did, which is remembered, also when the group becomes a supergroup."""
    owner, ann = await people.person("Owner"), await people.person("Ann")
    theirs = await people.chat("group", "Owner's", [owner, ann], bot="absent")
    others = await people.chat("group", "Ann's", [ann, owner], bot="absent")
    async with serving(settings, owners=str(owner)):
        await join(people, others, ann)
        await until(lambda: has_left(people, others), "the bot to leave")
        await join(people, theirs, owner)
        await people.post(theirs, ann, photos=[jpeg("red")])
        await archive.settled(indexed=1)
    new = (await people.ask("POST", f"/api/chats/{theirs}/migrate"))["id"]
    async with serving(settings, owners=str(owner)):
        await people.post(new, ann, photos=[jpeg("blue")])
        await archive.settled(indexed=2)
        assert not await has_left(people, new)
    async with serving(settings, owners="1"):
        await people.post(new, ann, text="/stats")
        await until(lambda: has_left(people, new), "the bot to leave: who let it in is no owner any more")
    assert archive.rows("SELECT left_at IS NOT NULL FROM chats WHERE id = ?", new) == [(1,)], "to be erased in time"


async def test_a_listed_group_is_left_when_it_becomes_a_supergroup(
    people: People, settings: Settings, archive: Archive
) -> None:
    """It is known by the id it had."""
    ann = await people.person("Ann")
    old = await people.chat("group", "Growing", [ann])
    async with serving(settings, str(old)):
        await people.post(old, ann, photos=[jpeg("red")])
        new = (await people.ask("POST", f"/api/chats/{old}/migrate"))["id"]
        await people.post(new, ann, photos=[jpeg("blue")])
        await archive.settled(indexed=2)
    assert archive.rows("SELECT DISTINCT chat_id FROM photos") == [(new,)]


@pytest.mark.parametrize(("name", "value"), [("allowed_chats", "Family"), ("owners", "@ann")])
def test_a_list_of_nonsense_locks_everybody_out(name: str, value: str, settings: Settings) -> None:
    """It is refused at start."""
    with pytest.raises(ValidationError, match=name):
        Settings(_env_file=None, **{**settings.model_dump(), name: value})
