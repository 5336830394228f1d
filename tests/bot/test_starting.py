"""The bot takes updates before its model is there."""

import asyncio
import sys
import threading
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest

from bot import loading
from bot.application import build
from bot.settings import Settings
from search.clip import ClipEmbedder
from search.errors import ModelDamaged
from tests.bot.commands import command
from tests.conftest import Archive, polling
from tests.people import People, jpeg, shown
from tests.programs import DEMO, ROOT, environment, same

HEAVY = ("alembic.command", "chromadb", "onnxruntime", "open_clip", "scipy", "torch", "transformers", "uvicorn")
TAKING_UPDATES = f"""
import asyncio, sys
from bot.application import build
from bot.settings import Settings

async def main():
    application = build(Settings(_env_file=None))
    await application.initialize()
    print([name for name in {HEAVY} if name in sys.modules])
    await application.shutdown()

asyncio.run(main())
"""


@pytest.fixture
def held_up(monkeypatch: pytest.MonkeyPatch, embedder: ClipEmbedder) -> Iterator[threading.Event]:
    """The model is loaded once this is set."""
    arrived = threading.Event()

    def load(settings: Settings) -> ClipEmbedder:
        assert arrived.wait(60)
        return embedder

    monkeypatch.setattr(loading, "load_model", load)
    yield arrived
    arrived.set()


async def test_updates_wait_for_the_model(
    people: People, archive: Archive, settings: Settings, held_up: threading.Event
) -> None:
    """A photo is kept and a command answered while it is loaded; a question is answered once it is there."""
    async with polling(build(settings)):
        ann, bob = await people.person("Ann"), await people.person("Bob")
        await people.post(ann, ann, photos=[jpeg("red")])
        await archive.settled(pending=1)
        assert "waiting" in await people.told(ann, ann, "/stats")
        held_up.set()
        await archive.settled(indexed=1)
    held_up.clear()
    async with polling(build(settings)):
        [question] = await people.post(ann, ann, text="/search red")
        await people.told(bob, bob, "/stats")
        assert not await people.from_bot(ann, question["message_id"])
        held_up.set()
        assert len(shown(await people.answer(ann, question))) == 1


async def test_a_bot_that_is_stopped_waits_for_the_model(settings: Settings, held_up: threading.Event) -> None:
    """A download of gigabytes may be ended in the middle."""
    async with polling(build(settings)):
        pass
    assert not held_up.is_set()


async def test_a_model_that_cannot_be_had_stops_the_host(
    people: People, settings: Settings, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its bot goes on, photos are kept, and who asks is told."""

    def load(settings: Settings) -> ClipEmbedder:
        raise ModelDamaged("It is broken.")

    async with polling(build(settings)):
        ann = await people.person("Ann")
        await people.post(ann, ann, photos=[jpeg("red")])
        await archive.settled(indexed=1)
    monkeypatch.setattr(loading, "load_model", load)
    told: list[Exception] = []
    async with polling(build(settings, unable=told.append)):
        assert "my model cannot be loaded" in await people.told(ann, ann, "/search red")
        await people.post(ann, ann, photos=[jpeg("blue")])
        await archive.settled(indexed=1, pending=1)
    assert [str(exc) for exc in told] == ["It is broken."]


async def test_a_broken_model_ends_the_bot_without_a_word(settings: Settings, tmp_path: Path) -> None:
    """Found out after the start: status 1, and a sentence that says what to do."""
    model = copytree(DEMO, tmp_path / "model")
    (model / "open_clip_model.safetensors").write_bytes(b"nothing")
    ended = await command(settings.model_copy(update={"model": f"local-dir:{model}"}), "run", "--no-demo")
    assert ended.status == 1
    assert "could not be read" in ended.err


async def test_the_first_update_waits_for_imports(settings: Settings, held_up: threading.Event) -> None:
    """What takes seconds to import is not imported before an update can be taken, at every start but the first, which
    makes the database."""
    async with polling(build(settings)):
        pass
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", TAKING_UPDATES), stdout=PIPE, cwd=ROOT, env=environment(**same(settings))
    )
    out, _ = await process.communicate()
    assert out.decode().strip() == "[]"
