"""Answers with pictures of which Telegram refuses one, or all together."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.application import build
from bot.settings import Settings
from handlers import attempts
from tests.conftest import Archive, polling
from tests.importing.job import history, imported, introduced
from tests.people import Message, People, shown, until

pytestmark = pytest.mark.usefixtures("loaded_once")
NAMED = 'Bad Request: failed to send message #2 with the error message "PHOTO_INVALID_DIMENSIONS"'
UNNAMED = "Bad Request: IMAGE_PROCESS_FAILED"


@pytest.fixture
async def chat(people: People, archive: Archive, settings: Settings, tmp_path: Path) -> AsyncIterator[int]:
    """With three imported pictures that Telegram has not seen."""
    ann: int = (await people.ask("POST", "/api/users", json={"first_name": "Ann", "id": 101}))["id"]
    chat = await people.chat("supergroup", "Weekend crew", [ann], admins=[ann])
    async with polling(build(settings)):
        await introduced(people, archive, chat, ann)
        await imported(settings, history(tmp_path / "export", chat))
        yield chat


async def refused(people: People, status: int, description: str, times: int = 1) -> None:
    """The next albums."""
    fault = {"method": "sendMediaGroup", "status": status, "description": description, "times": times}
    await people.ask("POST", "/api/faults", json=fault)


async def asked(people: People, chat: int) -> list[Message]:
    return await people.asked(chat, 101, "/search memory n:3")


async def kept(archive: Archive, many: int) -> None:
    async def are_kept() -> bool:
        return archive.rows("SELECT count(photo_file_id) FROM images WHERE photo_unique_id IS NOT NULL") == [(many,)]

    await until(are_kept, f"{many} ids of uploads")


@pytest.mark.parametrize(
    ("status", "description", "many"),
    [(400, NAMED, 2), (400, UNNAMED, 2), (413, "Request Entity Too Large", 2)],
)
async def test_one_picture_that_is_refused_spoils_an_answer(
    people: People, archive: Archive, chat: int, status: int, description: str, many: int
) -> None:
    """The others are shown, and nothing that is listed is lost; what was taken is not uploaded again."""
    await refused(people, status, description)
    first = await asked(people, chat)
    assert len(shown(first)) == many
    assert sum("url" in entity for entity in first[0]["caption_entities"]) == 3
    await kept(archive, many)
    assert len(shown(await asked(people, chat))) == 3


async def test_an_upload_whose_id_is_of_another_bot_is_never_shown_again(
    people: People, archive: Archive, chat: int
) -> None:
    """An id that is refused is dropped: the file is uploaded anew, and by its new id from then on."""
    await asked(people, chat)
    await kept(archive, 3)
    await archive.change("UPDATE images SET photo_file_id = 'AgACAgIAAx' || id")
    assert len(shown(await asked(people, chat))) == 3

    async def is_new() -> bool:
        return not archive.rows("SELECT 1 FROM images WHERE photo_file_id LIKE 'AgACAgIAAx%' AND photo_unique_id <> ''")

    await until(is_new, "the new ids to be kept")


async def test_a_chat_that_takes_no_photos_is_asked_again_and_again(people: People, chat: int) -> None:
    """What is not the pictures' fault is not looked for among them: the list is sent at once."""
    await refused(people, 400, "Bad Request: not enough rights to send photos to the chat", times=2)
    [answer] = await asked(people, chat)
    assert answer["text"]
    [fault] = await people.ask("GET", "/api/faults")
    assert fault["hits"] == 1


async def test_pictures_that_are_too_large_together_are_sent_together(
    people: People, archive: Archive, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request has a limit: what does not fit is listed without its picture, and shown by the next answer."""
    monkeypatch.setattr(attempts, "UPLOADED", 6_000)
    calls: list[dict[str, Any]] = await people.ask("GET", "/api/calls")
    many = len(shown(await asked(people, chat)))
    assert 0 < many < 3, calls[-3:]
    await kept(archive, many)
    assert len(shown(await asked(people, chat))) > many
