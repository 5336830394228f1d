"""The bot has its model quantised while it runs, and nobody notices but the clock."""

import logging
from pathlib import Path

import pytest

from bot import loading, quantising
from bot.application import build
from bot.settings import Settings
from search import quantised
from search.model_spec import ModelSpec
from search.quantising import Facts, Quantised
from tests.conftest import Archive, polling
from tests.drawings import drawn, file
from tests.people import People, shown, until
from tests.processes import children
from tests.transformers import save_tiny_transformer

CONVERTER = "search.quantising"
LONG = 300.0
"""Seconds: it takes ten, but behind every other process."""


@pytest.fixture
def place(settings: Settings) -> Quantised:
    """Where the bot keeps what was made of its model."""
    return Quantised(settings.data_dir / "engines", ModelSpec.parse(settings.model).model_id())


@pytest.fixture
def settings(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """With a model of the usual kind, which counts as a large and slow one here."""
    monkeypatch.setattr(loading, "LEAST_PARAMETERS", 0)
    monkeypatch.setattr(quantising, "WORTHWHILE", 0)
    model = save_tiny_transformer(tmp_path / "tiny", seed=1)
    return settings.model_copy(update={"model": model, "precision": "fp32"})


async def test_questions_wait_for_quantising(
    people: People, settings: Settings, archive: Archive, place: Quantised, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Photos are indexed and found before it is done, while it is checked on them, and with it."""
    monkeypatch.setattr(quantised, "PROBATION", 4)
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Crew", [ann])
    async with polling(build(settings)):
        await people.post(chat, ann, photos=[file(drawn(1))])
        await archive.settled(indexed=1)
        assert len(shown(await people.asked(chat, ann, "/search from:me"))) == 1
        assert children(CONVERTER)

        async def made() -> Facts | None:
            facts = place.facts()
            return facts if facts is not None and facts.cosine and not children(CONVERTER) else None

        facts = await until(made, "the quantised tower", LONG)
        assert facts is not None
        assert facts.refused is None
        number = 1
        while (checked := place.facts()) is None or checked.checked < 4:
            number += 1
            await people.post(chat, ann, photos=[file(drawn(number))])
            await archive.settled(indexed=number)
        await people.post(chat, ann, photos=[file(drawn(number + 1))])
        await archive.settled(indexed=number + 1)
        assert len(shown(await people.asked(chat, ann, "/search from:me n:5"))) == 5
        [asked] = await people.post(chat, ann, photos=[file(drawn(3))], caption="/search")
        assert shown(await people.answer(chat, asked))


async def test_a_bot_that_stops_leaves_its_converter_running(settings: Settings, place: Quantised) -> None:
    """It is ended, and the next start tries again."""

    async def begun() -> bool:
        return bool(children(CONVERTER)) and place.facts() is not None

    async with polling(build(settings)):
        await until(begun, "quantising")
    assert not children(CONVERTER)
    assert place.facts() is None


async def test_quantising_takes_the_memory_that_there_is_not(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where it does not fit beside what runs, it is left for another day, and the log says so."""
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(quantising, "available_memory", lambda: 1_000_000)
    async with polling(build(settings)):

        async def told() -> bool:
            return "Quantising the model needs" in caplog.text

        await until(told, "the model to be loaded and the memory to be looked at")
        assert not children(CONVERTER)
