"""A copy of SQLite's file, made while others write to it; and whether a file is whole. Blocks: for threads.

One read transaction is held over the whole copy: without it SQLite begins anew whenever somebody has written, and on a
busy bot would never end. Writers are not held up; their log (WAL) grows meanwhile.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from storage.errors import BackupUnusable
from storage.meter import Meter

PAGES = 1_024
"""In one step: 4 MB, some milliseconds."""
OPERATIONS = 100_000
"""Of SQLite's machine between two looks at whether the work is still wanted: some milliseconds."""
COUNTED = ("chats", "photos", "images", "vectors", "texts")


def copy_sqlite(source: Path, target: Path, meter: Meter) -> None:
    """The state of one moment, in a file that needs no other beside it. Raises sqlite3.Error, Interrupted."""
    copied = target.with_name(f"{target.name}.copied")
    with closing(_opened(source)) as reading, closing(_opened(copied)) as copy:
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM sqlite_master").fetchone()  # only now there is a transaction
        meter.begin("Copying the database")
        reading.backup(copy, pages=PAGES, progress=lambda _, remaining, total: meter.reached(total - remaining, total))
    with closing(_opened(copied)) as copy:
        meter.begin("Leaving out what was erased")  # it may still be in pages that are free
        copy.set_progress_handler(lambda: _is_stopped(meter), OPERATIONS)
        copy.execute("VACUUM INTO ?", (str(target),))
    copied.unlink()


def check_sqlite(path: Path, meter: Meter) -> None:
    """Reads all of it. Raises BackupUnusable where it is damaged, Interrupted."""
    meter.begin("Checking the database")
    try:
        with closing(_opened(path)) as connection:
            connection.set_progress_handler(lambda: _is_stopped(meter), OPERATIONS)
            [(first,), *_] = connection.execute("PRAGMA integrity_check(1)").fetchall()
    except sqlite3.Error as error:
        meter.reached(0)  # it may have been interrupted
        raise BackupUnusable(f"The database is damaged ({error}).") from error
    if first != "ok":
        raise BackupUnusable(f"The database is damaged ({first}).")


def described(path: Path) -> dict[str, Any]:
    """`schema`, `model` (None before the first photo) and `counts` of an archive's file. Raises sqlite3.Error."""
    with closing(_opened(path)) as connection:
        model = connection.execute("SELECT value FROM facts WHERE key = 'model'").fetchone()
        counts = {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - our own names
            for table in COUNTED
        }
        [schema] = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return {"schema": schema, "model": model and model[0], "counts": counts}


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=10, isolation_level=None)


def _is_stopped(meter: Meter) -> int:
    try:
        meter.reached(0)
    except Exception:  # noqa: BLE001 - SQLite must be told by a number
        return 1
    return 0
