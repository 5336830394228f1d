"""Telegram sends what python-telegram-bot cannot read."""

import logging
from collections.abc import Iterator

import pytest

from bot.application import build
from bot.settings import Settings
from sandbox.server import Sandbox, serve_in_thread
from tests.conftest import Archive, polling
from tests.people import People, jpeg

pytestmark = pytest.mark.usefixtures("loaded_once")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A local Telegram that is not held to the specification."""
    with serve_in_thread(archive=False) as running:
        yield running


async def test_an_update_that_cannot_be_read_is_asked_for_again_and_again(
    people: People, sandbox: Sandbox, settings: Settings, archive: Archive, caplog: pytest.LogCaptureFixture
) -> None:
    """It is passed over, those around it are kept, and the log names its number but shows nothing of it."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Weekend crew", [ann])
    await people.post(chat, ann, photos=[jpeg("red")])
    for broken in ({"caption": "a secret"}, {"message_id": 7, "chat": "a secret"}, {}):
        sandbox.world.bot.updates.put("message", broken)
    await people.post(chat, ann, photos=[jpeg("blue")])
    with caplog.at_level(logging.INFO):
        async with polling(build(settings)):
            await archive.settled(indexed=2)
    assert caplog.text.count("could not be understood and is passed over") == 3
    assert "a secret" not in caplog.text
