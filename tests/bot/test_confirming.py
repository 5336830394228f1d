"""Telegram forgets an update once it is confirmed: by a later offset, or by 200 to its webhook."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from typing import Any

import pytest

from bot import application as bot_application
from bot import lifecycle
from bot.lifecycle import AnyApplication
from bot.settings import Settings
from storage import database
from storage.driver_errors import translated
from tests.conftest import Archive, polling
from tests.people import People, jpeg, until
from tests.ports import free_port

pytestmark = pytest.mark.usefixtures("loaded_once", "impatient")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A locked database is an error after 50 ms."""
    pragmas = tuple(pragma.replace("busy_timeout=10000", "busy_timeout=50") for pragma in database.SQLITE_PRAGMAS)
    monkeypatch.setattr(database, "SQLITE_PRAGMAS", pragmas)


@asynccontextmanager
async def hooked(application: AnyApplication) -> AsyncIterator[AnyApplication]:
    """An application that is sent its updates, as `run_webhook` runs it."""
    port = free_port()
    await application.initialize()
    assert application.updater is not None
    try:
        await application.updater.start_webhook(
            "127.0.0.1", port, "hook", webhook_url=f"http://127.0.0.1:{port}/hook",
            allowed_updates=bot_application.ALLOWED_UPDATES,
        )  # fmt: skip
        await application.start()
        yield application
    finally:
        await application.updater.stop()
        await application.stop()
        await application.shutdown()


@contextmanager
def locked(settings: Settings) -> Iterator[None]:
    """Another program holds the database, as a backup does."""
    with closing(sqlite3.connect(settings.data_dir / "chatlens.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@pytest.mark.parametrize("receiving", [polling, hooked])
async def test_an_update_is_confirmed_while_the_database_is_locked(
    people: People,
    settings: Settings,
    archive: Archive,
    caplog: pytest.LogCaptureFixture,
    receiving: Any,
) -> None:
    """Telegram keeps it until it is written, by either way; a sentence says why, and the bot goes on by itself."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Weekend crew", [ann])
    async with receiving(bot_application.build(settings)) as application:
        await people.post(chat, ann, photos=[jpeg("red")])
        await archive.settled(indexed=1)
        with locked(settings):
            await people.post(chat, ann, photos=[jpeg("blue")])

            async def is_waiting() -> bool:
                return "Another program holds it" in caplog.text

            await until(is_waiting, "the sentence in the log")
            assert await _unconfirmed(people) == 1, "the photo was confirmed before it was written"
            assert application.update_queue.empty()
        await archive.settled(indexed=2)

        async def is_confirmed() -> bool:
            return await _unconfirmed(people) == 0

        await until(is_confirmed, "the confirmation")


async def _unconfirmed(people: People) -> int:
    return int((await people.ask("GET", "/api/bot"))["pending_update_count"])


async def test_a_shortage_of_memory_costs_a_photo(
    people: People, settings: Settings, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is short for a moment is waited for: the update is to blame for nothing."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Weekend crew", [ann])
    troubles = [MemoryError(), OSError(24, "Too many open files"), RuntimeError("can't start new thread")]
    begin = database.Database.transaction

    @asynccontextmanager
    async def short(self: database.Database) -> AsyncIterator[Any]:
        with translated():
            if troubles:
                raise troubles.pop()
        async with begin(self) as connection:
            yield connection

    monkeypatch.setattr(lifecycle, "PAUSE", 0.1)
    async with polling(bot_application.build(settings)):
        monkeypatch.setattr(database.Database, "transaction", short)
        await people.post(chat, ann, photos=[jpeg("red")])
        await archive.settled(indexed=1)
    assert not troubles


async def test_a_confirmed_wish_to_be_forgotten_dies_with_the_process(
    people: People, settings: Settings, archive: Archive
) -> None:
    """/forget, /optout and /optin are done before their update is confirmed, in their turn, also if no handler runs."""
    ann, bob = await people.person("Ann"), await people.person("Bob")
    chat = await people.chat("supergroup", "Weekend crew", [ann, bob])
    async with polling(bot_application.build(settings)):
        [red] = await people.post(chat, ann, photos=[jpeg("red")])
        await people.post(chat, bob, photos=[jpeg("green")])
        await archive.settled(indexed=2)
    await people.post(chat, ann, text="/forget", reply_to_message_id=red["message_id"])
    await people.post(chat, bob, text="/optout")
    [dropped] = await people.post(chat, bob, photos=[jpeg("white")])
    await people.post(chat, bob, text="/optin")
    [kept] = await people.post(chat, bob, photos=[jpeg("blue")])
    application = bot_application.build(settings)
    await application.initialize()
    assert application.updater is not None
    await application.updater.start_polling(timeout=1, allowed_updates=bot_application.ALLOWED_UPDATES)

    async def is_confirmed() -> bool:
        return await _unconfirmed(people) == 0

    await until(is_confirmed, "the confirmation")
    await application.updater.stop()
    await application.shutdown()
    assert application.update_queue.qsize() == 5, "no handler has seen them"
    assert archive.rows("SELECT message_id FROM photos") == [(kept["message_id"],)], dropped["message_id"]
    assert archive.rows("SELECT * FROM opt_outs") == []
