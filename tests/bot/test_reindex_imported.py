"""Changing the model of an archive with photos that are on disk and not in Telegram."""

from pathlib import Path

import pytest

from bot.application import build
from bot.errors import BotError
from bot.remote import ask
from bot.settings import Settings
from tests.bot.counting import Counting
from tests.bot.model_changes import PICTURES, changed, post_all, vectors
from tests.conftest import Archive, polling
from tests.importing.job import history, imported
from tests.people import People, jpeg, shown, until


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Of a bot that says nothing unasked."""
    return settings.model_copy(update={"acknowledge": False})


@pytest.fixture
def folder(tmp_path: Path, chat: int) -> Path:
    """An export of the chat with three photos."""
    return history(tmp_path / "export", chat)


def lose_one(folder: Path) -> None:
    """The photo of message 10002 is gone for good."""
    next(folder.glob("photos/*10002*")).unlink()


def unmounted(folder: Path) -> Path:
    """As if its disk were not there; where it is now."""
    return folder.rename(folder.with_name("unmounted"))


@pytest.mark.usefixtures("models")
async def test_imported_photos_are_seen_from_disk(
    settings: Settings, archive: Archive, people: People, ann: int, chat: int, second_model: Path, folder: Path
) -> None:
    """Nothing of them is in Telegram; one whose file was deleted is listed, and Chroma follows to the new model."""
    exact = settings.model_copy(update={"exact_limit": 0})
    async with polling(build(exact)):
        await people.post(chat, ann, photos=[jpeg("purple")])
        await archive.settled(indexed=1)
        await imported(settings, folder)
        await archive.settled(indexed=4)
        lose_one(folder)
        told = await changed(settings, second_model, accept_lost=True)
        assert (told["images"], told["lost"]) == (3, 1)
        assert told["named"][0]["message"] == 10_002
        assert shown(await people.asked(chat, ann, "/search red n:1"))

        async def is_equal() -> bool:
            [status] = [line async for line in ask(settings.data_dir, "status")]
            return bool(status["chroma"] == {"condition": "equal", "entries": 3})

        await until(is_equal, "Chroma to have the new vectors")
        assert shown(await people.asked(chat, ann, "/search red n:1"))


async def test_a_disk_that_is_not_mounted_does_not_cost_its_photos(
    settings: Settings,
    archive: Archive,
    people: People,
    ann: int,
    models: tuple[Counting, Counting],
    second_model: Path,
    folder: Path,
) -> None:
    """However few they are: the old model goes on until they are there. One of them that is gone for good is no reason
    not to change, but one not to delete what the old model saw in it."""
    old, new = models
    async with polling(build(settings)):
        await post_all(people, ann, PICTURES)
        await imported(settings, folder)
        await archive.settled(indexed=33)
        away = unmounted(folder)
        with pytest.raises(BotError, match=r"Of 33 images .* 3 would not be .*but 3 may be there later"):
            await changed(settings, second_model, drop_old=True)
        assert vectors(archive) == {old.model_id: 33, new.model_id: 30}
        away.rename(folder)
        lose_one(folder)
        told = await changed(settings, second_model, drop_old=True)
        assert (told["images"], told["lost"], told["dropped"]) == (2, 1, 32)
        assert vectors(archive) == {old.model_id: 1, new.model_id: 32}
