"""One thing that is not as it should be, and whom it was found in."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from telegram import Bot

from bot.settings import Settings
from search.indexer import Indexer
from storage.database import Database
from storage.originals import Originals
from storage.vectors import VectorIndex


@dataclass(frozen=True, slots=True)
class Finding:
    """What is found once, by its name."""

    name: str
    """The same for the same trouble: what is gone at a second look was mended."""
    sentence: str
    is_wrong: bool = True
    """Else it is worth knowing, and the archive is well."""
    mend: Callable[[], Awaitable[object]] | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """The parts of a bot that runs."""

    index: VectorIndex
    indexer: Indexer


@dataclass(frozen=True, slots=True)
class Patient:
    """An archive, locked by whoever examines it."""

    settings: Settings
    database: Database
    originals: Originals
    """Those that the bot's importer works with, where one runs: it must not write in the meantime."""
    bot: Bot | None
    """None without a token."""
    running: Running | None
    """None where no bot runs."""


Checkup = Callable[[Patient], AsyncIterator[Finding]]


def some(count: int, one: str, many: str) -> str:
    """`1 photo has`, `2 photos have`."""
    return f"1 {one}" if count == 1 else f"{count:,} {many}"
