"""A database out of a backup, before anything is given up for it: whether it is an archive, and the one that the backup
says it is.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import URL, Connection
from sqlalchemy.exc import SQLAlchemyError

from storage.backup_manifest import Manifest
from storage.database import Database
from storage.errors import BackupUnusable, DatabaseUnavailable
from storage.migrations import check_known
from storage.online_copy import described
from storage.schema import metadata


async def bring_up_to_date(file: Path, manifest: Manifest) -> None:
    """The file has this program's schema on return, and nothing that runs by itself.

    Raises:
        BackupUnusable: it is no archive, or another one than the manifest says.
        SchemaTooNew
    """
    try:
        told = await asyncio.to_thread(described, file)
        own = await asyncio.to_thread(_programs, file)
    except (sqlite3.Error, TypeError, ValueError) as error:
        raise _no_archive(str(error)) from error
    check_known(str(told["schema"]))
    if told != {"schema": manifest.schema, "model": manifest.model, "counts": manifest.counts}:
        raise _no_archive("it is not the one that the backup describes")
    if own:
        raise _no_archive(f"{own[0]} in it is not Chatlens's")
    try:
        differences = await _opened(file)
    except (SQLAlchemyError, CommandError, DatabaseUnavailable) as error:
        raise _no_archive(str(error)) from error
    if differences:
        raise _no_archive("it has other tables")


def _no_archive(reason: str) -> BackupUnusable:
    return BackupUnusable(f"The database in the backup is no archive ({reason}). Nothing was changed.")


def _programs(file: Path) -> list[str]:
    """The names of triggers and views: Chatlens has none."""
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type IN ('trigger', 'view')")
        return [str(name) for (name,) in rows]


async def _opened(file: Path) -> list[object]:
    """Opening brings the schema up to date; what still is another than ours."""
    database = await Database.open(URL.create("sqlite+aiosqlite", database=str(file)).render_as_string())
    try:
        async with database.reading() as connection:
            return await connection.run_sync(_differences)
    finally:
        await database.close()


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))
