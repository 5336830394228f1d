"""The schema's history against the schema the code expects."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from storage.database import Database
from storage.errors import SchemaTooNew
from storage.migrations import configuration, newest
from storage.schema import metadata
from tests.storage.builders import NOON

OLD_PHOTO = """
INSERT INTO photos (chat_id, origin_chat_id, message_id, image_id, sender_name, date, caption, kind, file_id, sizes,
    spoiler, protected, source, state, attempts, due_at, leased)
VALUES (-5, -5, :number, 1, 'Ann', :date, :caption, 'photo', 'a', '[]',
    FALSE, FALSE, 'live', 'indexed', 0, :date, FALSE)
"""


def _revisions() -> list[str]:
    scripts = ScriptDirectory.from_config(configuration())
    return [script.revision for script in scripts.walk_revisions()]


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


@pytest.mark.parametrize("start", [None, *_revisions()])
async def test_an_older_database_is_left_behind_the_code(start: str | None, url: str) -> None:
    """From nothing and from every released version, opening leads to exactly the schema the code expects."""
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        if start is not None:
            await connection.run_sync(lambda sync: command.upgrade(configuration(sync), start))
    database = await Database.open(url)
    await database.close()
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
    await engine.dispose()


async def test_a_newer_database_is_damaged_by_older_code(url: str) -> None:
    """A schema from the future is refused, and nothing about it changes."""
    await (await Database.open(url)).close()
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaTooNew, match="9999"):
        await Database.open(url)
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"
    await engine.dispose()


async def test_two_programs_that_start_together_break_each_other(url: str) -> None:
    """Both open; one migrates, the other waits."""
    for database in await asyncio.gather(Database.open(url), Database.open(url)):
        await database.close()


async def test_migrations_are_found_only_in_a_checkout(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are found as a package, wherever the program is started."""
    monkeypatch.chdir(tmp_path)
    await (await Database.open(sqlite_url)).close()


async def test_captions_from_before_are_not_searched(url: str) -> None:
    """An archive that grew before captions could be searched is searched like any other, questions left out."""
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(lambda sync: command.upgrade(configuration(sync), "0005"))
        await connection.execute(text("INSERT INTO images (id, file_unique_id) VALUES (1, 'a')"))
        for number, caption in enumerate(("Ёлка", None, "/search tree", " ")):
            await connection.execute(
                text(OLD_PHOTO), {"number": number, "caption": caption, "date": NOON.replace(tzinfo=None)}
            )
    await engine.dispose()
    database = await Database.open(url)
    async with database.reading() as connection:
        assert (await connection.execute(text("SELECT photo_id, folded FROM texts"))).all() == [(1, "елка")]
    await database.close()


def test_a_version_is_overlooked() -> None:
    """The newest one by the names of its files is Alembic's: an older database would be left as it is."""
    assert newest() == ScriptDirectory.from_config(configuration()).get_current_head()
