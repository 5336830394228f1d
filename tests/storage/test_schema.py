"""Every question that is asked again and again is answered from an index.

The statements are those the code really sends, recorded while it runs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from storage.chats import Chats
from storage.database import Database
from storage.embeddings import Embeddings
from storage.filtered import FilteredPhotos
from storage.filters import Filters
from storage.fingerprints import Fingerprints
from storage.imports import Imports
from storage.photos import Photos
from storage.questions import Questions
from storage.queue import IndexQueue
from storage.readings import Readings
from storage.stand_ins import stand_in
from storage.text_cache import TextCache
from storage.texts import Texts
from tests.storage.builders import GROUP, MODEL, NOON, added, indexed, post, question, unit

SINCE = Filters(since=NOON, before=NOON + timedelta(days=1))
FROM = Filters(sender_ids=frozenset({7, 8}), since=NOON)

Recorded = list[tuple[str, Any]]


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    """Statements sent while the fixture is in use, with their values."""
    statements: Recorded = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        statements.append((statement, values))

    event.listen(Engine, "before_cursor_execute", note)
    yield statements
    event.remove(Engine, "before_cursor_execute", note)


async def _plans(database: Database, recorded: Recorded) -> list[str]:
    """SQLite's plan, line by line, for each recorded statement that looks something up."""
    asked = [(text, values) for text, values in recorded if text.split()[0] in {"SELECT", "UPDATE", "DELETE", "WITH"}]
    lines: list[str] = []
    async with database.reading() as connection:
        for statement, values in asked:
            plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            lines += [row.detail for row in plan]
    assert lines
    return lines


async def _queries_by_photo(photos: Photos) -> None:
    await photos.get([1, 2])
    await photos.in_brief([1, 2])
    await photos.find(GROUP.id, 1)
    await photos.newest_id()
    await photos.by_file(GROUP.id, "unique-a")
    await photos.known_image("unique-a")
    await photos.counts(GROUP.id)
    await photos.keep_photo_file_id(1, "sendable", "usendable")
    await photos.edit(post(1, file="b"))
    await photos.remove(GROUP.id, 1)


async def _queries_by_queue(queue: IndexQueue) -> None:
    await queue.claim(4, NOON, timedelta(minutes=1))
    await queue.release_all(NOON)
    await queue.finish([(1, 1), (2, 2)])
    await queue.fail(1, 1, "why")
    await queue.postpone(1, 1, "why", NOON)
    await queue.next_due(NOON)
    await queue.waiting()


async def _queries_by_embeddings(embeddings: Embeddings) -> None:
    await embeddings.vectors([1, 2])
    await embeddings.store({1: unit(1)})
    await embeddings.chat_matrix(GROUP.id)
    await embeddings.count(GROUP.id)
    await embeddings.entries([1, 2])


async def _queries_by_fingerprints(fingerprints: Fingerprints) -> None:
    await fingerprints.store({1: b"made"})
    await fingerprints.get([1, 2])
    await fingerprints.of_chat(GROUP.id, 4)
    await fingerprints.postings(GROUP.id, [1, 2])
    await fingerprints.unmade(0, 9)
    await fingerprints.showing(1)
    await fingerprints.complete()
    await fingerprints.are_complete()


async def _queries_by_chats(chats: Chats) -> None:
    await chats.saw(GROUP, NOON)
    await chats.left(GROUP.id, NOON)
    await chats.get(GROUP.id)
    await chats.migrate(-5, GROUP, NOON)


async def _queries_by_filter(filtered: FilteredPhotos) -> None:
    for asked in (Filters(), Filters(up_to=9), SINCE, FROM):
        await filtered.ids(GROUP.id, asked)
        await filtered.by_date(GROUP.id, asked, 9, oldest_first=False)
    await filtered.senders(GROUP.id)
    await filtered.every_name(GROUP.id)


async def _queries_by_questions(questions: Questions) -> None:
    await questions.asked_in(GROUP.id, 1)
    await questions.controlled_by(GROUP.id, 2)
    kept = await questions.keep(question(1))
    await questions.close(kept.id)
    await questions.expire(NOON)


async def _queries_by_texts(database: Database) -> None:
    for filters in (Filters(), SINCE, Filters(phrases=("at the lake",))):
        await Texts(database).matching(GROUP.id, ["at", "lake"], 10, filters)
        await FilteredPhotos(database).by_date(GROUP.id, filters, 10, oldest_first=False)
        await FilteredPhotos(database).ids(GROUP.id, filters)


async def _queries_by_readings(database: Database) -> None:
    readings = Readings(database)
    await readings.next(NOON)
    await readings.postpone(1, "why", NOON)
    await readings.skip(1)
    await Chats(database).choose(GROUP, {"ocr": True}, NOON)
    await readings.done(1, "text")


async def _queries_by_imports(database: Database) -> None:
    await Chats(database).joined(GROUP, NOON)
    imports = Imports(database)
    posts = [post(1), post(99), post(98, chat_id=stand_in(GROUP.id))]
    await imports.judged(GROUP.id, posts)
    await imports.add(GROUP.id, posts)
    await imports.move({1: "file:///elsewhere"})
    await imports.waiting([GROUP.id, -5], NOON)
    await imports.purges(GROUP.id)
    await imports.fits(GROUP.id, posts)
    await imports.people(GROUP.id)


