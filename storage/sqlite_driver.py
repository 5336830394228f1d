"""aiosqlite with one change of threads for a statement instead of four.

SQLAlchemy makes a cursor, executes, fetches and closes, and aiosqlite sends each of these to the connection's thread
and back: 130 µs of processor time a time, which was most of what keeping a photo cost (42 changes, 5.5 ms;
docs/decisions/0008-one-hop-a-statement.md). Here a statement's rows are fetched where it was executed.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, cast

import aiosqlite
from sqlalchemy import Dialect
from sqlalchemy.engine.interfaces import DBAPIConnection

Row = tuple[Any, ...]


class _Connection(aiosqlite.Connection):
    """Its cursors are `_Cursor`s. Its thread does not keep the program from ending."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(lambda: sqlite3.connect(*args, **kwargs), iter_chunk_size=64)
        self._thread.daemon = True

    def cursor(self) -> "_Cursor":  # type: ignore[override]  # aiosqlite's asks the thread for one
        return _Cursor(self)

    async def run(self, sql: str, parameters: Any, *, many: bool) -> tuple[sqlite3.Cursor, list[Row]]:
        """Executes and fetches, in one go; for a cursor that is used up."""
        hop: Any = self._execute  # not annotated
        return cast("tuple[sqlite3.Cursor, list[Row]]", await hop(_executed, self._conn, sql, parameters, many))


def _executed(
    connection: sqlite3.Connection, sql: str, parameters: Any, many: bool
) -> tuple[sqlite3.Cursor, list[Row]]:
    cursor = connection.executemany(sql, parameters) if many else connection.execute(sql, parameters)
    return cursor, cursor.fetchall() if cursor.description else []


class _Cursor:
    """What SQLAlchemy asks of an asynchronous cursor, answered from what is already here."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self._rows: list[Row] = []
        self.description: Sequence[Any] | None = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> "_Cursor":
        return self

    async def execute(self, sql: str, parameters: Any = ()) -> "_Cursor":
        return await self._run(sql, parameters, many=False)

    async def executemany(self, sql: str, parameters: Iterable[Any]) -> "_Cursor":
        return await self._run(sql, parameters, many=True)

    async def fetchall(self) -> list[Row]:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """The driver's cursor is used up, and closed when it is forgotten."""

    async def _run(self, sql: str, parameters: Any, *, many: bool) -> "_Cursor":
        cursor, self._rows = await self._connection.run(sql, parameters, many=many)
        self.description, self.rowcount, self.lastrowid = cursor.description, cursor.rowcount, cursor.lastrowid
        return self


def connect(dialect: Dialect, _record: object, args: tuple[Any, ...], options: dict[str, Any]) -> DBAPIConnection:
    """SQLAlchemy's `do_connect` event: its own connection, around ours."""
    module: Any = dialect.loaded_dbapi
    return cast("DBAPIConnection", module.connect(*args, async_creator_fn=_Connection, **options))
