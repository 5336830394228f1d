"""How the texts of a chat come into memory, stay there and go."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from unittest.mock import Mock

import pytest

from storage import text_cache
from storage.database import Database
from storage.errors import DatabaseUnavailable
from storage.held_texts import HeldTexts, Said
from storage.photos import Photos
from storage.records import TextSource
from tests.people import PATIENCE
from tests.storage.builders import GROUP, captioned, indexed, post

EDITED = replace(post(1), caption="snow, no more")


class _Counted(text_cache.TextCache):
    """Knows how often it read a whole chat, and does something meanwhile."""

    reads = 0

    async def meanwhile(self) -> None:
        """When a chat has been read, and before its texts are kept."""

    async def _every(self, chat_id: int) -> HeldTexts | None:
        self.reads += 1
        held = await super()._every(chat_id)
        await self.meanwhile()
        return held


async def test_an_edit_while_a_chat_is_read_is_not_heard(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read before it is caught up with."""
    await captioned(database, "a lake", "snow")
    cache = _Counted(database, 1_000)
    monkeypatch.setattr(cache, "meanwhile", partial(Photos(database).edit, EDITED))
    held = await cache.of(GROUP.id)
    assert held is not None
    assert held.said.decode().splitlines() == ["snow", "snow, no more"]


async def test_a_change_is_forgotten_when_it_cannot_be_read(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQL is away for a moment: the next question reads what this one could not."""
    await captioned(database, "a lake", "snow")
    cache = text_cache.TextCache(database, 1_000)
    await cache.of(GROUP.id)
    await Photos(database).edit(EDITED)
    with monkeypatch.context() as away:
        away.setattr(database, "reading", Mock(side_effect=DatabaseUnavailable("it is away", "Try again.")))
        with pytest.raises(DatabaseUnavailable):
            await cache.of(GROUP.id)
    held = await cache.of(GROUP.id)
    assert held is not None
    assert held.said.decode().splitlines() == ["snow", "snow, no more"]


async def test_a_change_is_forgotten_when_its_question_is_cancelled(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is worked into memory: the next question does it."""
    await captioned(database, "a lake", "snow")
    cache = text_cache.TextCache(database, 1_000)
    await cache.of(GROUP.id)
    await Photos(database).edit(EDITED)
    loop, begun, may_end = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def change(held: HeldTexts, photo_ids: Collection[int], rows: Sequence[Said]) -> HeldTexts:
        loop.call_soon_threadsafe(begun.set)
        may_end.wait(PATIENCE)
        return held

    with monkeypatch.context() as slow:
        slow.setattr(HeldTexts, "changed", change)
        question = asyncio.create_task(cache.of(GROUP.id))
        await begun.wait()
        question.cancel()
        with pytest.raises(asyncio.CancelledError):
            await question
        may_end.set()
    held = await cache.of(GROUP.id)
    assert held is not None
    assert held.said.decode().splitlines() == ["snow", "snow, no more"]


async def test_a_chat_in_memory_is_read_again(database: Database) -> None:
    """As long as there is room: the one asked longest ago goes first, and only when another needs its room."""
    for chat_id in (-1, -2, -3):
        await captioned(database, "lake", chat_id=chat_id)
    one = HeldTexts.of([(1, TextSource.CAPTION, "lake")]).nbytes
    cache = _Counted(database, 2 * one)
    reads = []
    for chat_id in (-1, -2, -1, -3, -1, -2):
        await cache.of(chat_id)
        reads.append(cache.reads)
    assert reads == [1, 2, 2, 3, 3, 4]


async def test_a_chat_that_does_not_fit_is_read_at_every_change_and_drives_others_out(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read once, and no further than there is room."""
    monkeypatch.setattr(text_cache, "ROWS_PER_READ", 3)
    await captioned(database, "snow", chat_id=-1)
    await captioned(database, *["a lake"] * 40)
    cache = _Counted(database, 100)
    await cache.of(-1)
    pages = Mock(wraps=HeldTexts.of)
    monkeypatch.setattr(HeldTexts, "of", pages)
    assert await cache.of(GROUP.id) is None
    assert 1 < pages.call_count < 8
    await Photos(database).edit(EDITED)
    assert await cache.of(GROUP.id) is None
    assert await cache.of(-1) is not None
    assert cache.reads == 2
    assert not cache._chats[GROUP.id].pending


async def test_a_chat_outgrows_its_room(database: Database) -> None:
    """One that was in memory is left to SQL when more is said in it than there is room for."""
    await captioned(database, "a lake")
    cache = text_cache.TextCache(database, 100)
    assert await cache.of(GROUP.id) is not None
    await indexed(database, replace(post(9), caption="snow on a lake " * 10))
    assert await cache.of(GROUP.id) is None
