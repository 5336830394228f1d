"""A chat's history, brought from an export: beside a running bot, alone, twice, and against what people decided."""

from pathlib import Path
from typing import Any

import pytest

from bot.application import build
from bot.lifecycle import AnyApplication
from bot.settings import Settings
from search.importing import Outcome
from tests import exports
from tests.conftest import Archive, polling
from tests.importing.job import BEFORE, TAKEN, counts, export_id, exported, history, imported, introduced, kept
from tests.people import People, jpeg, picture_key, shown, until

pytestmark = pytest.mark.usefixtures("loaded_once")


async def calls(people: People, *methods: str) -> list[dict[str, Any]]:
    """What the bot has asked of Telegram."""
    made: list[dict[str, Any]] = await people.ask("GET", "/api/calls")
    return [call for call in made if call["method"] in methods]


async def test_an_imported_photo_is_not_found(
    people: People, archive: Archive, settings: Settings, bot: AnyApplication, chat: int, ann: int, tmp_path: Path
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
    await until(lambda: kept(archive), "the upload's id to be kept")
    again = await people.asked(chat, ann, "/search memory number 1 n:1")
    assert shown(again) == shown(first)
    assert "bytes)" not in str((await calls(people, "sendPhoto", "sendMediaGroup"))[-1]["request"])
    assert "4 photos indexed since 10 May 2024" in await people.told(chat, ann, "/stats")
    assert len(shown(await people.asked(chat, ann, "/search from:Ann before:2025"))) == 3


async def test_an_import_that_is_run_again_stores_everything_twice(
    people: People, archive: Archive, settings: Settings, bot: AnyApplication, chat: int, ann: int, tmp_path: Path
) -> None:
    """The second run finds what the first has taken in, and a later export brings only what is new."""
    await introduced(people, archive, chat, ann)
    assert counts(await imported(settings, history(tmp_path / "first", chat), chat="Weekend crew")) == {TAKEN: 3}
    assert counts(await imported(settings, history(tmp_path / "first", chat), chat=str(chat))) == {BEFORE: 3}
    later = history(tmp_path / "later", chat, many=5)
    assert counts(await imported(settings, later)) == {TAKEN: 2, BEFORE: 3}
    assert archive.states() == {"indexed": 5}


async def test_what_people_decided_is_undone_by_an_import(
    people: People, archive: Archive, settings: Settings, bot: AnyApplication, chat: int, ann: int, tmp_path: Path
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
        await introduced(people, archive, chat, ann)
    assert counts(await imported(settings, history(tmp_path / "export", chat))) == {TAKEN: 3}
    assert archive.states() == {"indexed": 3}
    assert archive.rows("SELECT count(*) FROM vectors") == [(3,)]
    async with polling(build(settings)):
        assert len(shown(await people.asked(chat, ann, "/search memory"))) == 3


async def test_a_photo_whose_file_is_gone_spoils_the_answer(
    people: People, archive: Archive, settings: Settings, bot: AnyApplication, chat: int, ann: int, tmp_path: Path
) -> None:
    """It is a line with its link, without a picture; imported again from elsewhere, it is shown again."""
    await introduced(people, archive, chat, ann)
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
    people: People, archive: Archive, settings: Settings, bot: AnyApplication, chat: int, ann: int, tmp_path: Path
) -> None:
    """Another export over the same folder, with another chat's pictures under the same names: the answer has the link
    alone, and the right export imported from elsewhere brings the picture back."""
    await introduced(people, archive, chat, ann)
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
        await introduced(people, archive, chat, ann)
        assert counts(await imported(copying, folder)) == {TAKEN: 3}
        for file in folder.rglob("*.jpg"):
            file.unlink()
        assert len(copies(settings)) == 3
        [answer] = await people.asked(chat, ann, "/search memory number 0 n:1")
        assert picture_key(answer)
        await until(lambda: kept(archive), "the upload's id to be kept")
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
    people: People, archive: Archive, settings: Settings, bot: AnyApplication, ann: int, tmp_path: Path
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
