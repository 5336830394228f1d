"""What the drivers of SQLite and PostgreSQL raise, as a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from storage.errors import DatabaseUnavailable

ADVICE = (
    ("locked", "Another program holds it: close that program, or wait until it is done."),
    ("readonly", "It is read-only: give the bot's user the right to write the file and its folder."),
    ("full", "The disk is full: make room; nothing that was confirmed is lost."),
    ("unable to open", "Check that the folder exists and that the bot's user may write there."),
    ("not a database", "The file is something else: set another path, or restore a backup."),
    ("malformed", "The file is damaged: restore a backup."),
)
OTHER_ADVICE = "Check the database address in the settings and that its server is running."

OUR_MISTAKES = (IntegrityError, ProgrammingError, DataError)
"""A wrong statement is a bug: it is shown as such, not as a database that is away."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn a driver's error into DatabaseUnavailable with advice; mistakes of our own stay what they are."""
    try:
        yield
    except OUR_MISTAKES:
        raise
    except DBAPIError as error:
        raise unavailable(str(error.orig)) from error
    except PoolTimeout as error:
        raise DatabaseUnavailable("every connection is busy", "Wait a moment and try again.") from error
    except ModuleNotFoundError as error:
        raise DatabaseUnavailable(
            f"its driver {error.name!r} is not installed",
            "Install the extra that brings it, for example chatlens[postgres].",
        ) from error
    except OSError as error:  # a server that cannot be reached, before the driver has a connection to blame
        raise unavailable(str(error)) from error
    except RuntimeError as error:  # aiosqlite has a thread for each connection
        if "can't start new thread" not in str(error):
            raise
        raise DatabaseUnavailable("the system gives no more threads", "Raise the limit, or wait.") from error


def unavailable(reason: str) -> DatabaseUnavailable:
    """With what helps against it, where the reason is a known one."""
    advice = next((advice for sign, advice in ADVICE if sign in reason), OTHER_ADVICE)
    return DatabaseUnavailable(reason, advice)
