"""Which model an archive has, and what it still lacks for another."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

import storage.models
from storage.database import Database
from storage.embeddings import Embeddings
from storage.errors import ModelMismatch
from storage.models import ArchiveModel, Models
from storage.photos import Photos
from storage.unembedded import UnembeddedImages
from tests.storage.builders import MODEL, added, indexed, post, unit


async def test_an_archive_takes_no_other_model_in_silence(database: Database) -> None:
    """Bound at the first use; another is refused with a sentence that names both, and teaches the way over."""
    models = Models(database)
    assert await models.current() is None
    await models.adopt("one")
    await models.adopt("one")
    with pytest.raises(ModelMismatch, match=r"'one'.*'two'.*python -m bot reindex"):
        await models.adopt("two")


async def test_a_changed_model_is_known_with_those_before_it(database: Database) -> None:
    """A setting that still names a former one is understood; a model that is changed back to is none."""
    models = Models(database)
    await models.adopt("one")
    await models.change("two", "local-dir:/two")
    await models.adopt("two")
    assert await models.current() == ArchiveModel("two", "local-dir:/two", frozenset({"one"}))
    await models.change("three", "three:tag")
    await models.change("one", "one:tag")
    former = frozenset({"two", "three"}), frozenset({"local-dir:/two", "three:tag"})
    assert await models.current() == ArchiveModel("one", "one:tag", *former)


async def test_what_loaded_a_model_is_known_when_its_files_are_gone(database: Database) -> None:
    """It is noted whenever the model was loaded, not only when it was changed to; of one that failed nothing is."""
    models = Models(database)
    await models.adopt("one", "local-dir:/one")
    with pytest.raises(ModelMismatch):
        await models.adopt("two", "local-dir:/two")
    await models.adopt("one", "local-dir:/moved")
    await models.change("two", "two:tag")
    current = ArchiveModel("two", "two:tag", frozenset({"one"}), frozenset({"local-dir:/moved"}))
    assert await models.current() == current


async def test_an_image_lacks_its_vector_once_however_often_it_is_posted(database: Database) -> None:
    """What waits or failed is the indexer's business; every photo of an image is named, for one's file may be gone."""
    entries = await indexed(database, post(1, file="a"), post(2, file="a", chat_id=-5), post(3), post(4))
    await added(Photos(database), post(5))
    lacking = UnembeddedImages(database, "other")
    assert (await lacking.total(), await lacking.count()) == (3, 3)
    first, *others = await lacking.after(0, 10)
    assert [photo.message_id for photo in first.photos] == [1, 2]
    assert [one.image_id for one in await lacking.after(first.image_id, 1)] == [others[0].image_id]
    await Embeddings(database, "other").store({first.image_id: unit(1), others[0].image_id: unit(2)})
    assert (await lacking.total(), await lacking.count()) == (3, 1)
    assert [one.image_id for one in await lacking.after(0, 10)] == [others[1].image_id]
    assert [photo.message_id for photo in await lacking.photos(0, 10)] == [4]
    assert [photo.message_id for photo in await lacking.showing([first.image_id])] == [1, 2]
    assert await UnembeddedImages(database, MODEL).count() == 0
    assert len(entries) == 4


async def test_what_other_models_saw_is_deleted_and_nothing_else(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In parts, if need be. What the model has not seen itself cannot be made again: that stays."""
    monkeypatch.setattr(storage.models, "ROWS_AT_ONCE", 1)
    await indexed(database, post(1), post(2), post(3))
    await Embeddings(database, "other").store({1: unit(1), 3: unit(3)})
    await Embeddings(database, "third").store({1: unit(1)})
    models = Models(database)
    assert await models.vectors() == {MODEL: 3, "other": 2, "third": 1}
    assert await UnembeddedImages(database, "other").missed(MODEL) == [2]
    assert await models.drop_others("other") == 3
    assert await models.vectors() == {MODEL: 1, "other": 2}
    assert await models.drop_others("other") == 0


async def test_an_archive_is_not_read_whole_for_each_chunk(sqlite: Database) -> None:
    """Millions of images are walked along their keys."""
    await indexed(sqlite, *(post(number) for number in range(1, 6)))
    plans: list[str] = []
    statements: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        statements.append((statement, values))

    event.listen(Engine, "before_cursor_execute", note)
    lacking = UnembeddedImages(sqlite, "other")
    await lacking.after(0, 10)
    await lacking.photos(0, 10)
    await lacking.showing([1, 2])
    event.remove(Engine, "before_cursor_execute", note)
    async with sqlite.reading() as connection:
        for statement, values in statements:
            if statement.startswith("SELECT"):
                plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
                plans += [row.detail for row in plan]
    assert plans
    assert not [line for line in plans if line.startswith("SCAN")]
    assert not [line for line in plans if "TEMP B-TREE" in line]
