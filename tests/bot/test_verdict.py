"""What is there is found and what is not is not, over the sample archive, with the demo model's own figures."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import application as bot_application
from bot.calibration import calibrate_archive
from bot.errors import DataDirectoryBusy
from bot.settings import Settings
from handlers.render import NOTHING_ALIKE, UNSURE
from sandbox.server import Sandbox, serve_in_thread
from search.errors import TooFewCaptions
from tests.conftest import Archive, polling
from tests.people import People, shown, until
from tests.programs import DEMO

CREW = -1001700000001
MIRA = 1001
PIZZA = DEMO.parents[1] / "sandbox/archive/pictures/001-friday-pizza.webp"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The sample archive, as in the demo."""
    with serve_in_thread(archive=True) as running:
        yield running


async def indexed(archive: Archive, at_least: int) -> int:
    """How many photos are indexed, once nothing waits."""

    async def done() -> bool:
        states = archive.states()
        return states.get("indexed", 0) >= at_least and "pending" not in states

    await until(done, "photos to be indexed")
    return archive.states()["indexed"]


@pytest.mark.usefixtures("loaded_once")
async def test_the_demo_denies_what_it_has_or_shows_what_it_has_not(
    settings: Settings, archive: Archive, people: People
) -> None:
    """Pizza, cars and cats in three languages are shown without doubt, also in a chat of one photo; a helicopter and
    gibberish are not shown, nor is anything else for want of better."""
    async with polling(bot_application.build(settings)):
        held = await indexed(archive, 150)
        for question in ("pizza", "red car", "пицца", "猫", "dog", "car -red"):
            answer = await people.asked(CREW, MIRA, f"/search {question}")
            assert shown(answer), question
            assert not str(answer[0].get("caption")).startswith(UNSURE), question
        for question in ("helicopter", "вертолёт", "xyzzy", "helicopter -red"):
            assert await people.told(CREW, MIRA, f"/search {question}") == NOTHING_ALIKE, question
        answer = await people.asked(CREW, MIRA, "/search поезд")
        assert shown(answer)
        assert str(answer[0]["caption"]).startswith(UNSURE)

        ann = await people.person("Ann")
        await people.post(ann, ann, photos=[PIZZA.read_bytes()])
        await indexed(archive, held + 1)
        assert len(shown(await people.asked(ann, ann, "pizza"))) == 1
        assert await people.told(ann, ann, "penguin") == NOTHING_ALIKE

        with pytest.raises(DataDirectoryBusy):
            await calibrate_archive(settings, lambda *_: None)


@pytest.mark.usefixtures("loaded_once")
async def test_calibrating_an_empty_archive_ends_in_a_trace(settings: Settings, tmp_path: Path) -> None:
    """The operator reads how many captions are missing."""
    with pytest.raises(TooFewCaptions, match="I found 0"):
        await calibrate_archive(settings, lambda *_: None)
