"""What deleted rows leave in files, and since when: noted with the deletion itself, so that no crash forgets it.

SQLite's `secure_delete` overwrites what it frees, but copies that a page split left behind stay (3 to 6 of 1,500
deleted texts), and so does the write-ahead log; Chroma keeps deleted vectors in its graph and its own log. Only files
that are written anew are free of them (docs/decisions/0007-erased-bytes.md).
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database, insert
from storage.schema import facts
from storage.uninterrupted import uninterrupted


class Files(StrEnum):
    """Which files; the value is the fact's key."""

    DATABASE = "remains in the database"
    INDEX = "remains in the vector index"
    ORIGINALS = "remains among the copied originals"


UNDER_WAY = " (being removed)"


async def note(connection: AsyncConnection, *files: Files) -> None:
    """Something was deleted in the transaction of `connection`."""
    now = datetime.now(UTC).isoformat()
    rows = [{"key": str(file), "value": now} for file in files]
    await connection.execute(insert(connection, facts).values(rows).on_conflict_do_nothing())


class Remains:
    """Keeps account of files that are to be written anew."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def since(self, file: Files) -> datetime | None:
        """When the first of what it still may hold was deleted; None where it holds nothing deleted."""
        keys = (str(file), file + UNDER_WAY)
        async with self._database.reading() as connection:
            value: str | None = await connection.scalar(select(func.min(facts.c.value)).where(facts.c.key.in_(keys)))
        return None if value is None else datetime.fromisoformat(value)

    @uninterrupted
    async def begun(self, file: Files) -> None:
        """The file is about to be written anew. What is deleted from now on is the next time's business."""
        async with self._database.transaction() as connection:
            value: str | None = await connection.scalar(select(facts.c.value).where(facts.c.key == str(file)))
            if value is None:
                return
            await connection.execute(delete(facts).where(facts.c.key == str(file)))
            await connection.execute(
                insert(connection, facts).values(key=file + UNDER_WAY, value=value).on_conflict_do_nothing()
            )

    @uninterrupted
    async def removed(self, file: Files) -> None:
        """The file has been written anew."""
        async with self._database.transaction() as connection:
            await connection.execute(delete(facts).where(facts.c.key == file + UNDER_WAY))
