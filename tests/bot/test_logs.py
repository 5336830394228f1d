"""Logs at INFO: what an operator needs, and nothing of what people say."""

import io
import logging
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from telegram.error import NetworkError

from bot.application import build
from bot.settings import Settings
from storage.database import Database
from storage.photos import Photos
from storage.records import PhotoPost
from tests.conftest import Archive, polling
from tests.people import People, jpeg, until

SECRET_CAPTION, SECRET_QUERY, SECRET_NAME = "wolpertinger", "jackalope", "Rumpelstilz"
CLASH = text("INSERT INTO facts (key, value) VALUES ('model', :caption)")
TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


@pytest.fixture(autouse=True)
def sandbox_says_nothing(log: io.StringIO) -> None:
    """It has a process of its own elsewhere."""
    logging.getLogger("uvicorn").setLevel(logging.WARNING)


async def fault(people: People, method: str, **what: Any) -> None:
    await people.ask("POST", "/api/faults", json={"method": method, **what})


@pytest.mark.usefixtures("loaded_once")
async def test_a_log_tells_what_people_say(
    people: People, settings: Settings, archive: Archive, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session with every kind of failure: no token, caption, question, name, file id or link is in its log."""
    ann = await people.person(SECRET_NAME)
    chat = await people.chat("supergroup", "Crew", [ann])
    trouble = {"status": 400, "description": f"Bad Request: https://api.telegram.org/file/bot{TOKEN}/photos/file_1.jpg"}
    async with polling(build(settings)):
        await fault(people, "file", drop=True, times=1)
        await fault(people, "getFile", times=1, **trouble)
        for colour in ("red", "green"):
            await people.post(chat, ann, photos=[jpeg(colour)], caption=SECRET_CAPTION)
        await archive.settled(indexed=1, failed=1)
        await people.post(chat, ann, document=("x.png", b"no picture", "image/png"), caption=SECRET_CAPTION)
        await archive.settled(indexed=1, failed=2)
        await people.post(chat, ann, photos=[jpeg("blue")], caption=SECRET_CAPTION)
        await archive.settled(indexed=2, failed=2)
        await people.told(chat, ann, f"/search {SECRET_QUERY}")
        await fault(people, "sendMediaGroup", times=1, **trouble)
        await people.told(chat, ann, f"/search {SECRET_QUERY}")
        await fault(people, "sendMediaGroup", times=1, status=403, description="Forbidden: bot was blocked")
        await people.post(chat, ann, text=f"/search {SECRET_QUERY}")
        await fault(people, "getUpdates", times=1, garbage=True)
        await until_logged(log, "Telegram refused an answer")
        monkeypatch.setattr(Photos, "counts", mistaken)
        await people.told(chat, ann, f"/search {SECRET_QUERY}")
        monkeypatch.setattr(Photos, "add", refused)
        await people.post(chat, ann, photos=[jpeg("white")], caption=SECRET_CAPTION)
        await until_logged(log, "passed over")
    written = log.getvalue()
    told = archive.rows("SELECT file_id, file_unique_id FROM photos JOIN images ON images.id = image_id")
    secrets = {SECRET_CAPTION, SECRET_QUERY, SECRET_NAME, settings.token.get_secret_value()}  # type: ignore[union-attr]
    secrets |= {TOKEN, "/file/bot", *(one for row in told for one in row)}
    assert [secret for secret in secrets if secret in written] == []
    for failure in ("is left out", "is tried again", "was refused", "could not be answered", "ValueError"):
        assert failure in written


async def until_logged(log: io.StringIO, words: str) -> None:
    async def written() -> bool:
        return words in log.getvalue()

    await until(written, words)


async def mistaken(self: Photos, chat_id: int) -> None:
    """A mistake of ours that quotes what it choked on, as many errors do."""
    raise ValueError(f"{SECRET_QUERY!r} is not a number")


async def refused(self: Photos, post: PhotoPost) -> None:
    """A driver that quotes the values of its statement."""
    async with self._database.transaction() as connection:
        await connection.execute(CLASH, {"caption": post.caption})


@pytest.mark.parametrize(
    "message",
    [
        f"Client error '404' for url 'https://api.telegram.org/bot{TOKEN}/getMe'",
        f"https://api.telegram.org/file/bot{TOKEN}/photos/file_12.jpg",
        f"/var/lib/telegram-bot-api/{TOKEN}/photos/file_12.jpg",
    ],
)
@pytest.mark.parametrize("where", ["message", "error", "cause"])
def test_a_token_in_an_error_is_logged(log: io.StringIO, message: str, where: str) -> None:
    """Whatever library puts it there, and wherever."""
    error = NetworkError(message if where == "error" else "no")
    error.__cause__ = NetworkError(message if where == "cause" else "no")
    logging.getLogger("bot").error("Failed: %s", message if where == "message" else "no", exc_info=error)
    assert "Failed" in log.getvalue()
    assert "NetworkError" in log.getvalue()
    assert TOKEN not in log.getvalue()


async def test_values_of_a_statement_are_in_its_error(tmp_path: Path) -> None:
    """They are captions and names; SQLAlchemy is told to hide them."""
    sqlite_database = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/some.db")

    async def clash() -> None:
        async with sqlite_database.transaction() as connection:
            await connection.execute(CLASH, {"caption": SECRET_CAPTION})

    await clash()
    with pytest.raises(IntegrityError) as caught:
        await clash()
    await sqlite_database.close()
    error: BaseException | None = caught.value
    while error is not None:
        assert SECRET_CAPTION not in str(error)
        error = error.__cause__
