"""What is in a backup under the name of the database, before it takes the place of an archive."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine

from storage.backup_manifest import Manifest
from storage.database import Database
from storage.errors import BackupUnusable, SchemaTooNew
from storage.migrations import configuration
from storage.online_copy import described
from storage.restored_database import bring_up_to_date
from tests.storage.builders import indexed, post


@pytest.fixture
async def file(sqlite_url: str, tmp_path: Path) -> Path:
    """A database with two photos."""
    database = await Database.open(sqlite_url)
    await indexed(database, post(1), post(2))
    await database.close()
    return tmp_path / "chatlens.db"


def manifest_of(file: Path) -> Manifest:
    return Manifest(format=1, version="1.0", made_at="today", files={}, **described(file))


def changed(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


async def test_a_good_database_is_refused(file: Path, tmp_path: Path) -> None:
    """As it is, and one of an earlier version, which has today's schema afterwards."""
    await bring_up_to_date(file, manifest_of(file))
    old = tmp_path / "old.db"
    engine = create_engine(f"sqlite:///{old}")
    with engine.begin() as connection:
        command.upgrade(configuration(connection), "0007")
    engine.dispose()
    await bring_up_to_date(old, manifest_of(old))
    assert described(old)["schema"] == described(file)["schema"] != "0007"


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE photos",
        "DROP TABLE questions",
        "DELETE FROM alembic_version",
        "ALTER TABLE photos DROP COLUMN caption",
        "CREATE TABLE foo (a)",
        "CREATE VIEW foo AS SELECT 1",
        "CREATE TRIGGER foo AFTER INSERT ON photos BEGIN DELETE FROM photos; END",
        "UPDATE facts SET value = 'another model'",
        "DELETE FROM photos",
    ],
)
async def test_something_else_becomes_the_archive(file: Path, statement: str) -> None:
    """Foreign tables, what runs by itself, and another archive than the manifest tells of."""
    changed(file, "INSERT INTO facts VALUES ('model', 'test-model')")
    manifest = manifest_of(file)
    changed(file, statement)
    with pytest.raises(BackupUnusable, match="is no archive"):
        await bring_up_to_date(file, manifest)


async def test_an_archive_of_the_future_becomes_ours(file: Path) -> None:
    """Whatever the manifest says."""
    manifest = manifest_of(file)
    changed(file, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaTooNew, match="nothing was changed"):
        await bring_up_to_date(file, manifest)
    with pytest.raises(SchemaTooNew):
        await bring_up_to_date(file, replace(manifest, schema="9999"))
