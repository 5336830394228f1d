"""Where an export may go: to its own chat, to one that it is told to, and to none that keeps nothing."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from bot.application import build
from bot.errors import BotError
from bot.importing import Import
from bot.lifecycle import AnyApplication
from bot.remote import ask
from bot.settings import Settings
from search.importing import Outcome
from tests import exports, html_exports
from tests.bot.test_chats import join
from tests.conftest import Archive, polling
from tests.importing.job import ANN, BEFORE, TAKEN, counts, export_id, exported, history, imported, introduced, known
from tests.people import People, until

pytestmark = pytest.mark.usefixtures("loaded_once")


async def test_an_export_goes_to_a_chat_that_it_is_not_of(
    people: People, archive: Archive, settings: Settings, bot: AnyApplication, chat: int, ann: int, tmp_path: Path
) -> None:
    """Unless it is told to, and then the summary says so; nothing of it gets a link. Chats that are not there, or that
    take nothing, are named."""
    await introduced(people, archive, chat, ann)
    elsewhere = history(tmp_path / "elsewhere", -1007777777777)
    with pytest.raises(BotError, match=r"the bot is not in it.*--chat"):
        await imported(settings, elsewhere)
    with pytest.raises(BotError, match=r"The bot is in no chat “Somewhere”. It knows “Weekend crew”"):
        await imported(settings, elsewhere, chat="Somewhere")
    with pytest.raises(BotError, match=r"of “Weekend crew”.*another chat.*numeric id"):
        await imported(settings, elsewhere, chat="weekend crew")
    told = await imported(settings, elsewhere, chat=str(chat))
    assert counts(told) == {TAKEN: 3}
    assert not told["taken"][0]["is_its_own"]
    answer = await people.asked(chat, ann, "/search memory n:3")
    assert not any("url" in entity for entity in answer[0].get("caption_entities", []))
    with pytest.raises(BotError, match="There is no"):
        await imported(settings, tmp_path / "nothing", chat=str(chat))


async def test_an_account_is_imported_into_one_chat(
    people: People, archive: Archive, settings: Settings, bot: AnyApplication, chat: int, ann: int, tmp_path: Path
) -> None:
    """Each of its chats goes to itself; chats without the bot, and private ones, are left out by name."""
    other = await people.chat("channel", "News", [ann], admins=[ann], bot="administrator")
    for place in (chat, other):
        await introduced(people, archive, place, ann)
    document = exports.account(
        exports.chat(exports.photo(10_001), number=export_id(chat)),
        exports.chat(exports.photo(10_002), name="News", kind="public_channel", number=export_id(other)),
        exports.chat(exports.photo(10_003), name="Strangers", number=42),
        exports.chat(exports.photo(10_004), name="Bob", kind="personal_chat", number=ann),
    )
    folder = exports.written(tmp_path / "account", document)
    with pytest.raises(BotError, match="holds 4 chats"):
        await imported(settings, folder)
    listed = await imported(settings, folder, list=True)
    assert [one["home"] is not None for one in listed["chats"]] == [True, True, False, False]
    told = await imported(settings, folder, all=True)
    assert [(one["chat_id"], one["counts"]) for one in told["taken"]] == [(chat, {TAKEN: 1}), (other, {TAKEN: 1})]
    assert [one["name"] for one in told["left_out"]] == ["Strangers", "Bob"]
    mapped = await imported(settings, folder, map={"42": str(chat)})
    assert counts(mapped) == {TAKEN: 1}
    assert {row[0] for row in archive.rows("SELECT chat_id FROM photos")} == {chat, other}


async def test_pages_undo_what_people_decided(
    people: People, archive: Archive, settings: Settings, bot: AnyApplication, chat: int, ann: int, tmp_path: Path
) -> None:
    """HTML has no ids: messages are known by their numbers, people by their names, the bot by its own. What may be of
    somebody who has opted out stays out, and pages go nowhere where numbers say nothing."""
    group = await people.chat("group", "Old friends", [ann], admins=[ann])
    for place in (chat, group):
        [answer] = await people.asked(place, ann, "/stats")
        await known(people, archive, place)
    messages = [exports.photo(10_001, sender=("Ann", f"user{ANN}")), exports.photo(10_002, sender=("Bob", "user102"))]
    assert counts(await imported(settings, exported(tmp_path / "json", chat, *messages))) == {TAKEN: 2}
    more = [
        exports.photo(10_003, sender=("Ann", f"user{ANN}")),
        exports.photo(10_004, sender=(answer["from"]["first_name"], "user1")),
        exports.photo(10_005, sender=("Cid", "user103")),
    ]
    pages = html_exports.written(tmp_path / "html", exports.chat(*messages, *more))
    told = await imported(settings, pages, chat=str(chat))
    assert counts(told) == {BEFORE: 2, TAKEN: 2, Outcome.OWN: 1}
    assert told["taken"][0]["is_of_pages"]
    assert archive.rows("SELECT sender_id FROM photos WHERE message_id IN (10003, 10005)") == [(ANN,), (None,)]
    assert "2 photos" in await people.told(chat, ann, "/optout")
    last = exports.photo(10_006, sender=("Dan", "user104"))
    pages = html_exports.written(tmp_path / "later", exports.chat(*messages, *more, last))
    again = counts(await imported(settings, pages, chat=str(chat)))
    assert again == {BEFORE: 2, Outcome.FORGOTTEN: 2, Outcome.OWN: 1, Outcome.NOBODYS: 1}
    [left_out] = (await imported(settings, pages, chat=str(group)))["left_out"]
    assert "as JSON" in left_out["why"]
    strange = html_exports.written(tmp_path / "strange", exports.chat(*messages, name="Strangers"))
    [left_out] = (await imported(settings, strange, chat=str(chat)))["left_out"]
    assert "same name" in left_out["why"]


async def test_the_zone_of_the_server_moves_old_exports(
    people: People, archive: Archive, settings: Settings, chat: int, ann: int, tmp_path: Path
) -> None:
    """Dates without a zone are UTC, whatever zone answers are told in, or what --zone says."""
    async with polling(build(settings)):
        await introduced(people, archive, chat, ann)
    away = settings.model_copy(update={"timezone": "Asia/Tokyo"})
    folder = exported(tmp_path / "export", chat, exports.photo(10_001, date_unixtime=None))
    assert counts(await imported(away, folder)) == {TAKEN: 1}
    assert archive.rows("SELECT date FROM photos") == [(f"{exports.at(10_001):%Y-%m-%d %H:%M:%S}.000000",)]
    folder = exported(tmp_path / "berlin", chat, exports.photo(10_002, date_unixtime=None))
    assert counts(await imported(away, folder, zone="Europe/Berlin")) == {TAKEN: 1}
    summer = exports.at(10_002) - timedelta(hours=2)
    assert (f"{summer:%Y-%m-%d %H:%M:%S}.000000",) in archive.rows("SELECT date FROM photos")
    with pytest.raises(BotError, match="no time zone"):
        await imported(away, folder, zone="Mars/Olympus")


async def test_a_purge_does_not_end_an_import(
    people: People, archive: Archive, settings: Settings, bot: AnyApplication, chat: int, ann: int, tmp_path: Path
) -> None:
    """Nothing comes in after it, and the summary says why."""
    await introduced(people, archive, chat, ann)
    told = ask(settings.data_dir, Import.NAME, path=str(history(tmp_path / "export", chat, many=1200)))
    async for step in told:
        if step.get("step", "").startswith("Reading"):
            break
    [menu] = await people.asked(chat, ann, "/purge")
    await people.press(chat, ann, menu, "Forget everything")
    last = [step async for step in told][-1]
    assert "/purge" in last["left_out"][0]["why"]
    assert archive.rows("SELECT count(*) FROM photos") == [(0,)]


async def test_a_chat_that_keeps_nothing_gets_a_history(
    people: People, archive: Archive, settings: Settings, bot: AnyApplication, chat: int, ann: int, tmp_path: Path
) -> None:
    """Where admins have switched that off, and where the bot has been removed."""
    await introduced(people, archive, chat, ann)
    [menu] = await people.asked(chat, ann, "/settings")
    await people.press(chat, ann, menu, "Remember new photos")
    told = await imported(settings, history(tmp_path / "export", chat))
    assert told["taken"] == []
    assert "switched off" in told["left_out"][0]["why"]
    await join(people, chat, ann, "kicked")

    async def is_left() -> bool:
        return archive.rows("SELECT left_at IS NOT NULL FROM chats WHERE id = ?", chat) == [(1,)]

    await until(is_left, "the bot to have read that it was removed")
    with pytest.raises(BotError, match="left it"):
        await imported(settings, history(tmp_path / "export", chat))
    assert archive.states() == {}


async def test_who_may_not_decide_learns_how_to_import(
    people: People, archive: Archive, settings: Settings, bot: AnyApplication, chat: int, ann: int, tmp_path: Path
) -> None:
    """/import: the steps for admins, a sentence for others, and how far a running import is, without other chats'."""
    bob = await people.person("Bob")
    other = await people.chat("supergroup", "Others", [bob, ann], admins=[bob])
    assert f"--chat {chat}" in await people.told(chat, ann, "/import")
    assert "Only the admins" in await people.told(other, ann, "/import")
    told = ask(settings.data_dir, Import.NAME, path=str(history(tmp_path / "export", chat, many=300)))
    while "Reading" not in (await anext(told)).get("step", ""):
        pass
    said = await people.told(chat, ann, "/import")
    assert "being read" in said or "still to be looked at" in said
    assert f"--chat {other}" in await people.told(other, bob, "/import")
    await asyncio.gather(told.aclose(), return_exceptions=True)  # type: ignore[attr-defined]
