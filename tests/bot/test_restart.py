"""The bot ends in the middle of things and starts again."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from bot.application import build
from bot.errors import DataDirectoryBusy
from bot.opening import for_archive, model_id
from bot.settings import Settings
from search.errors import ModelMismatch
from storage.database import Database
from storage.models import Models
from tests.conftest import Archive, polling
from tests.people import People, jpeg, picture_key, shown, until

ENDLESS = {"method": "file", "delay": 3600, "times": 0}
"""Downloads that do not come to their end."""

pytestmark = pytest.mark.usefixtures("loaded_once")


async def test_photos_posted_while_the_bot_was_away_are_not_lost(
    people: People, settings: Settings, archive: Archive
) -> None:
    """Telegram keeps its updates for a day; they are all taken up."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Weekend crew", [ann])
    keys = [picture_key((await people.post(chat, ann, photos=[jpeg(colour)]))[0]) for colour in ("red", "blue")]
    async with polling(build(settings)):
        await archive.settled(indexed=2)
        assert set(shown(await people.asked(chat, ann, "/search red"))) == set(keys)


async def test_a_restart_in_the_middle_of_indexing_loses_and_doubles_nothing(
    people: People, settings: Settings, archive: Archive
) -> None:
    """Whatever was pending when the bot ended is indexed by the next one, once."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Weekend crew", [ann])
    count = 120
    for number in range(count):
        await people.post(chat, ann, photos=[jpeg((number, 255 - number, 90))])
    async with polling(build(settings)):

        async def has_begun() -> bool:
            return archive.states().get("indexed", 0) > 0

        await until(has_begun, "the first photo to be indexed")
        await people.ask("POST", "/api/faults", json=ENDLESS)  # or all might be done before the bot has stopped
    await people.ask("DELETE", "/api/faults")
    left = archive.states().get("indexed", 0)
    assert left < count, "the bot was not ended in the middle"
    async with polling(build(settings)) as application:
        await archive.settled(indexed=count)
        assert application.bot.username
    assert archive.rows("SELECT count(*), count(DISTINCT message_id) FROM photos") == [(count, count)]
    assert archive.rows("SELECT count(*) FROM vectors") == archive.rows("SELECT count(*) FROM images")


async def test_a_lost_chroma_directory_is_filled_again_from_sql(
    people: People, settings: Settings, archive: Archive
) -> None:
    """Chroma is derived: without it nothing is embedded again, and chats that it answers are answered."""
    by_chroma = settings.model_copy(update={"exact_limit": 0})
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Weekend crew", [ann])
    keys = {picture_key((await people.post(chat, ann, photos=[jpeg(colour)]))[0]) for colour in ("red", "blue")}
    async with polling(build(by_chroma)):
        await archive.settled(indexed=2)
        assert set(shown(await people.asked(chat, ann, "/search red"))) == keys
    _destroy(settings.data_dir / "chroma")
    async with polling(build(by_chroma)):
        assert set(shown(await people.asked(chat, ann, "/search red"))) == keys


async def test_chroma_that_breaks_while_the_bot_runs_silences_nobody(
    people: People, settings: Settings, archive: Archive
) -> None:
    """Chats that Chroma answers are answered exactly meanwhile, and new photos are found."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Weekend crew", [ann])
    async with polling(build(settings.model_copy(update={"exact_limit": 0}))):
        keys = {picture_key((await people.post(chat, ann, photos=[jpeg(colour)]))[0]) for colour in ("red", "blue")}
        await archive.settled(indexed=2)
        _destroy(settings.data_dir / "chroma")
        assert set(shown(await people.asked(chat, ann, "/search red"))) == keys
        keys.add(picture_key((await people.post(chat, ann, photos=[jpeg("green")]))[0]))
        await archive.settled(indexed=3)
        assert set(shown(await people.asked(chat, ann, "/search red"))) == keys


def _destroy(directory: Path) -> None:
    for path in sorted(directory.rglob("*"), reverse=True):
        if path.is_file():
            path.write_bytes(b"not an index any more")


async def test_a_second_bot_does_not_share_the_data_directory(settings: Settings, sandbox: Any) -> None:
    """It is told so in a sentence, and the first goes on."""
    async with polling(build(settings)):
        second = build(settings)
        with pytest.raises(DataDirectoryBusy, match="Another bot is running"):
            await second.initialize()


async def test_a_former_model_that_was_deleted_is_still_known(settings: Settings, tmp_path: Path) -> None:
    """Its directory is all that the setting names, and a restart at night was refused. Other weights in its place are
    another model."""
    settings.data_dir.mkdir()
    weights = tmp_path / "first" / "open_clip_model.safetensors"
    weights.parent.mkdir()
    weights.write_bytes(b"1")
    setting = f"local-dir:{weights.parent}"
    still_set = settings.model_copy(update={"model": setting})
    database = await Database.open(settings.sql_url)
    models = Models(database)
    await models.adopt(str(model_id(setting)), setting)
    await models.change("two:tag", "two:tag")
    assert (await for_archive(still_set, database)).model == "two:tag"
    weights.write_bytes(b"2")
    assert (await for_archive(still_set, database)).model == setting
    shutil.rmtree(weights.parent)
    assert (await for_archive(still_set, database)).model == "two:tag"
    await database.close()


async def test_another_model_does_not_search_the_vectors_of_the_first(settings: Settings) -> None:
    """It is refused at start with a sentence that says what to do, and the directory is free again."""
    settings.data_dir.mkdir()
    database = await Database.open(settings.sql_url)
    await Models(database).adopt("ViT-B-32:openai")
    await database.close()
    for _ in range(2):
        with pytest.raises(ModelMismatch, match=r"Set it back to 'ViT-B-32:openai'"):
            await build(settings).initialize()
