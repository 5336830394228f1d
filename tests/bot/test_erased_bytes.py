"""What is erased is gone from every file of the data directory within a day."""

import io
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bot.application import build
from bot.settings import Settings
from search.errors import StorageError
from search.records import Photo
from search.retention import Retention
from storage.database import Database
from storage.readings import Readings
from tests.bot.test_chats import join
from tests.conftest import Archive, polling
from tests.people import Message, People, shown, until

pytestmark = pytest.mark.usefixtures("loaded_once")

STORED = np.dtype("<f2")


def noise(seed: int) -> bytes:
    """A picture like no other."""
    pixels = np.random.default_rng(seed).integers(0, 255, (12, 16, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).resize((320, 240), Image.Resampling.NEAREST).save(buffer, "JPEG")
    return buffer.getvalue()


def later(**span: float) -> datetime:
    return datetime.now(UTC) + timedelta(**span)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Chroma has chats of every size, and writes its graph to disk after a few vectors: there it keeps deleted ones."""
    return settings.model_copy(update={"exact_limit": 0, "chroma_sync": 1})


def traces(archive: Archive, message: Message) -> Iterator[tuple[str, bytes]]:
    """Everything that is stored of a photo, as its bytes stand in files."""
    found = archive.rows(
        "SELECT caption, sender_name, file_id, file_unique_id, vector, fingerprint FROM photos "
        "JOIN images ON images.id = image_id JOIN vectors USING (image_id) WHERE photos.chat_id = ? AND message_id = ?",
        message["chat"]["id"],
        message["message_id"],
    )
    caption, name, file_id, file_unique_id, blob, fingerprint = found[0]
    for what, text in (("caption", caption), ("name", name), ("file id", file_id), ("file", file_unique_id)):
        if text:
            yield what, text.encode()
    wide = np.frombuffer(blob, STORED).astype(np.float32)
    exact = (wide / np.linalg.norm(wide)).tobytes()
    for what, whole in (("half vector", blob), ("vector", exact), ("fingerprint", fingerprint)):
        for start in range(0, len(whole) - 31, 64):
            yield what, whole[start : start + 64]


def words(seed: int) -> str:
    """What a picture says, as if it had been read in it."""
    return f"Reading of number {seed}"


async def read(settings: Settings) -> None:
    """Every picture is read."""
    database = await Database.open(settings.sql_url)
    readings = Readings(database)
    while (unread := await readings.next(later())) is not None:
        await readings.done(unread.image_id, words(_number(unread.photos)))
    await database.close()


def _number(photos: Sequence[Photo]) -> int:
    return next(int(photo.caption[-1]) for photo in photos if photo.caption and photo.caption[-1].isdigit())


def left_in(directory: Path, sought: set[tuple[str, bytes]]) -> dict[str, set[str]]:
    """Which of them stand in which files."""
    found: dict[str, set[str]] = {}
    for file in directory.rglob("*"):
        data = file.read_bytes() if file.is_file() else b""
        names = {what for what, trace in sought if trace in data}
        if names:
            found[str(file.relative_to(directory))] = names
    return found


@asynccontextmanager
async def running_in(
    span: dict[str, float], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[None]:
    """The bot, started again when so much time has passed."""
    with monkeypatch.context() as patched:
        patched.setattr("bot.services.Retention", partial(Retention, clock=partial(later, **span)))
        async with polling(build(settings)):
            yield


async def swept(settings: Settings, archive: Archive, monkeypatch: pytest.MonkeyPatch, **span: float) -> None:
    """The bot runs again when so much time has passed, until nothing deleted remains."""

    async def is_clean() -> bool:
        return not archive.rows("SELECT key FROM facts WHERE key LIKE 'remains%'")

    async with running_in(span, settings, monkeypatch):
        await until(is_clean, "the sweep")


async def test_what_was_forgotten_is_still_in_a_file(
    people: People, settings: Settings, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forgotten, purged, opted out or of a chat that is over: no caption, name, file, vector, fingerprint or text
    read in a picture stays in any file.

    What was also posted elsewhere stays there, and is found.
    """
    names = ("Forgottina", "Purgandus", "Optoutis", "Abandonna", "Stayer")
    forgotten, purged, opted, abandoned, stayer = [await people.person(name) for name in names]
    chat = await people.chat("supergroup", "Staying", [stayer, forgotten, opted])
    other = await people.chat("supergroup", "Purged", [purged])
    over = await people.chat("supergroup", "Abandonment", [abandoned])

    async def is_left() -> bool:
        return archive.rows("SELECT left_at IS NOT NULL FROM chats WHERE id = ?", over) == [(1,)]

    async with polling(build(settings)):
        posts = [
            (await people.post(place, user, photos=[noise(seed)], caption=f"caption of number {seed}"))[0]
            for seed, (place, user) in enumerate(
                [(chat, forgotten), (other, purged), (other, purged), (chat, opted), (over, abandoned), (chat, stayer)]
            )
        ]
        [shared] = await people.post(other, purged, photos=[noise(5)], caption="seen elsewhere")
        await archive.settled(indexed=7)
        await read(settings)
        await people.told(other, purged, "/search tyrannosaurus")
        gone = {trace for message in posts[:5] for trace in traces(archive, message)}
        gone |= {("title", b"Abandonment"), ("query", b"tyrannosaurus")}
        gone |= {
            ("text in a picture", text.encode()) for seed in range(5) for text in (words(seed), words(seed).lower())
        }
        kept = set(traces(archive, posts[5])) | {("text in a picture", words(5).encode())}
        gone |= {trace for trace in traces(archive, shared) if trace[0] == "caption"}
        await people.told(chat, forgotten, "/forget", reply_to_message_id=posts[0]["message_id"])
        await people.told(chat, opted, "/optout")
        [asked] = await people.asked(other, purged, "/purge")
        await people.press(other, purged, asked, "Forget")
        await join(people, over, abandoned, "kicked")
        await archive.settled(indexed=2)
        await until(is_left, "the bot to have read that it was removed")
    before = left_in(settings.data_dir, gone)
    assert "chroma/chroma.sqlite3" in before, "or this test could not fail"
    assert {what for names in before.values() for what in names} >= {"text in a picture", "fingerprint"}
    assert any(file.endswith("data_level0.bin") for file in before), "Chroma's graph keeps deleted vectors"
    await swept(settings, archive, monkeypatch, days=31)
    assert left_in(settings.data_dir, gone) == {}
    still = {what for names in left_in(settings.data_dir, kept).values() for what in names}
    assert still >= {"caption", "half vector", "fingerprint", "text in a picture"}
    assert archive.states() == {"indexed": 1}
    async with polling(build(settings)):
        assert len(shown(await people.asked(chat, stayer, "/search caption of number 5"))) == 1


async def test_photos_outlive_their_time(
    people: People, settings: Settings, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a time to keep photos set, older ones are erased, and no edit brings one back."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Short memory", [ann])
    brief = settings.model_copy(update={"retention_days": 7})
    async with polling(build(brief)):
        [message] = await people.post(chat, ann, photos=[noise(1)], caption="short-lived caption")
        await archive.settled(indexed=1)
        gone = set(traces(archive, message)) - {("name", b"Ann")}
    await swept(brief, archive, monkeypatch, days=6)
    assert archive.states() == {"indexed": 1}
    async with running_in({"days": 8}, brief, monkeypatch):
        await archive.settled()
        path = f"/api/chats/{chat}/messages/{message['message_id']}"
        await people.ask("PATCH", path, data={"user_id": ann, "caption": "again"})
        assert "No photos" in await people.told(chat, ann, "/stats")
        await archive.settled()
    await swept(brief, archive, monkeypatch, days=9)
    assert left_in(settings.data_dir, gone) == {}


async def test_a_database_that_cannot_be_rewritten_keeps_chroma_from_being_renewed(
    people: People, settings: Settings, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is tried by itself, every hour."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Crew", [ann])
    async with polling(build(settings)):
        [photo] = await people.post(chat, ann, photos=[noise(1)])
        await archive.settled(indexed=1)
        await people.told(chat, ann, "/forget", reply_to_message_id=photo["message_id"])

    async def full(self: Database) -> bool:
        raise StorageError("The disk is full.")

    async def is_renewed() -> bool:
        return not archive.rows("SELECT key FROM facts WHERE key LIKE 'remains in the vector index%'")

    monkeypatch.setattr(Database, "rewrite", full)
    async with running_in({"days": 1}, settings, monkeypatch):
        await until(is_renewed, "Chroma's renewal")
    assert archive.rows("SELECT count(*) FROM facts WHERE key LIKE 'remains in the database%'") == [(1,)]