@pytest.mark.parametrize(
    "ask",
    [
        _queries_by_imports,
        lambda database: _queries_by_photo(Photos(database)),
        _queries_by_texts,
        _queries_by_readings,
        lambda database: _queries_by_queue(IndexQueue(database)),
        lambda database: _queries_by_embeddings(Embeddings(database, MODEL)),
        lambda database: _queries_by_chats(Chats(database)),
        lambda database: _queries_by_fingerprints(Fingerprints(database)),
        lambda database: _queries_by_filter(FilteredPhotos(database)),
        lambda database: _queries_by_questions(Questions(database)),
    ],
    ids=[
        "imports",
        "photos",
        "texts",
        "readings",
        "queue",
        "embeddings",
        "chats",
        "fingerprints",
        "filters",
        "questions",
    ],
)
async def test_a_frequent_question_reads_a_whole_table(
    ask: Callable[[Database], Awaitable[None]], sqlite: Database, recorded: Recorded
) -> None:
    """No plan walks all rows of a table or all entries of an index over all of them."""
    await indexed(sqlite, post(1, file="a"), post(2))
    await added(Photos(sqlite), post(3))
    recorded.clear()
    await ask(sqlite)
    walked = [line for line in await _plans(sqlite, recorded) if line.startswith("SCAN")]
    partial_or_own = ("ix_photos_pending", "waiting", "anon_", "senders", "(subquery", "CONSTANT ROW")
    assert [line for line in walked if not any(name in line for name in partial_or_own)] == []


async def test_the_queue_reads_what_is_long_done(sqlite: Database, recorded: Recorded) -> None:
    """A claim looks for chats and for their photos in the index of the pending ones alone."""
    await indexed(sqlite, post(1))
    recorded.clear()
    await IndexQueue(sqlite).claim(4, NOON, timedelta(minutes=1))
    lines = await _plans(sqlite, recorded[:2])
    searched = [line for line in lines if line.startswith("SEARCH photos")]
    assert searched
    assert all("ix_photos_pending" in line for line in searched), lines


@pytest.mark.parametrize(
    ("index", "ask"),
    [
        ("ix_photos_chat_id_state_id", lambda d: Embeddings(d, MODEL).chat_matrix(GROUP.id)),
        ("COVERING INDEX ix_photos_chat_id_state_id", lambda d: Embeddings(d, MODEL).chat_held(GROUP.id)),
        ("COVERING INDEX ix_photos_chat_id_state_", lambda d: Embeddings(d, MODEL).count(GROUP.id)),
        ("ix_photos_chat_id_date", lambda d: Photos(d).counts(GROUP.id)),
        ("COVERING INDEX ix_photos_chat_id_state_id", lambda d: FilteredPhotos(d).ids(GROUP.id, Filters(up_to=9))),
        ("COVERING INDEX ix_photos_chat_id_state_date_id", lambda d: FilteredPhotos(d).ids(GROUP.id, SINCE)),
        ("SEARCH photos USING INTEGER PRIMARY KEY", lambda d: FilteredPhotos(d).in_brief(GROUP.id, SINCE, [1, 2])),
        ("SEARCH photos USING INTEGER PRIMARY KEY", lambda d: FilteredPhotos(d).in_brief(GROUP.id, FROM, [1, 2])),
        ("SEARCH photos USING INTEGER PRIMARY KEY", lambda d: FilteredPhotos(d).among(GROUP.id, SINCE, [1, 2])),
        ("ix_photos_chat_id_state_date_id", lambda d: FilteredPhotos(d).by_date(GROUP.id, SINCE, 9, oldest_first=True)),
        ("COVERING INDEX ix_photos_chat_id_state_sender_id_date_id", lambda d: FilteredPhotos(d).ids(GROUP.id, FROM)),
        ("COVERING INDEX ix_photos_chat_id_state_sender_id_date_id", lambda d: FilteredPhotos(d).senders(GROUP.id)),
        ("ix_photos_image_id_chat_id", lambda d: Photos(d).by_file(GROUP.id, "unique-a")),
        ("ix_images_photo_unique_id", lambda d: Photos(d).known_image("unique-a")),
        ("ix_photos_pending (source=? AND chat_id=?)", lambda d: Imports(d).waiting([GROUP.id, -5], NOON)),
        ("COVERING INDEX ix_photos_pending", lambda d: IndexQueue(d).waiting()),
        ("ix_questions_chat_id_control_id", lambda d: Questions(d).controlled_by(GROUP.id, 2)),
        ("ix_questions_asked_at", lambda d: Questions(d).expire(NOON)),
        (
            "SEARCH texts USING PRIMARY KEY (chat_id=?)",
            lambda d: Texts(d, 0).matching(GROUP.id, ["lake"], 9, Filters()),
        ),
        ("SEARCH texts USING PRIMARY KEY (chat_id=? AND photo_id>?)", lambda d: TextCache(d, 9).of(GROUP.id)),
        ("ix_readings_pending", lambda d: Readings(d).next(NOON)),
        ("ix_texts_photo_id", lambda d: Photos(d).edit(post(1, file="a"))),
        ("ix_chats_migrated_to", lambda d: Chats(d).migrate(-5, GROUP, NOON)),
    ],
)
async def test_an_index_serves_no_question(
    index: str, ask: Callable[[Database], Awaitable[object]], sqlite: Database, recorded: Recorded
) -> None:
    """Each index is what the question it was made for uses."""
    await indexed(sqlite, post(1, file="a"))
    recorded.clear()
    await ask(sqlite)
    assert any(index in line for line in await _plans(sqlite, recorded))
