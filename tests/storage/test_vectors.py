"""The one door to vectors: exact answers, Chroma's answers, and what happens when Chroma fails."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace

import numpy as np
import pytest

from storage.chat_records import ChatInfo
from storage.chats import Chats
from storage.chroma import ChromaIndex
from storage.database import Database
from storage.embeddings import Embeddings
from storage.index_records import IndexEntry, Neighbour, Reconciled
from storage.photos import Photos
from storage.vectors import VectorIndex
from tests.storage.builders import GROUP, MODEL, NOON, at_build, indexed, post, unit
from tests.storage.sick import Sick

NOTHING = Reconciled(0, 0, 0, rebuilt=False)


@pytest.fixture(params=["exact", "chroma", "scan"])
async def each_way(request: pytest.FixtureRequest, sqlite: Database, chroma: ChromaIndex) -> AsyncIterator[VectorIndex]:
    """The index, answering from memory, by Chroma or by a scan of SQL."""
    await at_build(sqlite)
    index = VectorIndex(Embeddings(sqlite, MODEL), chroma, exact_limit=1_000 if request.param == "exact" else 0)
    if request.param == "chroma":
        await index.reconcile()
    yield index
    await index.close()


def _ids(found: list[Neighbour]) -> list[int]:
    return [hit.photo_id for hit in found]


def _best(entries: list[IndexEntry], vector: np.typing.NDArray[np.float32]) -> list[int]:
    return [entry.photo_id for entry in sorted(entries, key=lambda entry: -float(entry.vector @ vector))]


async def test_the_ways_of_answering_disagree(each_way: VectorIndex, sqlite: Database) -> None:
    """However a chat is answered, the photos, their order and their scores are the same."""
    entries = await indexed(sqlite, *(post(number) for number in range(30)))
    others = await indexed(sqlite, *(post(number, chat_id=-5) for number in range(5)))
    await each_way.add([*entries, *others])
    found = await each_way.nearest(GROUP.id, unit(500), 7)
    assert _ids(found) == _best(entries, unit(500))[:7]
    assert [hit.score for hit in found] == pytest.approx(
        [float(entries[hit.photo_id - 1].vector @ unit(500)) for hit in found], abs=1e-3
    )
    assert sorted(_ids(await each_way.nearest(-5, unit(500), 99))) == [entry.photo_id for entry in others]
    assert _ids(await each_way.nearest(GROUP.id, unit(500), None)) == _best(entries, unit(500))
    assert await each_way.nearest(-77, unit(500), 5) == []


async def test_a_photo_is_similar_to_itself(each_way: VectorIndex, sqlite: Database) -> None:
    """Photos of excluded images are left out, however often posted, and others take their places."""
    reposts = await indexed(sqlite, *(post(number, file="often") for number in range(12)))
    others = await indexed(sqlite, *(post(100 + number) for number in range(6)))
    await each_way.add([*reposts, *others])
    found = await each_way.nearest(GROUP.id, reposts[0].vector, 5, {reposts[0].image_id})
    assert _ids(found) == _best(others, reposts[0].vector)[:5]
    assert len(await each_way.nearest(GROUP.id, reposts[0].vector, 12)) == 12


async def test_a_removed_photo_is_found(each_way: VectorIndex, sqlite: Database) -> None:
    """It is gone at once."""
    kept, gone = await indexed(sqlite, post(1), post(2))
    await each_way.add([kept, gone])
    await each_way.nearest(GROUP.id, unit(1), 5)
    await Photos(sqlite).remove(GROUP.id, 2)
    await each_way.remove([gone.photo_id], GROUP.id)
    assert _ids(await each_way.nearest(GROUP.id, unit(1), 5)) == [kept.photo_id]


async def test_a_chat_that_was_empty_once_stays_so(each_way: VectorIndex, sqlite: Database) -> None:
    """All of its photos are removed after a question; what is posted from then on is found."""
    [gone] = await indexed(sqlite, post(1))
    await each_way.add([gone])
    assert _ids(await each_way.nearest(GROUP.id, unit(1), 5)) == [gone.photo_id]
    await Photos(sqlite).remove(GROUP.id, 1)
    await each_way.remove([gone.photo_id], GROUP.id)
    assert await each_way.nearest(GROUP.id, unit(1), 5) == []
    entries = await indexed(sqlite, post(2), post(3))
    await each_way.add(entries)
    assert sorted(_ids(await each_way.nearest(GROUP.id, unit(1), 5))) == [entry.photo_id for entry in entries]


async def test_a_photo_added_after_the_first_question_is_missed(each_way: VectorIndex, sqlite: Database) -> None:
    """It is found by the next question."""
    first = await indexed(sqlite, post(1))
    await each_way.add(first)
    await each_way.nearest(GROUP.id, unit(1), 5)
    second = await indexed(sqlite, post(2))
    await each_way.add(second)
    assert sorted(_ids(await each_way.nearest(GROUP.id, unit(1), 5))) == [1, 2]


async def test_a_migrated_chat_is_answered_from_the_old_one(each_way: VectorIndex, sqlite: Database) -> None:
    """After a move the photos are found in the new chat and nowhere else, and what follows joins them."""
    new = ChatInfo(-1_001_999_888_777, "supergroup")
    await each_way.add(await indexed(sqlite, post(1), post(2)))
    await each_way.nearest(GROUP.id, unit(1), 5)
    await each_way.nearest(new.id, unit(1), 5)
    moved = await Chats(sqlite).migrate(GROUP.id, new, NOON)
    await each_way.move(moved, GROUP.id, new.id)
    await each_way.add(await indexed(sqlite, post(3, chat_id=new.id)))
    assert sorted(_ids(await each_way.nearest(new.id, unit(1), 5))) == [1, 2, 3]
    assert await each_way.nearest(GROUP.id, unit(1), 5) == []


async def test_an_entry_older_than_the_archive_is_believed(each_way: VectorIndex, sqlite: Database) -> None:
    """What was removed, edited or moved between indexing and `add` is taken as SQL has it."""
    removed, edited, moved, kept = await indexed(sqlite, *(post(number) for number in range(1, 5)))
    photos = Photos(sqlite)
    await photos.remove(GROUP.id, 1)
    await photos.edit(post(2, file="new"))
    await Chats(sqlite).migrate(-5, GROUP, NOON)
    await each_way.add([removed, edited, replace(moved, chat_id=-5), kept])
    assert sorted(_ids(await each_way.nearest(GROUP.id, unit(1), 9))) == [moved.photo_id, kept.photo_id]
    assert await each_way.nearest(-5, unit(1), 9) == []


async def test_small_chats_pay_for_chroma(index: VectorIndex, collection: Sick, sqlite: Database) -> None:
    """Chroma is asked for chats over the limit, once it is known to be right, and for no others."""
    await index.add(await indexed(sqlite, post(1, chat_id=-1), post(1, chat_id=-2), post(2, chat_id=-2)))
    await index.reconcile()
    collection.asked = 0
    await index.nearest(-1, unit(1), 3)
    assert collection.asked == 0
    await index.nearest(-2, unit(1), 3)
    assert collection.asked == 1


async def test_a_chat_larger_than_the_budget_is_loaded(chroma: ChromaIndex, collection: Sick, sqlite: Database) -> None:
    """It is asked of Chroma, though it is not over the limit of photos."""
    await at_build(sqlite)
    index = VectorIndex(Embeddings(sqlite, MODEL), chroma, cache_bytes=1_000)
    await index.add(await indexed(sqlite, *(post(number) for number in range(20))))
    await index.reconcile()
    collection.asked = 0
    assert len(await index.nearest(GROUP.id, unit(1), 3)) == 3
    assert collection.asked == 1


async def test_an_empty_chroma_is_believed_at_start(index: VectorIndex, sqlite: Database) -> None:
    """Before the first comparison with SQL, large chats are answered from SQL, and one is asked for."""
    entries = await indexed(sqlite, *(post(number) for number in range(5)))
    assert index.needs_reconcile.is_set()
    assert _ids(await index.nearest(GROUP.id, unit(500), 3)) == _best(entries, unit(500))[:3]


async def test_a_broken_chroma_breaks_the_search(
    index: VectorIndex, collection: Sick, sqlite: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Questions are answered exactly, one line is logged, and a reconcile is asked for that mends it."""
    entries = await indexed(sqlite, *(post(number) for number in range(5)))
    await index.add(entries)
    await index.reconcile()
    assert not index.needs_reconcile.is_set()
    collection.failing = True
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            assert _ids(await index.nearest(GROUP.id, unit(500), 3)) == _best(entries, unit(500))[:3]
    assert len(caplog.records) == 1
    assert index.needs_reconcile.is_set()
    collection.failing = False
    assert await index.reconcile() == NOTHING
    asked = collection.asked
    assert _ids(await index.nearest(GROUP.id, unit(500), 3)) == _best(entries, unit(500))[:3]
    assert collection.asked == asked + 1


