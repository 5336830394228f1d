"""A model that nobody needs is dropped, and comes back when somebody does."""

import logging
from pathlib import Path

import pytest

from bot import loading
from bot.application import build
from bot.remote import ask
from bot.settings import Settings
from search.clip import ClipEmbedder
from tests.bot.counting import Counting
from tests.bot.model_changes import changed
from tests.conftest import Archive, polling
from tests.people import People, jpeg, shown, until

SOON = 0.001
"""Minutes."""


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch, embedder: ClipEmbedder) -> list[str]:
    """What was loaded, each time."""
    loaded: list[str] = []

    def load(settings: Settings) -> ClipEmbedder:
        loaded.append(settings.model)
        return embedder

    monkeypatch.setattr(loading, "load_model", load)
    return loaded


async def _dropped(settings: Settings) -> None:
    """Waits until the running bot says so."""

    async def told() -> bool:
        async for line in ask(settings.data_dir, "status"):
            if line.get("done"):
                return bool(line["model"]["pictures"] == "not loaded")
        return False

    await until(told, "the model to be dropped")


async def test_an_idle_bot_keeps_its_model_for_ever(
    people: People, archive: Archive, settings: Settings, loads: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Dropped, it is loaded again for the next question and for the next photo, and nothing else is lost."""
    caplog.set_level(logging.INFO)
    async with polling(build(settings.model_copy(update={"model_idle_minutes": SOON}))):
        ann = await people.person("Ann")
        await people.post(ann, ann, photos=[jpeg("red")])
        await archive.settled(indexed=1)
        await _dropped(settings)
        before = len(loads)
        assert len(shown(await people.asked(ann, ann, "/search red"))) == 1
        assert len(loads) > before
        await _dropped(settings)
        before = len(loads)
        await people.post(ann, ann, photos=[jpeg("blue")])
        await archive.settled(indexed=2)
        assert len(loads) > before
        await _dropped(settings)
    assert "dropped" in caplog.text


async def test_a_bot_drops_its_model_unasked(
    people: People, archive: Archive, settings: Settings, loads: list[str]
) -> None:
    """Without the setting it is loaded once."""
    async with polling(build(settings)):
        ann = await people.person("Ann")
        await people.post(ann, ann, photos=[jpeg("red")])
        await archive.settled(indexed=1)
        for _ in range(3):
            assert len(shown(await people.asked(ann, ann, "/search red"))) == 1
    assert len(loads) == 1


async def test_a_dropped_model_cannot_be_changed(
    people: People, archive: Archive, settings: Settings, models: tuple[Counting, Counting], second_model: Path
) -> None:
    """An idle bot changes over to another model, and drops that one too."""
    old, new = models
    async with polling(build(settings.model_copy(update={"model_idle_minutes": SOON}))):
        ann = await people.person("Ann")
        await people.post(ann, ann, photos=[jpeg("red")])
        await archive.settled(indexed=1)
        await _dropped(settings)
        assert (await changed(settings, second_model))["model"] == new.model_id
        await _dropped(settings)
        await people.post(ann, ann, photos=[jpeg("blue")])
        await archive.settled(indexed=2)
        assert len(shown(await people.asked(ann, ann, "/search red"))) == 2
    assert (old.seen, new.seen) == (1, 2)
