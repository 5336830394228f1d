"""A chat's history, brought from an export: beside a running bot, alone, twice, and against what people decided."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.application import build
from bot.errors import BotError
from bot.importing import Import
from bot.remote import ask
from bot.settings import Settings
from search.importing import Outcome
from tests import exports, html_exports
from tests.bot.test_chats import join
from tests.conftest import Archive, polling
from tests.importing.job import BEFORE, TAKEN, counts, export_id, imported
from tests.people import Message, People, jpeg, picture_key, shown, until

pytestmark = pytest.mark.usefixtures("loaded_once")

COLOURS = {1: "red", 2: "green", 3: "blue"}
ANN = 101


def exported(folder: Path, chat: int, *messages: Message, kind: str = "private_supergroup") -> Path:
    """An export of a chat with a photo of one colour for every message."""
    document = exports.chat(*messages, kind=kind, number=export_id(chat))
    exports.written(folder, document, pictures=False)
    for number, message in enumerate(messages, start=1):
        if not message["photo"].startswith("("):
            file = folder / message["photo"]
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(jpeg(COLOURS.get(number, (number * 7 % 256, 60, 90))))
    return folder


def history(folder: Path, chat: int, first: int = 10_001, many: int = 3, **more: Any) -> Path:
    """Of photos with captions, by Ann, from two years ago; ids that the sandbox has not reached."""
    return exported(folder, chat, *(exports.photo(first + n, f"memory number {n}") for n in range(many)), **more)


@pytest.fixture
async def bot(settings: Settings, loaded_once: None) -> AsyncIterator[None]:
    async with polling(build(settings)):
        yield


@pytest.fixture
async def ann(people: People) -> int:
    user: dict[str, int] = await people.ask("POST", "/api/users", json={"first_name": "Ann", "id": ANN})
    return user["id"]


@pytest.fixture
async def chat(people: People, ann: int) -> int:
    """A supergroup that the bot knows."""
    return await people.chat("supergroup", "Weekend crew", [ann], admins=[ann])


async def calls(people: People, *methods: str) -> list[dict[str, Any]]:
    """What the bot has asked of Telegram."""
    made: list[dict[str, Any]] = await people.ask("GET", "/api/calls")
    return [call for call in made if call["method"] in methods]


async def known(people: People, archive: Archive, chat: int) -> None:
    async def is_there() -> bool:
        return bool(archive.rows("SELECT 1 FROM chats WHERE id = ?", chat))

    await until(is_there, "the bot to know the chat")


async def test_an_imported_photo_is_not_found(
    people: People, archive: Archive, settings: Settings, bot: None, chat: int, ann: int, tmp_path: Path
) -> None:
    """Beside live photos: it is shown with a link to its message, uploaded once, and from then on sent by its id."""
    await people.post(chat, ann, photos=[jpeg("white")])
    await archive.settled(indexed=1)
    told = await imported(settings, history(tmp_path / "export", chat), chat=str(chat))
    assert counts(told) == {TAKEN: 3}
    assert archive.states() == {"indexed": 4}
    await people.ask("DELETE", "/api/calls")
    first = await people.asked(chat, ann, "/search memory number 1 n:1")
    assert len(shown(first)) == 1
    assert any(
        entity.get("url") == f"https://t.me/c/{export_id(chat)}/10002" for entity in first[0]["caption_entities"]
    )
    [upload] = await calls(people, "sendPhoto", "sendMediaGroup")
    assert "bytes)" in str(upload["request"])
    await until(lambda: _kept(archive), "the upload's id to be kept")
    again = await people.asked(chat, ann, "/search memory number 1 n:1")
    assert shown(again) == shown(first)
    assert "bytes)" not in str((await calls(people, "sendPhoto", "sendMediaGroup"))[-1]["request"])
    assert "4 photos indexed since 10 May 2024" in await people.told(chat, ann, "/stats")
    assert len(shown(await people.asked(chat, ann, "/search from:Ann before:2025"))) == 3


async def _kept(archive: Archive) -> list[tuple[Any, ...]]:
    return archive.rows("SELECT photo_file_id FROM images WHERE photo_unique_id IS NOT NULL")


async def test_an_import_that_is_run_again_stores_everything_twice(
    people: People, archive: Archive, settings: Settings, bot: None, chat: int, ann: int, tmp_path: Path
) -> None:
    """The second run finds what the first has taken in, and a later export brings only what is new."""
    await people.post(chat, ann, text="hello")
    await known(people, archive, chat)
    assert counts(await imported(settings, history(tmp_path / "first", chat), chat="Weekend crew")) == {TAKEN: 3}
    assert counts(await imported(settings, history(tmp_path / "first", chat), chat=str(chat))) == {BEFORE: 3}
    later = history(tmp_path / "later", chat, many=5)
    assert counts(await imported(settings, later)) == {TAKEN: 2, BEFORE: 3}
    assert archive.states() == {"indexed": 5}


async def test_what_people_decided_is_undone_by_an_import(
    people: People, archive: Archive, settings: Settings, bot: None, chat: int, ann: int, tmp_path: Path
) -> None:
    """Live photos stay what they are; what was forgotten, whoever opted out, and the bot's own answers stay out."""
    bob = await people.person("Bob")
    await people.ask("POST", f"/api/chats/{chat}/members", json={"user_id": bob, "status": "member", "by": ann})
    [live] = await people.post(chat, ann, photos=[jpeg("red")], caption="seen live")
    [gone] = await people.post(chat, ann, photos=[jpeg("green")])
    await archive.settled(indexed=2)
    await people.told(chat, ann, "/forget", reply_to_message_id=gone["message_id"])
    await people.told(chat, bob, "/optout")
    own = int(settings.token.get_secret_value().partition(":")[0]) if settings.token else 0
    messages = [
        exports.photo(live["message_id"], "as exported"),
        exports.photo(gone["message_id"]),
        exports.photo(10_003, sender=("Bob", f"user{bob}")),
        exports.photo(10_004, sender=("Chatlens", f"user{own}")),
        exports.photo(10_005, photo=exports.NOT_INCLUDED),
        exports.photo(10_006),
    ]
    told = await imported(settings, exported(tmp_path / "export", chat, *messages))
    assert counts(told) == {
        TAKEN: 1,
        Outcome.LIVE: 1,
        Outcome.FORGOTTEN: 1,
        Outcome.OPTED_OUT: 1,
        Outcome.OWN: 1,
        "not included: export again with photos ticked": 1,
    }
    assert archive.rows("SELECT caption FROM photos WHERE source = 'live'") == [("seen live",)]
    assert archive.states() == {"indexed": 2}