@pytest.mark.own_keepers
async def test_a_chroma_that_hangs_holds_the_answer_up(
    index: VectorIndex, collection: Sick, sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question that Chroma leaves unanswered is answered exactly."""
    entries = await indexed(sqlite, post(1), post(2))
    await index.add(entries)
    await index.reconcile()
    monkeypatch.setattr("storage.chroma.PATIENCE", 0.05)
    keeper = collection.keeper
    assert keeper is not None
    os.kill(keeper.pid, signal.SIGSTOP)
    assert _ids(await index.nearest(GROUP.id, unit(500), 3)) == _best(entries, unit(500))
    assert index.needs_reconcile.is_set()
    await keeper.ended()


async def test_a_failing_upsert_fails_the_photo(index: VectorIndex, collection: Sick, sqlite: Database) -> None:
    """Additions and removals go on without Chroma; reconciling brings it up to date."""
    old = await indexed(sqlite, post(1), post(2))
    await index.add(old)
    await index.reconcile()
    collection.failing = True
    new = await indexed(sqlite, post(3))
    await index.add(new)
    await Photos(sqlite).remove(GROUP.id, 1)
    await index.remove([old[0].photo_id], GROUP.id)
    assert index.needs_reconcile.is_set()
    assert sorted(_ids(await index.nearest(GROUP.id, unit(1), 5))) == [2, 3]
    collection.failing = False
    assert await index.reconcile() == Reconciled(missing=1, orphaned=1, moved=0, rebuilt=False)
    assert sorted(_ids(await index.nearest(GROUP.id, unit(1), 5))) == [2, 3]


async def test_a_thread_changes_the_answer(
    sqlite: Database, chroma: ChromaIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scan in a thread finds what a scan on the spot finds, while photos come and go."""
    monkeypatch.setattr("storage.vectors.INLINE_ROWS", 5)
    index = VectorIndex(Embeddings(sqlite, MODEL), chroma)
    entries = await indexed(sqlite, *(post(number) for number in range(30)))
    await index.add(entries)
    asking = [asyncio.create_task(index.nearest(GROUP.id, unit(500), 7)) for _ in range(20)]
    await index.add(await indexed(sqlite, post(100)))
    await index.remove([31], GROUP.id)
    for answer in await asyncio.gather(*asking):
        assert [photo for photo in _ids(answer) if photo != 31][:6] == _best(entries, unit(500))[:6]
