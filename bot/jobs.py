"""What a running bot does for the commands of `python -m bot`: one list of every job that it offers."""

from dataclasses import dataclass

from telegram import Bot

from bot.backing_up import Backup
from bot.checkups.finding import Patient, Running
from bot.control import Control
from bot.doctor import Doctor
from bot.exporting import Export, sources_of
from bot.importing import Import
from bot.last_error import LastError
from bot.quantising import Quantising
from bot.reindexing import Reindex
from bot.retrying import Retry
from bot.settings import Settings
from bot.status import Status, Vitals
from search.indexer import Indexer
from search.throughput import Throughput
from storage.census import Census
from storage.database import Database
from storage.failures import Failures
from storage.originals import Originals
from storage.vectors import VectorIndex


@dataclass(frozen=True, slots=True)
class Parts:
    """What jobs work with: parts of the bot that runs."""

    settings: Settings
    bot: Bot
    database: Database
    originals: Originals
    index: VectorIndex
    indexer: Indexer
    importing: Import
    throughput: Throughput
    last_error: LastError
    reindex: Reindex
    quantising: Quantising


def offer_all(control: Control, parts: Parts) -> None:
    """Every job, under the name of its command."""
    control.offer(Import.NAME, parts.importing)
    control.offer(Retry.NAME, Retry(Failures(parts.database), parts.indexer.wake))
    control.offer(Backup.NAME, Backup(parts.database, parts.settings))
    control.offer(Export.NAME, _export(parts))
    running = Running(parts.index, parts.indexer)
    control.offer(Doctor.NAME, Doctor(Patient(parts.settings, parts.database, parts.originals, parts.bot, running)))
    control.offer(Reindex.NAME, parts.reindex)
    control.offer(Status.NAME, Status(_vitals(parts)))


def _export(parts: Parts) -> Export:
    settings = parts.settings
    return Export(parts.database, sources_of(settings, parts.bot), settings.max_file_mb * 1_000_000)


def _vitals(parts: Parts) -> Vitals:
    return Vitals(
        parts.bot,
        Census(parts.database),
        parts.settings.device,
        parts.index,
        parts.indexer,
        parts.throughput,
        parts.last_error,
        parts.reindex,
        parts.quantising,
    )