async def test_a_bot_must_run_for_an_import(
    people: People, archive: Archive, settings: Settings, chat: int, ann: int, tmp_path: Path
) -> None:
    """Alone it indexes what it takes in, and leaves to the bot what only Telegram has; the bot shows it later."""
    async with polling(build(settings)):
        await people.post(chat, ann, text="hello")
        await known(people, archive, chat)
    assert counts(await imported(settings, history(tmp_path / "export", chat))) == {TAKEN: 3}
    assert archive.states() == {"indexed": 3}
    assert archive.rows("SELECT count(*) FROM vectors") == [(3,)]
    async with polling(build(settings)):
        assert len(shown(await people.asked(chat, ann, "/search memory"))) == 3


async def test_a_photo_whose_file_is_gone_spoils_the_answer(
    people: People, archive: Archive, settings: Settings, bot: None, chat: int, ann: int, tmp_path: Path
) -> None:
    """It is a line with its link, without a picture; imported again from elsewhere, it is shown again."""
    await people.post(chat, ann, text="hello")
    await known(people, archive, chat)
    folder = history(tmp_path / "export", chat)
    await imported(settings, folder)
    for file in folder.glob("photos/*10002*"):
        file.unlink()
    [answer] = await people.asked(chat, ann, "/search memory number 1 n:1")
    assert not answer.get("photo")
    assert any(entity.get("url", "").endswith("/10002") for entity in answer["entities"])
    album = await people.asked(chat, ann, "/search memory n:3")
    assert len(shown(album)) == 2
    assert sum("url" in entity for entity in album[0]["caption_entities"]) == 3
    told = await imported(settings, history(tmp_path / "moved", chat))
    assert counts(told) == {BEFORE: 2, Outcome.MOVED: 1}
    assert len(shown(await people.asked(chat, ann, "/search memory number 1 n:1"))) == 1


async def test_a_file_that_took_the_place_of_an_original_is_shown(
    people: People, archive: Archive, settings: Settings, bot: None, chat: int, ann: int, tmp_path: Path
) -> None:
    """Another export over the same folder, with another chat's pictures under the same names: the answer has the link
    alone, and the right export imported from elsewhere brings the picture back."""
    await people.post(chat, ann, text="hello")
    await known(people, archive, chat)
    folder = history(tmp_path / "export", chat)
    await imported(settings, folder)
    [file] = folder.glob("photos/*10002*")
    file.write_bytes(jpeg("white"))
    [answer] = await people.asked(chat, ann, "/search memory number 1 n:1")
    assert not answer.get("photo")
    told = await imported(settings, history(tmp_path / "again", chat))
    assert counts(told) == {BEFORE: 2, Outcome.MOVED: 1}
    assert len(shown(await people.asked(chat, ann, "/search memory number 1 n:1"))) == 1


