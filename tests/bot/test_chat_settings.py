"""/settings over real HTTP: who may change what, that it holds, and that what it says is so."""

import pytest
from telegram import CallbackQuery, Update, User

from bot import application as bot_application
from bot.lifecycle import AnyApplication
from bot.settings import Settings
from handlers.callback_data import SETTINGS
from handlers.settings import chosen, keyboard
from search.errors import QuestionError
from search.records import ChatSettings
from tests.conftest import Archive, polling
from tests.people import Message, People, jpeg, until


async def panel(people: People, chat: int, user: int) -> Message:
    """The message with the buttons."""
    [shown] = await people.asked(chat, user, "/settings")
    return shown


async def reads(people: People, chat: int, message: Message, words: str) -> None:
    """Waits until the panel says so."""

    async def said() -> bool:
        now = next(m for m in await people.messages(chat) if m["message_id"] == message["message_id"])
        return words in now["text"]

    await until(said, words)


async def test_settings_are_forgotten_at_a_restart(people: People, settings: Settings, loaded_once: None) -> None:
    """An admin's choice holds in the next process, and a button from before it still works."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Weekend crew", [ann], admins=[ann])
    async with polling(bot_application.build(settings)):
        shown = await panel(people, chat, ann)
        assert "Photos per answer: 5" in shown["text"]
        await people.press(chat, ann, shown, "3")
        await reads(people, chat, shown, "Photos per answer: 3")
    async with polling(bot_application.build(settings)):
        await people.press(chat, ann, shown, "posted before")
        await reads(people, chat, shown, "posted before: on")
        assert "Photos per answer: 3" in (await panel(people, chat, ann))["text"]


@pytest.mark.usefixtures("bot")
async def test_a_member_changes_what_admins_decide(people: People) -> None:
    """Neither with the command nor with the admins' buttons: a kind alert, seen by nobody else."""
    ann, ben = await people.person("Ann"), await people.person("Ben")
    chat = await people.chat("supergroup", "Weekend crew", [ann, ben], admins=[ann])
    assert "Only the admins" in await people.told(chat, ben, "/settings")
    shown = await panel(people, chat, ann)
    alert = await people.press(chat, ben, shown, "Remember new photos")
    assert alert is not None
    assert alert["show_alert"]
    assert "Only the admins" in alert["text"]
    assert "Remember new photos: on" in (await panel(people, chat, ann))["text"]


@pytest.mark.usefixtures("bot")
async def test_the_person_in_a_private_chat_is_no_admin_there(people: People) -> None:
    """In private the person decides; a chat knows nothing of what another one chose."""
    ann, ben = await people.person("Ann"), await people.person("Ben")
    shown = await panel(people, ann, ann)
    await people.press(ann, ann, shown, "10")
    await reads(people, ann, shown, "Photos per answer: 10")
    assert "Photos per answer: 5" in (await panel(people, ben, ben))["text"]
    await people.press(ann, ann, shown, "Remember new photos")
    [photo] = await people.post(ann, ann, photos=[jpeg("red")])
    assert "I keep no new photos" in (await people.answer(ann, photo))[0]["text"]


@pytest.mark.usefixtures("bot")
async def test_a_channel_has_no_settings(people: People) -> None:
    """What is posted there is posted by its admins, in the channel's name."""
    ann = await people.person("Ann")
    channel = await people.chat("channel", "News", [ann], admins=[ann], bot="administrator")
    shown = await panel(people, channel, ann)
    await people.press(channel, ann, shown, "Read text")
    await reads(people, channel, shown, "Read text in pictures: off")


@pytest.mark.usefixtures("bot")
async def test_photos_are_kept_while_indexing_is_off(people: People, archive: Archive) -> None:
    """New ones are not even written down, edited old ones lose only what they no longer show; it says so."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Weekend crew", [ann], admins=[ann])
    [kept] = await people.post(chat, ann, photos=[jpeg("red")], caption="before")
    await archive.settled(indexed=1)
    shown = await panel(people, chat, ann)
    await people.press(chat, ann, shown, "Remember new photos")
    await reads(people, chat, shown, "I keep no new photos")
    [missed] = await people.post(chat, ann, photos=[jpeg("blue")], caption="while it was off")
    for message, caption in ((kept, "after"), (missed, "still off")):
        path = f"/api/chats/{chat}/messages/{message['message_id']}"
        await people.ask("PATCH", path, json={"user_id": ann, "caption": caption})
    stats = await people.told(chat, ann, "/stats")
    assert stats.startswith("1 photo indexed")
    assert "I keep no new photos" in stats
    assert archive.rows("SELECT caption FROM photos") == [("after",)]
    await people.press(chat, ann, shown, "Remember new photos")
    await reads(people, chat, shown, "Remember new photos: on")
    await people.post(chat, ann, photos=[jpeg("green")])
    await archive.settled(indexed=2)


@pytest.mark.usefixtures("bot")
async def test_a_supergroup_loses_the_settings_of_its_group(people: People) -> None:
    """They move along with the archive."""
    ann = await people.person("Ann")
    chat = await people.chat("group", "Weekend crew", [ann], admins=[ann])
    shown = await panel(people, chat, ann)
    await people.press(chat, ann, shown, "8")
    await reads(people, chat, shown, "Photos per answer: 8")
    new = (await people.ask("POST", f"/api/chats/{chat}/migrate"))["id"]
    assert "Photos per answer: 8" in (await panel(people, new, ann))["text"]


@pytest.mark.parametrize(
    "forged",
    ["", "photos", "photos:", "photos:0", "photos:11", "photos:-1", "photos:²", "photos:9999", "owner:1", "ocr:2"],
)
def test_a_forged_button_is_believed(forged: str) -> None:
    """It is answered with a sentence, and nothing is chosen."""
    with pytest.raises(QuestionError, match="I do not know that button"):
        chosen(forged)


async def test_a_button_says_more_than_telegram_takes(bot: AnyApplication) -> None:
    """Every button's data has 64 bytes at most and begins with our prefix, so that a host's handlers can tell."""
    rows = keyboard(ChatSettings()).inline_keyboard
    said = [str(button.callback_data) for row in rows for button in row]
    assert all(data.startswith(SETTINGS) and len(data.encode()) <= 64 for data in said)
    host = Update(1, callback_query=_press("other:photos:1"))
    ours = Update(2, callback_query=_press(said[0]))
    handlers = [handler for group in bot.handlers.values() for handler in group]
    assert not any(handler.check_update(host) for handler in handlers)
    assert any(handler.check_update(ours) for handler in handlers)


def _press(data: str) -> CallbackQuery:
    return CallbackQuery("1", User(1, "Ann", is_bot=False), "1", data=data)
