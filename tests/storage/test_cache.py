"""Matrices in memory: what happens to a chat while it is being loaded, and the budget."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from storage.cache import MatrixCache
from storage.database import Database
from storage.embeddings import Embeddings
from storage.errors import DatabaseUnavailable
from storage.held import Held
from storage.photos import Photos
from tests.storage.builders import GROUP, MODEL, indexed, post, unit

PLENTY = 2**30


class GatedEmbeddings(Embeddings):
    """Reads as ever, but hands over only when the gate opens: what was read may be old by then."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, MODEL)
        self.gate = asyncio.Event()
        self.read = asyncio.Event()
        self.reads = 0

    async def chat_held(self, chat_id: int) -> Held:
        matrix = await super().chat_held(chat_id)
        self.reads += 1
        self.read.set()
        await self.gate.wait()
        return matrix


@pytest.fixture
def embeddings(sqlite: Database) -> GatedEmbeddings:
    return GatedEmbeddings(sqlite)


@pytest.fixture
def cache(embeddings: GatedEmbeddings) -> MatrixCache:
    return MatrixCache(embeddings, PLENTY)


async def _ids(cache: MatrixCache, chat_id: int = GROUP.id) -> list[int]:
    view = (await cache.matrix(chat_id)).view()
    return sorted(hit.photo_id for hit in view.nearest(unit(1), None))


async def test_a_photo_indexed_during_a_load_is_lost(
    cache: MatrixCache, embeddings: GatedEmbeddings, sqlite: Database
) -> None:
    """A photo added after the load has read SQL is in the matrix."""
    first = await indexed(sqlite, post(1))
    load = asyncio.create_task(cache.matrix(GROUP.id))
    await embeddings.read.wait()
    second = await indexed(sqlite, post(2))
    cache.put(second)
    embeddings.gate.set()
    await load
    assert await _ids(cache) == [first[0].photo_id, second[0].photo_id]


async def test_a_photo_indexed_during_a_load_is_doubled(
    cache: MatrixCache, embeddings: GatedEmbeddings, sqlite: Database
) -> None:
    """A photo the load has read already, and is told of again, is in the matrix once."""
    entries = await indexed(sqlite, post(1))
    load = asyncio.create_task(cache.matrix(GROUP.id))
    await embeddings.read.wait()
    cache.put(entries)
    embeddings.gate.set()
    await load
    cache.put(entries)
    assert await _ids(cache) == [entries[0].photo_id]


async def test_a_photo_removed_during_a_load_is_found(
    cache: MatrixCache, embeddings: GatedEmbeddings, sqlite: Database
) -> None:
    """What was read and then removed is not in the matrix."""
    kept, gone = await indexed(sqlite, post(1), post(2))
    load = asyncio.create_task(cache.matrix(GROUP.id))
    await embeddings.read.wait()
    await Photos(sqlite).remove(GROUP.id, 2)
    cache.remove(GROUP.id, [gone.photo_id])
    embeddings.gate.set()
    await load
    assert await _ids(cache) == [kept.photo_id]


async def test_a_chat_changed_as_a_whole_during_a_load_stays_old(
    cache: MatrixCache, embeddings: GatedEmbeddings, sqlite: Database
) -> None:
    """A load that was overtaken reads once more."""
    entries = await indexed(sqlite, post(1))
    load = asyncio.create_task(cache.matrix(GROUP.id))
    await embeddings.read.wait()
    entries += await indexed(sqlite, post(2))
    cache.drop(GROUP.id)
    embeddings.gate.set()
    await load
    assert embeddings.reads == 2
    assert await _ids(cache) == [entry.photo_id for entry in entries]


async def test_a_chat_is_loaded_for_everyone_who_asks(
    cache: MatrixCache, embeddings: GatedEmbeddings, sqlite: Database
) -> None:
    """Asked many times at once it is loaded once, even when the first to ask gives up."""
    await indexed(sqlite, post(1))
    asking = [asyncio.create_task(cache.matrix(GROUP.id)) for _ in range(5)]
    await embeddings.read.wait()
    asking[0].cancel()
    embeddings.gate.set()
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert len({id(matrix) for matrix in answers[1:]}) == 1
    assert embeddings.reads == 1


async def test_a_failed_load_blocks_the_chat_for_ever(sqlite: Database) -> None:
    """Who asked gets the error; who asks again gets a new try."""

    class FailingOnce(Embeddings):
        failed = False

        async def chat_held(self, chat_id: int) -> Held:
            if not self.failed:
                self.failed = True
                raise DatabaseUnavailable("locked", "Wait.")
            return await super().chat_held(chat_id)

    entries = await indexed(sqlite, post(1))
    cache = MatrixCache(FailingOnce(sqlite, MODEL), PLENTY)
    with pytest.raises(DatabaseUnavailable):
        await cache.matrix(GROUP.id)
    assert await _ids(cache) == [entries[0].photo_id]


async def test_memory_grows_with_the_number_of_chats(sqlite: Database) -> None:
    """Over the budget, the chats that were asked least recently are given up; asked again, they are whole."""
    chats = [-1, -2, -3]
    for chat in chats:
        await indexed(sqlite, *(post(number, chat_id=chat) for number in range(10)))
    one = (await MatrixCache(Embeddings(sqlite, MODEL), PLENTY).matrix(-1)).nbytes
    cache = MatrixCache(Embeddings(sqlite, MODEL), 2 * one)
    for chat in (-1, -2, -1, -3):
        assert len(await _ids(cache, chat)) == 10
        assert cache.nbytes <= 2 * one
    assert [cache.has(chat) for chat in chats] == [True, False, True]


async def test_a_chat_that_outgrows_the_budget_stays(sqlite: Database) -> None:
    """It is given up once its photos need more than there is, and the cache stays usable."""
    entries = await indexed(sqlite, post(1))
    cache = MatrixCache(Embeddings(sqlite, MODEL), 5_000)
    await cache.matrix(GROUP.id)
    for number in range(2, 80):
        cache.put([replace(entries[0], photo_id=number)])
        assert cache.nbytes <= 5_000
    assert not cache.has(GROUP.id)


async def test_closing_leaves_a_load_running(cache: MatrixCache, embeddings: GatedEmbeddings, sqlite: Database) -> None:
    """Whoever waits is told, and nothing is held any more."""
    await indexed(sqlite, post(1))
    asking = asyncio.create_task(cache.matrix(GROUP.id))
    await embeddings.read.wait()
    await cache.close()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert not cache.has(GROUP.id)
