"""What the files of a folder looked like when they were last read, in the index of that folder.

The table is in no bot's archive, and so neither in `storage.schema` nor in its migrations: it is made where a folder's
index is opened. A file's number is the message id of its photo.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text, delete, func, select

from storage.database import Database, batches, insert
from storage.schema import facts
from storage.uninterrupted import uninterrupted

metadata = MetaData()
files = Table(
    "files",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("path", Text, nullable=False, unique=True),
    Column("size", BigInteger, nullable=False),
    Column("modified_ns", BigInteger, nullable=False),
)
ROOT = "folder"
"""The fact that says whose index this is."""


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file as it was."""

    number: int
    path: str
    """Relative to the folder, percent-encoded: names need not be valid Unicode."""
    size: int
    modified_ns: int


class FolderFiles:
    """Keeps one row a file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uninterrupted
    async def open(self, root: str) -> str:
        """Make the table where it is missing; returns the folder that the index was made for, `root` the first time."""
        async with self._database.transaction() as connection:
            await connection.run_sync(metadata.create_all)
            await connection.execute(insert(connection, facts).values(key=ROOT, value=root).on_conflict_do_nothing())
            belongs: str = (await connection.scalars(select(facts.c.value).where(facts.c.key == ROOT))).one()
            return belongs

    async def known(self, paths: Sequence[str]) -> dict[str, KnownFile]:
        """Those of these files that were read before, by path."""
        found: dict[str, KnownFile] = {}
        async with self._database.reading() as connection:
            for batch in batches(paths):
                rows = await connection.execute(select(files).where(files.c.path.in_(batch)))
                found |= {row.path: KnownFile(*row) for row in rows}
        return found

    async def count(self) -> int:
        """How many files are known."""
        async with self._database.reading() as connection:
            return await connection.scalar(select(func.count()).select_from(files)) or 0

    async def last_number(self) -> int:
        """The highest number given; 0 where there is none."""
        async with self._database.reading() as connection:
            return await connection.scalar(select(func.max(files.c.number))) or 0

    @uninterrupted
    async def keep(self, read: Sequence[KnownFile]) -> None:
        """Write how files looked, in place of what was known of them."""
        async with self._database.transaction() as connection:
            for batch in batches(read, 200):
                rows = [
                    {"number": one.number, "path": one.path, "size": one.size, "modified_ns": one.modified_ns}
                    for one in batch
                ]
                statement = insert(connection, files).values(rows)
                changed = {"size": statement.excluded.size, "modified_ns": statement.excluded.modified_ns}
                await connection.execute(statement.on_conflict_do_update(index_elements=[files.c.number], set_=changed))

    async def others(self, present: Collection[int], unread: Sequence[str]) -> list[KnownFile]:
        """The files that are not among these numbers, nor in a folder (a path's beginning) that could not be read."""
        async with self._database.reading() as connection:
            rows = [KnownFile(*row) for row in await connection.execute(select(files).order_by(files.c.number))]
        return [one for one in rows if one.number not in present and not one.path.startswith(tuple(unread))]

    @uninterrupted
    async def forget(self, numbers: Sequence[int]) -> None:
        """These files are gone."""
        async with self._database.transaction() as connection:
            for batch in batches(numbers):
                await connection.execute(delete(files).where(files.c.number.in_(batch)))
