"""Joining, leaving and growing: what becomes of a chat's archive."""

from datetime import UTC, datetime, timedelta

import pytest
from telegram import Chat, Message, Update

from bot.application import build
from bot.lifecycle import AnyApplication
from bot.settings import Settings
from tests.conftest import Archive, polling
from tests.people import People, jpeg, picture_key, shown, until


async def join(people: People, chat: int, by: int, status: str = "member") -> None:
    await people.ask("POST", f"/api/chats/{chat}/members", json={"user_id": "bot", "status": status, "by": by})


@pytest.mark.usefixtures("loaded_once")
@pytest.mark.parametrize(
    ("privacy", "status", "is_warned"),
    [(True, "member", True), (True, "administrator", False), (False, "member", False)],
)
async def test_a_group_is_told_when_privacy_mode_hides_its_photos(
    people: People, settings: Settings, privacy: bool, status: str, is_warned: bool
) -> None:
    """The introduction says what is stored, and warns only where the bot would see nothing."""
    await people.ask("PATCH", "/api/bot", json={"can_read_all_group_messages": not privacy})
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "New", [ann], bot="absent")
    async with polling(build(settings)):
        await join(people, chat, ann, status)
        [said] = await until(lambda: people.from_bot(chat), "an introduction")
    assert "What I store" in said["text"]
    assert ("privacy mode is on" in said["text"]) is is_warned


@pytest.mark.usefixtures("bot")
async def test_a_group_keeps_its_archive_when_it_becomes_a_supergroup(people: People, archive: Archive) -> None:
    """Old photos are found in the new chat, and message ids that start again collide with none of them."""
    ann = await people.person("Ann")
    old = await people.chat("group", "Growing", [ann])
    [before] = await people.post(old, ann, photos=[jpeg("red")])
    await archive.settled(indexed=1)
    new = (await people.ask("POST", f"/api/chats/{old}/migrate"))["id"]
    later = [(await people.post(new, ann, photos=[jpeg(colour)]))[0] for colour in ("blue", "green", "white")]
    await archive.settled(indexed=4)
    answer = await people.asked(new, ann, "/search red")
    assert set(shown(answer)) == {picture_key(before), *(picture_key(message) for message in later)}
    links = [entity["url"] for entity in answer[0]["caption_entities"] if entity["type"] == "text_link"]
    assert len(links) == 3, "a message of the old group has no link"
    assert archive.rows("SELECT DISTINCT chat_id FROM photos") == [(new,)]


def is_left(archive: Archive, chat: int) -> bool:
    return archive.rows("SELECT left_at IS NOT NULL FROM chats WHERE id = ?", chat) == [(1,)]


async def removed(people: People, archive: Archive) -> tuple[int, int]:
    """A chat with one indexed photo, from which the bot has been removed, and somebody in it."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Leaving", [ann])
    await people.post(chat, ann, photos=[jpeg("red")])
    await archive.settled(indexed=1)
    await join(people, chat, ann, "kicked")

    async def is_marked() -> bool:
        return is_left(archive, chat)

    await until(is_marked, "the chat to be marked as left")
    return chat, ann


@pytest.mark.usefixtures("bot")
async def test_nothing_of_a_chat_that_removed_the_bot_is_searchable(people: People, archive: Archive) -> None:
    """Marked as left at once; when the bot is added again, the archive is back."""
    chat, ann = await removed(people, archive)
    await join(people, chat, ann)
    assert len(shown(await people.asked(chat, ann, "/search red"))) == 1


async def test_the_word_of_its_own_removal_makes_a_chat_searchable_again(
    bot: AnyApplication, people: People, archive: Archive
) -> None:
    """The service message about it comes after `my_chat_member`, perhaps a second later, and shows no return."""
    chat, _ = await removed(people, archive)
    moment = datetime.now(UTC) + timedelta(seconds=1)
    removal = Message(99, moment, Chat(chat, "supergroup", title="Leaving"), left_chat_member=bot.bot.bot)
    await bot.update_queue.put(Update(1_000_000, message=removal))
    assert is_left(archive, chat)