async def test_copies_outlive_what_was_forgotten(
    people: People, archive: Archive, settings: Settings, chat: int, ann: int, tmp_path: Path
) -> None:
    """Copied files need no export any more, and go with their photos; /forget works on the bot's own answer."""
    copying = settings.model_copy(update={"import_copy": True})
    folder = history(tmp_path / "export", chat)
    async with polling(build(copying)):
        await people.post(chat, ann, text="hello")
        await known(people, archive, chat)
        assert counts(await imported(copying, folder)) == {TAKEN: 3}
        for file in folder.rglob("*.jpg"):
            file.unlink()
        assert len(copies(settings)) == 3
        [answer] = await people.asked(chat, ann, "/search memory number 0 n:1")
        assert picture_key(answer)
        await until(lambda: _kept(archive), "the upload's id to be kept")
        said = await people.told(chat, ann, "/forget", reply_to_message_id=answer["message_id"])
        assert "1 photo" in said or "Forgotten" in said
        await archive.settled(indexed=2)

    async def are_swept() -> bool:
        return len(copies(settings)) == 2

    async with polling(build(copying)):
        await until(are_swept, "the copy to be deleted")


def copies(settings: Settings) -> list[Path]:
    return [path for path in (settings.data_dir / "originals").rglob("*") if path.is_file()]


async def test_a_basic_groups_numbers_are_taken_for_the_bots(
    people: People, archive: Archive, settings: Settings, bot: None, ann: int, tmp_path: Path
) -> None:
    """Its members number messages each for themselves: another photo with the number of a live one is taken in, and no
    link or reply leads astray."""
    group = await people.chat("group", "Old friends", [ann], admins=[ann])
    [live] = await people.post(group, ann, photos=[jpeg("white")])
    await archive.settled(indexed=1)
    folder = history(tmp_path / "export", group, first=live["message_id"], kind="private_group")
    assert counts(await imported(settings, folder)) == {TAKEN: 3}
    for file in folder.rglob("*.jpg"):
        file.unlink()
    question = (await people.post(group, ann, text="/search memory number 0 n:1"))[-1]
    [answer] = await people.answer(group, question)
    assert not any("url" in entity for entity in answer.get("entities", []))
    other = history(tmp_path / "by-bob", group, first=live["message_id"], kind="private_group")
    document = (other / "result.json").read_text("utf-8")
    for message in range(live["message_id"] + 3, live["message_id"] - 1, -1):
        document = document.replace(f'"id": {message},', f'"id": {message + 500},')
    (other / "result.json").write_text(document, "utf-8")
    assert counts(await imported(settings, other))[Outcome.MOVED] == 3, "the export of another member, with his numbers"


async def test_an_export_goes_to_a_chat_that_it_is_not_of(
    people: People, archive: Archive, settings: Settings, bot: None, chat: int, ann: int, tmp_path: Path
) -> None:
    """Unless it is told to, and then the summary says so; nothing of it gets a link. Chats that are not there, or that
    take nothing, are named."""
    await people.post(chat, ann, text="hello")
    await known(people, archive, chat)
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
    people: People, archive: Archive, settings: Settings, bot: None, chat: int, ann: int, tmp_path: Path
) -> None:
    """Each of its chats goes to itself; chats without the bot, and private ones, are left out by name."""
    other = await people.chat("channel", "News", [ann], admins=[ann], bot="administrator")
    for place in (chat, other):
        await people.post(place, ann, text="hello")
        await known(people, archive, place)
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
    people: People, archive: Archive, settings: Settings, bot: None, chat: int, ann: int, tmp_path: Path
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
        await people.post(chat, ann, text="hello")
        await known(people, archive, chat)
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
    people: People, archive: Archive, settings: Settings, bot: None, chat: int, ann: int, tmp_path: Path
) -> None:
    """Nothing comes in after it, and the summary says why."""
    await people.post(chat, ann, text="hello")
    await known(people, archive, chat)
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
    people: People, archive: Archive, settings: Settings, bot: None, chat: int, ann: int, tmp_path: Path
) -> None:
    """Where admins have switched that off, and where the bot has been removed."""
    await people.post(chat, ann, text="hello")
    await known(people, archive, chat)
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
    people: People, archive: Archive, settings: Settings, bot: None, chat: int, ann: int, tmp_path: Path
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
