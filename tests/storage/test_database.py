"""Opening, transactions and the errors people see."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from storage.database import Database, insert, tell
from storage.errors import DatabaseUnavailable
from storage.schema import facts


async def _put(database: Database, key: str) -> None:
    async with database.transaction() as connection:
        await connection.execute(insert(connection, facts).values(key=key, value=""))


async def _keys(database: Database) -> set[str]:
    async with database.reading() as connection:
        return set(await connection.scalars(select(facts.c.key)))


async def test_half_a_transaction_is_kept_after_an_error(database: Database) -> None:
    """What a failing transaction wrote is gone."""

    async def write_and_fail() -> None:
        async with database.transaction() as connection:
            await connection.execute(insert(connection, facts).values(key="half", value=""))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await write_and_fail()
    assert await _keys(database) == set()


async def test_memory_hears_of_a_change_before_it_is_kept(sqlite: Database, sqlite_url: str) -> None:
    """Whoever is told and reads at once reads what the transaction wrote."""
    file, seen = sqlite_url.partition(":///")[2], list[object]()

    def look(changes: Sequence[object]) -> None:
        with closing(sqlite3.connect(file)) as other:
            seen.extend([*changes, *other.execute("SELECT key FROM facts WHERE key = 'kept'")])

    sqlite.listen(look)
    async with sqlite.transaction() as connection:
        tell(connection, "told")
        await connection.execute(insert(connection, facts).values(key="kept", value=""))
    assert seen == ["told", ("kept",)]


async def test_half_a_transaction_is_kept_after_a_cancellation(database: Database) -> None:
    """A cancelled transaction leaves nothing, and the next writer gets its turn."""
    inside = asyncio.Event()

    async def write_and_hang() -> None:
        async with database.transaction() as connection:
            await connection.execute(insert(connection, facts).values(key="half", value=""))
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write_and_hang())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await _put(database, "next")
    assert await _keys(database) == {"next"}


async def test_cancelling_at_any_moment_leaks_a_connection(database: Database) -> None:
    """However early or late a writer is cancelled, the database goes on, with all or nothing of it."""
    for steps in range(40):
        task = asyncio.create_task(_put(database, f"key {steps}"))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await _put(database, "last")
    assert "last" in await _keys(database)


async def test_concurrent_writers_find_the_database_locked(sqlite: Database) -> None:
    """Transactions that read and then write take turns: none fails and no update is lost."""

    async def count_up() -> None:
        async with sqlite.transaction() as connection:
            value = await connection.scalar(select(facts.c.value).where(facts.c.key == "n"))
            statement = insert(connection, facts).values(key="n", value=str(int(value or 0) + 1))
            await connection.execute(
                statement.on_conflict_do_update(index_elements=[facts.c.key], set_={"value": statement.excluded.value})
            )

    await asyncio.gather(*(count_up() for _ in range(50)))
    async with sqlite.reading() as connection:
        assert await connection.scalar(select(facts.c.value)) == "50"


async def test_a_reader_waits_for_the_writer(database: Database) -> None:
    """A question is answered during a transaction, without what is not committed yet."""
    async with database.transaction() as connection:
        await connection.execute(insert(connection, facts).values(key="unfinished", value=""))
        assert await _keys(database) == set()


async def test_a_confirmed_write_is_not_durable(sqlite: Database) -> None:
    """Every connection writes ahead, syncs fully, keeps foreign keys and overwrites what is deleted."""
    async with sqlite.reading() as first, sqlite.transaction() as second:
        for connection in (first, second):
            pragmas = ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
            found = [await connection.scalar(text(f"PRAGMA {pragma}")) for pragma in pragmas]
            assert found == ["wal", 2, 1, 1]


async def test_a_full_disk_is_reported_as_a_bug(sqlite: Database) -> None:
    """A full disk is DatabaseUnavailable with advice, and the database goes on once there is room."""

    async def fill() -> None:
        async with sqlite.transaction() as connection:
            pages = await connection.scalar(text("PRAGMA page_count"))
            await connection.execute(text(f"PRAGMA max_page_count={pages}"))
            await connection.execute(insert(connection, facts).values(key="big", value="x" * 1_000_000))

    with pytest.raises(DatabaseUnavailable, match="make room"):
        await fill()
    async with sqlite.transaction() as connection:
        await connection.execute(text("PRAGMA max_page_count=1000000"))
    await _put(sqlite, "after")
    assert await _keys(sqlite) == {"after"}


async def test_a_read_only_database_is_reported_as_a_bug(sqlite: Database) -> None:
    """A database that may not be written is DatabaseUnavailable with advice."""

    async def write_where_only_reading_is_allowed() -> None:
        async with sqlite.transaction() as connection:
            await connection.execute(text("PRAGMA query_only=ON"))
            await connection.execute(insert(connection, facts).values(key="k", value=""))

    with pytest.raises(DatabaseUnavailable, match="read-only"):
        await write_where_only_reading_is_allowed()


async def test_a_mistake_of_ours_is_blamed_on_the_database(database: Database) -> None:
    """A statement that breaks a rule stays a bug with the driver's own error."""
    await _put(database, "twice")
    with pytest.raises(IntegrityError):
        await _put(database, "twice")


async def test_a_file_that_is_no_database_is_overwritten(tmp_path: Path) -> None:
    """Another file at the path is refused and left as it is."""
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but something somebody wrote down " * 20)
    before = path.read_bytes()
    with pytest.raises(DatabaseUnavailable, match="another path"):
        await Database.open(f"sqlite+aiosqlite:///{path}")
    assert path.read_bytes() == before


async def test_a_missing_folder_stops_the_start(tmp_path: Path) -> None:
    """The folder of a new database is made."""
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/new/folder/chatlens.db")
    await database.close()
    assert (tmp_path / "new/folder/chatlens.db").exists()


@pytest.mark.parametrize(
    "address",
    [
        "sqlite+aiosqlite:///{folder}",
        "sqlite+aiosqlite:///{folder}/file/chatlens.db",
        "sqlite+aiosqlite://",
        "postgresql+asyncpg://nobody@127.0.0.1:1/nothing",
        "oracle+nothing://somewhere",
        "mysql+aiomysql://nobody@127.0.0.1:1/nothing",
        "not an address",
    ],
)
async def test_an_unusable_address_gives_a_traceback_of_the_driver(address: str, tmp_path: Path) -> None:
    """Whatever is wrong with the address, the error is ours and says what to do."""
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseUnavailable) as caught:
        await Database.open(address.format(folder=tmp_path))
    assert caught.value.advice in str(caught.value)


async def test_a_wrong_password_gives_a_traceback_of_the_driver(postgres_url: str) -> None:
    """A server that refuses us is DatabaseUnavailable."""
    with pytest.raises(DatabaseUnavailable, match="does not exist"):
        await Database.open(postgres_url.replace("tester", "stranger"))


async def test_more_readers_than_connections(sqlite: Database) -> None:
    """A hundred questions at once are all answered."""
    await _put(sqlite, "k")

    async def ask() -> int:
        async with sqlite.reading() as connection:
            return await connection.scalar(select(func.count()).select_from(facts)) or 0

    assert await asyncio.gather(*(ask() for _ in range(100))) == [1] * 100
