"""Filters are decided in SQL, and what is found under them is what a look at every photo would find."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.chroma import ChromaIndex
from storage.database import Database
from storage.embeddings import Embeddings
from storage.filtered import FilteredPhotos
from storage.filters import Filters
from storage.index_records import IndexEntry
from storage.photos import Photos
from storage.records import Photo, PhotoPost, Sender
from storage.vectors import VectorIndex
from tests.storage.builders import GROUP, MODEL, NOON, added, indexed, post, unit

SENDERS = {7: Sender(7, "Ann Lee", "ann"), 8: Sender(8, "Анна"), -100: Sender(-100, "A channel", "chan"), None: None}
POSTS = 60
OTHERS = 15

moments = st.none() | st.integers(-5, 65).map(lambda minutes: NOON + timedelta(minutes=minutes))
filters = st.builds(
    Filters,
    sender_ids=st.none() | st.frozensets(st.sampled_from([7, 8, -100, 99]), max_size=3),
    since=moments,
    before=moments,
    up_to=st.none() | st.integers(0, POSTS + OTHERS + 5),
)
many = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def _posts() -> list[PhotoPost]:
    """In no order of dates, by several senders and one who is not known, some showing the same picture."""
    chance = random.Random(5)
    posts = []
    for number in range(POSTS):
        sender = SENDERS[chance.choice(list(SENDERS))] or Sender(None, "somebody")
        file = f"same {number % 4}" if number % 5 == 0 else None
        posts.append(replace(post(number, file=file, minutes=chance.randrange(60)), sender=sender))
    return posts


@pytest.fixture
async def archive(database: Database) -> list[Photo]:
    """A chat of sixty photos, among those of another chat and one that still waits."""
    entries = await indexed(database, *_posts(), *(post(number, chat_id=-5) for number in range(OTHERS)))
    photos = Photos(database)
    await added(photos, post(1_000))
    return [photo for photo in (await photos.get([e.photo_id for e in entries])).values() if photo.chat_id == GROUP.id]


def _satisfies(photo: Photo, asked: Filters) -> bool:
    """What a filter means, without SQL."""
    return (
        (asked.sender_ids is None or photo.sender.id in asked.sender_ids)
        and (asked.since is None or photo.date >= asked.since)
        and (asked.before is None or photo.date < asked.before)
        and (asked.up_to is None or photo.id <= asked.up_to)
    )


@many
@given(asked=filters)
async def test_a_filter_leaves_what_it_should_not(database: Database, archive: list[Photo], asked: Filters) -> None:
    """Exactly the indexed photos of that chat which satisfy it, in order of ids and of dates."""
    wanted = {photo.id: photo for photo in archive if _satisfies(photo, asked)}
    filtered = FilteredPhotos(database)
    assert (await filtered.ids(GROUP.id, asked)).tolist() == sorted(wanted)
    oldest = await filtered.by_date(GROUP.id, asked, 10, oldest_first=True)
    assert [one.id for one in oldest] == sorted(wanted, key=lambda id_: (wanted[id_].date, id_))[:10]
    newest = await filtered.by_date(GROUP.id, asked, 10, oldest_first=False)
    assert [one.id for one in newest] == sorted(wanted, key=lambda id_: (wanted[id_].date, id_), reverse=True)[:10]


@pytest.fixture(params=["in memory", "chroma", "too large", "not yet in memory"])
async def index(
    request: pytest.FixtureRequest, sqlite: Database, chroma: ChromaIndex, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[VectorIndex]:
    """Each way in which an unfiltered question would be answered."""
    is_small = request.param in ("in memory", "not yet in memory")
    budget = 2**20 if is_small else 1
    opened = VectorIndex(Embeddings(sqlite, MODEL), chroma, exact_limit=1_000, cache_bytes=budget)
    monkeypatch.setattr("storage.vectors.FEW", POSTS if request.param == "not yet in memory" else -1)
    if request.param == "chroma":
        await opened.reconcile()
    yield opened
    assert opened._cache.has(GROUP.id) == (request.param == "in memory")


@pytest.fixture
async def entries(index: VectorIndex, sqlite: Database) -> list[IndexEntry]:
    """The photos of that chat and of another, indexed."""
    found = await indexed(sqlite, *_posts(), *(post(number, chat_id=-5) for number in range(OTHERS)))
    await index.add(found)
    return found


@many
@given(
    asked=filters.filter(bool),
    seed=st.integers(1, 30),
    k=st.integers(1, POSTS + 10),
    excluded=st.sets(st.integers(1, 8)),
)
async def test_a_photo_that_satisfies_a_filter_and_scores_higher_is_missing(
    index: VectorIndex,
    sqlite: Database,
    entries: list[IndexEntry],
    asked: Filters,
    seed: int,
    k: int,
    excluded: set[int],
) -> None:
    """Under every filter the answer is what a look at every photo gives."""
    found = await index.nearest(GROUP.id, unit(seed), k, excluded, asked)
    photos = await Photos(sqlite).get([entry.photo_id for entry in entries])
    scores = {
        entry.photo_id: float(entry.vector @ unit(seed))
        for entry in entries
        if entry.chat_id == GROUP.id and entry.image_id not in excluded and _satisfies(photos[entry.photo_id], asked)
    }
    assert {hit.photo_id for hit in found} <= scores.keys()
    assert len({hit.photo_id for hit in found}) == len(found) == min(k, len(scores))
    assert [hit.score for hit in found] == pytest.approx(sorted(scores.values(), reverse=True)[:k], abs=5e-5)


async def test_a_chat_in_memory_is_filtered_by_what_its_messages_said_before(
    sqlite: Database, chroma: ChromaIndex
) -> None:
    """An edit may give a photo another sender and date; the picture, and so its vector, is the same."""
    index = VectorIndex(Embeddings(sqlite, MODEL), chroma)
    await index.add(await indexed(sqlite, post(1), post(2)))
    await index.nearest(GROUP.id, unit(1), 9)
    edit = await Photos(sqlite).edit(replace(post(2, minutes=90), sender=Sender(8, "Anna")))
    assert edit is not None
    await index.describe(edit.photo)
    for asked in (Filters(since=NOON + timedelta(hours=1)), Filters(sender_ids=frozenset({8}))):
        assert [hit.photo_id for hit in await index.nearest(GROUP.id, unit(1), 9, (), asked)] == [edit.photo.id]
        assert await index.count_left(GROUP.id, asked) == 1


async def test_a_row_that_filters_no_longer_leave_is_shown(sqlite: Database) -> None:
    """SQL has the last word: whatever was remembered of a photo, its row must satisfy the filters."""
    [first, second] = await indexed(sqlite, post(1), post(2, minutes=90))
    since = Filters(since=NOON + timedelta(hours=1))
    ids = [first.photo_id, second.photo_id]
    assert list(await FilteredPhotos(sqlite).in_brief(GROUP.id, since, ids)) == [second.photo_id]
    assert await FilteredPhotos(sqlite).among(GROUP.id, since, ids) == {second.photo_id}
    assert await FilteredPhotos(sqlite).in_brief(-5, Filters(), ids) == {}


async def test_somebody_of_another_chat_is_known_here(database: Database, archive: list[Photo]) -> None:
    """Senders are those of the chat, each once, by the name of their latest photo; a nameless one is none."""
    later = replace(post(2_000, minutes=99), sender=Sender(8, "Анна Каренина", "anna"))
    elsewhere = replace(post(2_001, chat_id=-5), sender=Sender(9, "Only there"))
    waiting = replace(post(2_002), sender=Sender(10, "Not indexed yet"))
    await indexed(database, later, elsewhere)
    await added(Photos(database), waiting)
    found = await FilteredPhotos(database).senders(GROUP.id)
    assert sorted(found, key=str) == sorted([SENDERS[7], later.sender, SENDERS[-100]], key=str)
    assert await FilteredPhotos(database).senders(-77) == []
    names = await FilteredPhotos(database).every_name(GROUP.id)
    assert sorted(names, key=str) == sorted([*found, SENDERS[8]], key=str)
