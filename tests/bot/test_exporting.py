"""People get their data: all of their chat, nothing of another."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot import exporting
from bot.application import build
from bot.chat_names import ChatUnknown, chat_called
from bot.errors import BotError
from bot.exporting import Export, export_alone
from bot.remote import carry_out
from bot.settings import Settings
from storage.chat_records import Chat
from storage.chats import Chats
from storage.database import Database
from storage.originals import SHA256, Originals, digest_of
from storage.photos import Photos
from storage.records import FileKind, PhotoSource
from tests.bot.commands import command
from tests.conftest import Archive, polling
from tests.people import People, jpeg
from tests.storage.builders import GROUP, NOON, added, post

pytestmark = pytest.mark.usefixtures("loaded_once")


async def exported(settings: Settings, chat: str, folder: Path) -> dict[str, Any]:
    """What the job says at its end."""
    work = carry_out(settings.data_dir, Export.NAME, lambda: export_alone(settings), chat=chat, folder=str(folder))
    return [told async for told in work][-1]


def read(file: Path) -> Any:
    return json.loads(file.read_text("utf-8"))


def size(file: Path) -> tuple[int, int]:
    return Image.open(io.BytesIO(file.read_bytes())).size


async def test_people_do_not_get_all_that_is_kept_of_them(
    people: People, settings: Settings, archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Captions, people, dates, what was read, settings and whole pictures, each once; what is not there is said, and
    all that another run fetches."""
    monkeypatch.setattr(exporting, "PAUSE", 0.01)
    ann, ben = await people.person("Ann"), await people.person("Ben")
    chat = await people.chat("supergroup", "Weekend crew", [ann, ben], admins=[ann])
    other = await people.chat("supergroup", "Office", [ben])
    folder = tmp_path / "crew"
    async with polling(build(settings)):
        await people.post(chat, ann, photos=[jpeg("red", (1000, 700))], caption="Плов & <tea>")
        await people.post(chat, ben, photos=[jpeg("red", (1000, 700))])
        await people.post(chat, ben, document=("b.png", jpeg("blue"), "image/png"))
        await people.post(other, ben, photos=[jpeg("green")], caption="confidential")
        await archive.settled(indexed=4)
        await archive.change("UPDATE readings SET text = ? WHERE image_id = 1", "SALE -50 %")
        await people.told(chat, ann, "/search jackalope")
        gone = {"method": "getFile", "status": 400, "description": "Bad Request: invalid file_id", "times": 1}
        await people.ask("POST", "/api/faults", json=gone)
        assert (await exported(settings, "weekend crew", folder))["missing"] in (1, 2)
        await people.ask("DELETE", "/api/faults")
        [kept] = [entry["file"] for entry in read(folder / "photos.json") if entry["file"]][:1]
        assert [entry["why_no_file"] for entry in read(folder / "photos.json") if entry["file"] is None]
        (folder / kept).write_bytes(b"mine")
        assert await exported(settings, str(chat), folder) == {
            "done": True,
            "chat": "Weekend crew",
            "photos": 3,
            "missing": 0,
        }
        assert (folder / kept).read_bytes() == b"mine"
        (folder / kept).unlink()
        ended = await command(settings, "export", "--chat", "Weekend crew", str(folder))
        assert ended.status == 0, ended.err
        refused = await command(settings, "export", "--chat", "Office", str(folder))
        assert refused.status == 1
        assert "something else" in refused.err
    first, second, third = read(folder / "photos.json")
    assert first["caption"] == "Плов & <tea>"
    assert first["sender"]["name"] == "Ann"
    assert second["sender"]["id"] == ben
    assert first["text_in_picture"] == "SALE -50 %"
    assert first["file"] == second["file"] != third["file"]
    assert third["file"].endswith(".png")
    assert size(folder / first["file"]) == (1000, 700)
    assert datetime.fromisoformat(first["date"]).tzinfo is not None
    about = read(folder / "chat.json")
    assert about["is_complete"]
    assert about["settings"]["indexing"] is True
    assert "jackalope" in about["questions"][0]["query"]
    everything = b"".join(file.read_bytes() for file in folder.rglob("*.json"))
    assert b"confidential" not in everything
    assert len(list((folder / "photos").iterdir())) == 2


async def test_an_export_needs_a_running_bot_or_a_token(
    people: People, settings: Settings, archive: Archive, tmp_path: Path
) -> None:
    """Without a bot, files are fetched with the token; without a token, each says why it is not there."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Weekend crew", [ann])
    async with polling(build(settings)):
        await people.post(chat, ann, photos=[jpeg("red")])
        await archive.settled(indexed=1)
    folder = tmp_path / "crew"
    told = await exported(settings.model_copy(update={"token": None}), str(chat), folder)
    assert (told["photos"], told["missing"]) == (1, 1)
    assert "CHATLENS_TOKEN" in read(folder / "photos.json")[0]["why_no_file"]
    assert (await exported(settings, str(chat), folder))["missing"] == 0
    (folder / "diary.txt").write_text("Dear diary")
    with pytest.raises(BotError, match="something else"):
        await exported(settings, str(chat), folder)
    with pytest.raises(ChatUnknown, match="Weekend crew"):
        await exported(settings, "Weekend screw", tmp_path / "new")


async def test_imported_pictures_are_left_out(settings: Settings, tmp_path: Path) -> None:
    """They come from the data directory, and do not say how this machine is laid out."""
    database, originals = await Database.open(settings.sql_url), Originals(settings.data_dir)
    data = jpeg("red")
    file_id = originals.keep(digest_of(data), data)
    await Chats(database).joined(GROUP, NOON)
    there = replace(post(1), kind=FileKind.DISK, file_id=file_id, source=PhotoSource.IMPORT)
    there = replace(there, file_unique_id=SHA256 + digest_of(data))
    await added(Photos(database), there)
    await added(Photos(database), replace(there, message_id=2, file_unique_id="2", file_id="file:///somewhere/2.jpg"))
    swapped = tmp_path / "IMG_0001.jpg"
    swapped.write_bytes(jpeg("green"))
    other = SHA256 + digest_of(b"what was imported")
    await added(Photos(database), replace(there, message_id=3, file_unique_id=other, file_id=swapped.as_uri()))
    await database.close()
    assert (await exported(settings, "Family", tmp_path / "family"))["missing"] == 2
    first, second, third = read(tmp_path / "family" / "photos.json")
    assert (tmp_path / "family" / first["file"]).read_bytes() == data
    assert second["file"] is None
    assert "somewhere" not in str(second)
    assert third["file"] is None, "another file lies where it was"


def test_a_chat_is_confused_with_another() -> None:
    """Ids lead to what a group has become; titles that several have are refused, naming them."""
    old = Chat(-5, "group", "Crew", None, datetime(2024, 1, 1, tzinfo=UTC), None, migrated_to=-100)
    new = replace(old, id=-100, kind="supergroup", migrated_to=None, username="crew")
    office = replace(new, id=-200, title="Office", username=None)
    chats = [old, new, office]
    for name in ("-5", "-100", "Crew", "crew", "@Crew", " @crew "):
        assert chat_called(name, chats) == new
    with pytest.raises(ChatUnknown, match=r"Several chats are called “office”: “Office” \(-200\), “Office” \(-300\)"):
        chat_called("office", [*chats, replace(office, id=-300)])
    for name in ("@office", "-6", "", "Crew2"):
        with pytest.raises(ChatUnknown, match="There is no chat"):
            chat_called(name, chats)
    with pytest.raises(ChatUnknown, match="There is none yet"):
        chat_called("Crew", [])
