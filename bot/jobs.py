"""What a running bot does for the commands of `python -m bot`: one list of every job that it offers."""

from dataclasses import dataclass

from bot.control import Control
from bot.retrying import Retry
from bot.settings import Settings
from search.indexer import Indexer
from storage.database import Database
from storage.failures import Failures


@dataclass(frozen=True, slots=True)
class Parts:
    """What jobs work with: parts of the bot that runs."""

    settings: Settings
    database: Database
    indexer: Indexer


def offer_all(control: Control, parts: Parts) -> None:
    """Every job, under the name of its command."""
    control.offer(Retry.NAME, Retry(Failures(parts.database), parts.indexer.wake))
