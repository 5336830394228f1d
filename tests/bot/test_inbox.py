"""Nothing is confirmed to Telegram before it is kept."""

import asyncio
from datetime import UTC, datetime

import pytest
from telegram import Chat, Message, Update

from bot.inbox import ROOM, Inbox
from handlers.intake import Intake
from search.errors import StorageError


class Ledger(Intake):
    """An intake whose storage fails as often as it is told to."""

    def __init__(self, *troubles: Exception) -> None:
        self.troubles = list(troubles)
        self.kept: list[int] = []

    async def keep(self, update: Update) -> None:
        if self.troubles:
            raise self.troubles.pop(0)
        self.kept.append(update.update_id)


def update(number: int) -> Update:
    return Update(number, message=Message(number, datetime.now(UTC), Chat(1, "private"), text="hello"))


async def test_an_update_is_not_confirmed_while_the_database_is_away() -> None:
    """`put`, which confirms by returning, waits and tries again; then the update is handled once."""
    inbox, ledger = Inbox(), Ledger(StorageError("locked"), StorageError("locked"))
    inbox.open(ledger)
    await inbox.put(update(1))
    assert ledger.kept == [1]
    assert (inbox.qsize(), inbox.get_nowait()) == (1, update(1))


async def test_an_update_before_the_archive_is_open_waits() -> None:
    """Neither lost nor handled before it is kept."""
    inbox, ledger = Inbox(), Ledger()
    putting = asyncio.create_task(inbox.put(update(1)))
    await asyncio.sleep(0)
    assert inbox.empty()
    inbox.open(ledger)
    await putting
    assert ledger.kept == [1]


async def test_one_update_that_cannot_be_understood_does_not_stop_the_polling(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is logged and passed over: an error from `put` would end the polling or repeat it for ever."""
    inbox, ledger = Inbox(), Ledger(KeyError("a field nobody knew"))
    inbox.open(ledger)
    await inbox.put(update(1))
    await inbox.put(update(2))
    assert ledger.kept == [2]
    assert "Update 1 could not be understood" in caplog.text


async def test_what_is_no_update_passes() -> None:
    """python-telegram-bot ends its queue with a signal object of its own."""
    inbox = Inbox()
    await inbox.put("stop")
    assert inbox.get_nowait() == "stop"


async def test_updates_that_nobody_handles_fill_the_memory() -> None:
    """The queue is bounded: at its bound, polling waits and Telegram keeps the rest."""
    inbox = Inbox()
    for number in range(ROOM):
        await inbox.put(number)
    one_more = asyncio.create_task(inbox.put("one more"))
    await asyncio.sleep(0)
    assert not one_more.done()
    inbox.get_nowait()
    await one_more
    assert inbox.qsize() == ROOM
