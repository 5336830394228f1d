"""The one door to SQL: opening, migrating, transactions.

Knows dialects, not tables. Queries live with their nouns: chats, photos, queue, embeddings.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Table, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from storage import migrations, sqlite_driver
from storage.driver_errors import translated, unavailable
from storage.errors import DatabaseUnavailable

T = TypeVar("T")

IDS_PER_STATEMENT = 1_000
"""Far under the limits of bound values in a statement (SQLite 32,766, PostgreSQL 32,767)."""

SQLITE_PRAGMAS = (
    # How long a lock of another process (a backup, sqlite3 at a prompt) is waited for; ours never compete.
    "PRAGMA busy_timeout=10000",
    "PRAGMA journal_mode=WAL",
    # Telegram forgets an update once we ask for the next one: what we have confirmed must survive
    # a power cut, which WAL's usual NORMAL does not promise.
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    # What people delete is overwritten, not only unlinked.
    "PRAGMA secure_delete=ON",
)


class Database:
    """An SQL database with the current schema; makes connections, hands out transactions."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        # SQLite has one writer at a time. Waiting for it here costs nothing and is fair; waiting in SQLite
        # blocks the connection's thread, polls, and ends in "database is locked" under load. On PostgreSQL it
        # spares every look-then-write its own defence against the others.
        self._turn = asyncio.Lock()
        self._listeners: list[Callable[[Sequence[object]], None]] = []

    @classmethod
    async def open(cls, url: str) -> Database:
        """Open `sqlite+aiosqlite:///path` or `postgresql+asyncpg://…` and bring its schema up to date.

        Raises DatabaseUnavailable and SchemaTooNew; the folder of a SQLite file is made where it is missing.
        """
        with translated():
            database = cls(_engine(url))
        try:
            async with database.transaction() as connection:
                await connection.run_sync(migrations.upgrade)
        except BaseException:
            await database.close()
            raise
        return database

    @property
    def file(self) -> Path | None:
        """SQLite's; None where a server keeps the data."""
        url = self._engine.url
        return Path(url.database) if self._engine.dialect.name == "sqlite" and url.database else None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A connection whose writes are all kept, durably, or none: an error or a cancellation rolls back.

        Raises DatabaseUnavailable. Writers take turns, so do nothing slow inside.
        """
        told: list[object] = []
        async with self._turn:
            try:
                with translated():
                    async with self._engine.connect() as connection:
                        await connection.execution_options(writes=True, told=told)
                        async with connection.begin():
                            yield connection
            finally:  # also where it was rolled back, or nobody knows: what did not change is only read again
                for listener in self._listeners if told else ():
                    listener(told)

    def listen(self, listener: Callable[[Sequence[object]], None]) -> None:
        """Have it called with what transactions `tell`, once they are kept: memory is kept up with what SQL holds."""
        self._listeners.append(listener)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection for questions, which see one state of the database (SQLite) and wait for no writer.

        Raises DatabaseUnavailable.
        """
        with translated():
            async with self._engine.connect() as connection:
                yield connection

    async def rewrite(self) -> bool:
        """Write SQLite's file anew without what was deleted, and empty its write-ahead log. Writers wait.

        False where that is not ours to do: a PostgreSQL server keeps its own files (README, "What is stored").
        Raises DatabaseUnavailable, also where another program reads the log all the while: try again later.
        """
        if self._engine.dialect.name != "sqlite":
            return False
        async with self._turn:
            with translated():
                async with self._engine.connect() as connection:
                    driver: Any = (await connection.get_raw_connection()).driver_connection
                    await _rewrite(driver)
        return True

    async def close(self) -> None:
        """Close every connection; nothing else may be asked afterwards."""
        await self._engine.dispose()


def insert(connection: AsyncConnection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT, which both dialects write alike and SQLAlchemy keeps apart."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def tell(connection: AsyncConnection, what: object) -> None:
    """Let those who listen know of a change, once this transaction is kept."""
    told: list[object] | None = connection.sync_connection.get_execution_options().get("told")  # type: ignore[union-attr]
    if told is not None:
        told.append(what)


def batches(items: Sequence[T], size: int = IDS_PER_STATEMENT) -> Iterator[list[T]]:
    """The items in lists of at most `size`, as many as one statement takes."""
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch


def _engine(url: str) -> AsyncEngine:
    parsed = _parsed(url)
    if parsed.get_backend_name() != "sqlite":
        # A server may have closed a connection that lay idle: ask before using it.
        return create_async_engine(parsed, pool_pre_ping=True, hide_parameters=True)
    if not parsed.database or parsed.database == ":memory:":
        raise DatabaseUnavailable("a SQLite database needs a file", "Give a path in the database address.")
    _try_file(Path(parsed.database))
    engine = create_async_engine(parsed, hide_parameters=True)  # errors are logged, and values are people's words
    event.listen(engine.sync_engine, "do_connect", sqlite_driver.connect)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _try_file(path: Path) -> None:
    """Fail here where the file cannot be opened.

    After a failed connect, aiosqlite's thread outlives the event loop and ends with a traceback that hides
    the sentence people should read.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path)) as connection:
            _write_ahead(connection)
    except OSError as error:
        raise DatabaseUnavailable(str(error), "Give the bot's user the right to make that folder.") from error
    except sqlite3.Error as error:
        raise unavailable(str(error)) from error


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Turn the write-ahead log on, once for ever. Of two programs that do so at once SQLite refuses one, without
    waiting for its busy timeout: that one tries again."""
    deadline = time.monotonic() + 10
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise DatabaseUnavailable(
            f"its address is not understood ({type(error).__name__})",
            "Write sqlite+aiosqlite:///path/to/file or postgresql+asyncpg://user:password@host/name "
            "(which needs the `postgres` extra).",
        ) from error
    return parsed


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # None: the driver must not begin transactions by itself; `_begin_sqlite` does.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE takes the write lock at once: one that reads first and then writes cannot fail halfway.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


async def _rewrite(driver: Any) -> None:
    """VACUUM, outside any transaction, for which SQLAlchemy has no word."""
    try:
        for table in await _full_text_tables(driver):
            await driver.execute(f'INSERT INTO "{table}"("{table}") VALUES (\'optimize\')')  # noqa: S608 - our own names
        await driver.execute("VACUUM")
        cursor = await driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        busy, _, _ = await cursor.fetchone()
    except sqlite3.Error as error:
        raise unavailable(str(error)) from error
    if busy:
        raise unavailable("its write-ahead log is locked by a reader")


async def _full_text_tables(driver: Any) -> list[str]:
    """FTS5 marks deleted words and keeps them until it merges: before SQLite 3.42 it knows no other way."""
    cursor = await driver.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%USING fts5%'")
    return [name for (name,) in await cursor.fetchall()]
