"""Texts in memory say what SQL says, whatever happened to them since they were read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from storage import text_cache
from storage.chat_records import ChatInfo
from storage.chats import Chats
from storage.database import Database
from storage.erasure import Erasure
from storage.examination import Examination
from storage.filtered import FilteredPhotos
from storage.filters import Filters
from storage.photos import Photos
from storage.readings import Readings
from storage.records import EVERY_SOURCE, TextSource
from storage.schema import texts as rows
from storage.texts import TextMatches, Texts, keep_new_texts
from tests.storage.builders import GROUP, NOON, captioned, indexed, post

SUPERGROUP = ChatInfo(-100_5, "supergroup")
WORDS = ("lake", "snow", "la", "ke sn", "озеро", "湖", "100%_", "a lake")


async def _asked(texts: Texts, chat_id: int = GROUP.id, filters: Filters | None = None) -> list[TextMatches]:
    return [
        await texts.matching(chat_id, needles, 5, filters or Filters()) for needles in (["lake"], ["snow", "la"], WORDS)
    ]


async def _forget(database: Database) -> None:
    _ = [places async for places in Erasure(database).forget(GROUP.id, [2])]


async def _purge(database: Database) -> None:
    _ = [places async for places in Erasure(database).purge(GROUP.id)]


async def _read(database: Database) -> None:
    [one, *_] = await Photos(database).by_file(GROUP.id, post(3).file_unique_id)
    await Readings(database).done(one.image_id, "snow at the lake")


async def _edit(database: Database) -> None:
    await Photos(database).edit(replace(post(1), caption="snow, no more"))


CHANGES: dict[str, Callable[[Database], Awaitable[object]]] = {
    "a new photo": lambda database: indexed(database, replace(post(9), caption="snow on a lake")),
    "another caption": _edit,
    "no caption": lambda database: Photos(database).edit(post(1)),
    "taken back": lambda database: Photos(database).remove(GROUP.id, 1),
    "forgotten": _forget,
    "purged": _purge,
    "moved": lambda database: Chats(database).migrate(GROUP.id, SUPERGROUP, NOON),
    "read": _read,
}


@pytest.mark.parametrize("many", [0, 5_000])
@pytest.mark.parametrize("change", CHANGES)
async def test_memory_says_what_was_said_before(
    change: str, many: int, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After every change, of a few photos or of many, what is found is what SQL finds."""
    monkeypatch.setattr(text_cache, "MANY", many)
    await Chats(database).saw(GROUP, NOON)
    await captioned(database, "a lake", "snow", None)
    texts = Texts(database)
    assert await _asked(texts) == await _asked(Texts(database, 0))
    await CHANGES[change](database)
    for chat_id in (GROUP.id, SUPERGROUP.id):
        assert await _asked(texts, chat_id) == await _asked(Texts(database, 0), chat_id)


@pytest.mark.parametrize("sources", [EVERY_SOURCE, frozenset({TextSource.CAPTION})])
@pytest.mark.parametrize("page", [3, 5_000])
async def test_memory_finds_other_texts_than_sql(
    page: int, sources: frozenset[TextSource], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same, in the same order, filtered or not, however many are read at a time; phrases as well."""
    monkeypatch.setattr(text_cache, "ROWS_PER_READ", page)
    rng = np.random.default_rng(1)
    captions = [" ".join(rng.choice(WORDS, 4)) if number % 3 else None for number in range(40)]
    ids = await captioned(database, *captions)
    for photo in (await Photos(database).get(ids[::2])).values():
        await Readings(database).done(photo.image_id, "".join(rng.choice(WORDS, 3)))
    for number in range(100, 110):  # waiting to be indexed
        await Photos(database).add(replace(post(number), caption="a lake, 湖"))
    texts = Texts(database)
    for filters in (
        Filters(),
        Filters(up_to=ids[30]),
        Filters(phrases=("\u0301",)),
        Filters(phrases=("a Lake",)),
        Filters(phrases=("lake", "湖")),
    ):
        asked = replace(filters, sources=sources)
        assert await _asked(texts, filters=asked) == await _asked(Texts(database, 0), filters=asked)
        said = await texts.saying(GROUP.id, asked)
        assert said is not None
        if filters.phrases:
            found = await FilteredPhotos(database).ids(GROUP.id, asked)
            assert np.intersect1d(said, ids).tolist() == found.tolist()


async def test_a_transaction_that_failed_leaves_memory_behind(database: Database) -> None:
    """What it noted is read again, and is as it was."""
    [one] = await captioned(database, "a lake")
    texts = Texts(database)
    before = await _asked(texts)
    with pytest.raises(IntegrityError):
        await _fail(database, one)
    assert await _asked(texts) == before


async def _fail(database: Database, photo_id: int) -> None:
    async with database.transaction() as connection:
        await keep_new_texts(connection, GROUP.id, [(photo_id, 1, "snow"), (photo_id + 1, 1, "of no photo")])


async def test_texts_take_more_memory_than_they_may(database: Database) -> None:
    """Chats that were asked longest ago are given up; one that is too large is left to SQL, until it has changed."""
    for number, said in enumerate(("lake", "lake", "lake " * 100), start=1):
        await captioned(database, said, chat_id=-number)
    texts = Texts(database, 100)
    for chat_id in (-1, -2, -3, -3, -1):
        assert await _asked(texts, chat_id) == await _asked(Texts(database, 0), chat_id)
    assert await texts.saying(-3, Filters(phrases=("lake",))) is None
    _ = [places async for places in Erasure(database).purge(-3)]
    assert await texts.saying(-3, Filters(phrases=("lake",))) is not None
    late = NOON + timedelta(days=1)
    assert (await texts.matching(-1, ["lake"], 5, Filters(since=late))).found == ()


async def test_photos_that_wait_take_the_places_of_indexed_ones(database: Database) -> None:
    """With a phrase, too, only indexed photos are found."""
    [one] = await captioned(database, "a lake")
    for number in range(2, 12):
        await Photos(database).add(replace(post(number), caption="a lake"))
    found = await Texts(database).matching(GROUP.id, ["lake"], 5, Filters(phrases=("a lake",)))
    assert [text.photo_id for text in found.found] == [one]


async def test_a_text_that_was_filed_rightly_is_still_found_in_the_other_chat(database: Database) -> None:
    """`doctor --fix` lets memory know of both chats, while the bot runs."""
    [one] = await captioned(database, "a lake")
    async with database.transaction() as connection:
        await connection.execute(update(rows).values(chat_id=-5))
    texts = Texts(database)
    found = [[text.photo_id for text in (await _asked(texts, chat_id))[0].found] for chat_id in (GROUP.id, -5)]
    assert found == [[], [one]]
    await Examination(database).file_rightly()
    found = [[text.photo_id for text in (await _asked(texts, chat_id))[0].found] for chat_id in (GROUP.id, -5)]
    assert found == [[one], []]


async def test_words_that_were_taken_back_stay_in_memory(database: Database) -> None:
    """After the next question nothing is left of what an edit or a removal took away."""
    await captioned(database, "secret lake", "snow", "hidden lake", "lake")
    cache = text_cache.TextCache(database, 1_000)
    await cache.of(GROUP.id)
    await _edit(database)
    await Photos(database).remove(GROUP.id, 3)
    held = await cache.of(GROUP.id)
    assert held is not None
    assert held.said.decode().splitlines() == ["snow", "lake", "snow, no more"]
    assert held.photo_ids[held.containing("no more")].tolist() == [1]
