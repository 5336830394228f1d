"""An archive moves to another machine in one file."""

import zipfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from bot.application import build
from bot.backing_up import Backup, InTheDataDirectory, NotOursToBackUp, backup_alone
from bot.control_file import ControlFile
from bot.errors import NoArchive
from bot.settings import Settings
from search.clip import ClipEmbedder
from storage.cache import MatrixCache
from storage.database import Database
from storage.embeddings import Embeddings
from tests.bot.commands import command
from tests.conftest import Archive, polling
from tests.people import People, jpeg, shown

pytestmark = pytest.mark.usefixtures("loaded_once")

QUESTIONS = ("/search red", "/search blue sky -green", "/search text:Sunday", "/similar")
COLOURS = ("red", "darkred", "blue", "skyblue", "green", "white")


async def answers(people: People, chat: int, ann: int) -> list[Any]:
    """Which photos, in which order, with which list."""
    told = []
    for question in QUESTIONS[:3]:
        answer = await people.asked(chat, ann, question)
        told.append((shown(answer), answer[0].get("caption") or answer[0].get("text")))
    return told


async def scores(settings: Settings, embedder: ClipEmbedder, chat: int) -> list[Any]:
    """Ids, order and scores of everything in a chat, for some words."""
    database = await Database.open(settings.sql_url)
    cache = MatrixCache(Embeddings(database, embedder.model_id), 1 << 20)
    try:
        view = (await cache.matrix(chat)).view()
        return [view.nearest(vector, None) for vector in embedder.embed_texts(["red", "a blue sky", "pizza"])]
    finally:
        await cache.close()
        await database.close()


async def test_a_restored_archive_answers_otherwise(
    people: People, settings: Settings, archive: Archive, embedder: ClipEmbedder, tmp_path: Path
) -> None:
    """Backed up while the bot runs, restored into an empty directory: the same ids in the same order with the same
    scores, and neither token nor secret nor Chroma in the file."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Weekend crew", [ann])
    file = tmp_path / "backup.zip"
    async with polling(build(settings)):
        for number, colour in enumerate(COLOURS):
            await people.post(chat, ann, photos=[jpeg(colour)], caption=f"Sunday {number}" if number % 2 else "")
        await archive.settled(indexed=len(COLOURS))
        before = await answers(people, chat, ann)
        control = ControlFile.read(settings.data_dir)
        made = await command(settings, "backup", str(file))
        assert made.status == 0, made.err
        assert f"{len(COLOURS)} photos" in made.err.replace("\n", " ")
        assert "Not in it: the token" in made.err
        assert "Not in it: the model in" in made.err
        refused = await command(settings, "restore", "--force", str(file))
        assert refused.status == 1
        assert "Stop it first" in refused.err.replace("\n", " ")
    with zipfile.ZipFile(file) as packed:
        assert sorted(packed.namelist()) == ["chatlens.db", "manifest.json"]
        held = b"".join(packed.read(name) for name in packed.namelist())
    assert control is not None
    assert settings.token is not None
    for secret in (settings.token.get_secret_value(), control.secret):
        assert secret.encode() not in held

    elsewhere = settings.model_copy(update={"data_dir": tmp_path / "elsewhere"})
    restored = await command(elsewhere, "restore", str(file))
    assert restored.status == 0, restored.err
    assert await scores(elsewhere, embedder, chat) == await scores(settings, embedder, chat)
    async with polling(build(elsewhere)):
        assert await answers(people, chat, ann) == before


async def test_a_backup_takes_the_place_of_the_archive(settings: Settings) -> None:
    """Nothing in the data directory is ever written over by one."""
    await (await Database.open(settings.sql_url)).close()
    before = {one.name for one in settings.data_dir.iterdir()} | {"lock"}
    async with backup_alone(settings) as job:
        for name in ("chatlens.db", "chatlens.db-wal", "heartbeat", "new.zip"):
            with pytest.raises(InTheDataDirectory, match="Name a file elsewhere"):
                _ = [told async for told in job({"file": str(settings.data_dir / name)})]
    assert {one.name for one in settings.data_dir.iterdir()} == before


async def test_a_backup_of_nothing_is_believed_in(settings: Settings, tmp_path: Path) -> None:
    """As cron makes it that does not know where the archive is: refused, and no archive is made there."""
    with pytest.raises(NoArchive, match="CHATLENS_DATA_DIR"):
        async with backup_alone(settings):
            pass
    assert not settings.data_dir.exists()


async def test_a_dump_of_postgresql_is_promised(settings: Settings) -> None:
    """It has a way of its own, which the sentence names."""
    backup = Backup(Database(create_async_engine("postgresql+asyncpg://nobody@nowhere/archive")), settings)
    with pytest.raises(NotOursToBackUp, match="pg_dump"):
        _ = [told async for told in backup({"file": "never"})]
