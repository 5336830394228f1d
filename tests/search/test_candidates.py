"""Which photos of a chat are ranked, and what is asked of SQL for that."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from search.candidates import Candidates
from search.direction import Direction
from search.query import Filters, Query, Words
from search.records import Posting, Remembered
from storage.chroma import ChromaIndex
from storage.chroma_client import ChromaLocation
from storage.chroma_process import ChromaProcess
from storage.collection import Collection
from storage.database import Database
from storage.embeddings import Embeddings
from storage.filtered import FilteredPhotos
from storage.photos import Photos
from storage.vectors import VectorIndex
from tests.storage.builders import DIMENSIONS, GROUP, MODEL, NOON, indexed, post, unit

QUERY = Query(GROUP.id, Words("a lake"))
TOWARDS = Direction(unit(1), words=unit(1))


class Counting(FilteredPhotos):
    """Knows how many rows it was asked for."""

    rows = 0

    async def in_brief(self, chat_id: int, filters: Filters, photo_ids: Sequence[int]) -> dict[int, Posting]:
        """As ever."""
        self.rows += len(photo_ids)
        return await super().in_brief(chat_id, filters, photo_ids)


class Chat:
    """Photos of one chat, and who ranks them."""

    def __init__(self, database: Database, index: VectorIndex, *, is_held: bool) -> None:
        self.database = database
        self.is_held = is_held
        self.filtered = Counting(database)
        self.candidates = Candidates(self.filtered, index)


@pytest.fixture(params=[1_000, 0], ids=["memory", "scan"])
async def chat(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Chat]:
    """One that is held in memory, and one that is read from SQL for each question."""
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'chatlens.db'}")
    chroma = ChromaIndex(
        ChromaProcess(partial(Collection, ChromaLocation(directory=tmp_path / "chroma"), MODEL, DIMENSIONS))
    )
    index = VectorIndex(Embeddings(database, MODEL), chroma, exact_limit=request.param)
    yield Chat(database, index, is_held=request.param > 0)
    await index.close()
    await database.close()


@pytest.mark.parametrize("filters", [Filters(), Filters(since=NOON)])
async def test_ranking_depends_on_where_the_chat_is_kept(chat: Chat, filters: Filters) -> None:
    """The same photos in the same order, with the moments at which they were posted."""
    entries = await indexed(chat.database, *(post(number, minutes=7 * number) for number in range(20)))
    query = replace(QUERY, filters=filters)
    found = await chat.candidates.best(query, TOWARDS)
    best = sorted(entries, key=lambda entry: -float(entry.vector @ unit(1)))
    assert [(one.posting.id, one.posting.image_id) for one in found] == [(one.photo_id, one.image_id) for one in best]
    assert [one.posting.date for one in found] == [NOON + timedelta(minutes=7 * (one.photo_id - 1)) for one in best]


async def test_a_chat_in_memory_is_read_from_sql_for_every_question(chat: Chat) -> None:
    """A thousand rows in brief take longer than the search among 100,000 vectors."""
    await indexed(chat.database, *(post(number) for number in range(20)))
    found = await chat.candidates.best(QUERY, TOWARDS)
    assert chat.filtered.rows == (0 if chat.is_held else 20)
    assert [isinstance(one.posting, Remembered) for one in found] == [chat.is_held] * 20
    assert chat.candidates.are_in_memory(GROUP.id) is chat.is_held


async def test_a_photo_is_an_answer_to_the_question_it_came_with(chat: Chat) -> None:
    """The message that asks is left out, by looks and by date."""
    entries = await indexed(chat.database, *(post(number) for number in range(4)))
    asking = replace(QUERY, asked_in=2)
    for direction in (TOWARDS, None):
        found = await chat.candidates.best(asking, direction)
        assert {one.posting.id for one in found} == {one.photo_id for one in entries} - {entries[2].photo_id}


async def test_what_was_posted_while_a_question_was_answered_is_not_shown_again(chat: Chat) -> None:
    """Whether it was there in time was settled when it was found; only a row that has changed is left out."""
    entries = await indexed(chat.database, *(post(number, minutes=number) for number in range(4)))
    ids = [entry.photo_id for entry in entries]
    bounded = replace(QUERY, filters=Filters(up_to=ids[1]))
    assert set(await chat.candidates.still(bounded, ids)) == set(ids)
    since = replace(QUERY, filters=Filters(since=NOON + timedelta(minutes=2), up_to=ids[1]))
    assert set(await chat.candidates.still(since, ids)) == set(ids[2:])


async def test_a_photo_that_memory_was_not_told_of_hides_its_repost_for_ever(chat: Chat) -> None:
    """A chat of which memory says what SQL does not is read anew for the next question."""
    first, second = await indexed(chat.database, post(1, file="often"), post(2, file="often", minutes=5))
    found = await chat.candidates.best(QUERY, TOWARDS)
    assert [one.posting.id for one in found] == [first.photo_id]
    await Photos(chat.database).remove(GROUP.id, 1)
    chat.candidates.check(GROUP.id, found, [])
    assert [one.posting.id for one in await chat.candidates.best(QUERY, TOWARDS)] == [second.photo_id]
