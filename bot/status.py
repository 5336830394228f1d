"""`python -m bot status`: how a running bot does, in figures and, where it is not well, in sentences."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

from telegram import Bot
from telegram.error import TelegramError

from bot.job import Told
from bot.last_error import LastError
from bot.memory import in_use
from bot.quantising import Quantising
from bot.reindexing import Reindex
from bot.version import version
from search.errors import StorageError
from search.indexer import Indexer
from search.throughput import Throughput
from storage.census import Census
from storage.index_records import Condition
from storage.vectors import VectorIndex

LATELY = timedelta(minutes=10)
"""Over which questions are counted."""
WINDOWS = (1, 10, 60)
"""Minutes over which photos are."""
HANGING = 600.0
"""Seconds after which a picture in hand is taken for stuck. Forty are in hand at a time, and the largest models take
five seconds a picture on a processor."""
TELEGRAM_PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Vitals:
    """Whom the status asks."""

    bot: Bot
    census: Census
    device: str
    index: VectorIndex
    indexer: Indexer
    throughput: Throughput
    last_error: LastError
    reindex: Reindex
    quantising: Quantising


class Status:
    """The job."""

    NAME = "status"

    def __init__(self, vitals: Vitals) -> None:
        self._vitals = vitals
        self._since = datetime.now(UTC)
        self._started = monotonic()

    async def __call__(self, arguments: dict[str, Any]) -> AsyncIterator[Told]:
        """One line, which `unwell` ends: what is wrong, a sentence each."""
        told: Told = {
            "done": True,
            "version": version(),
            "since": self._since.isoformat(timespec="seconds"),
            "uptime": round(monotonic() - self._started),
            **await self._archive(),
            "rates": await self._rates(),
            "model": self._model(),
            "reindexing": self._reindexing(),
            "memory": asdict(await asyncio.to_thread(in_use)),
            "chroma": await self._chroma(),
            "telegram": await self._telegram(),
            "last_error": self._last_error(),
        }
        yield {**told, "unwell": list(_unwell(told))}

    async def _archive(self) -> Told:
        census = self._vitals.census
        counts, chats = await census.photos(), await census.chats()
        queue = await census.queue(datetime.now(UTC))
        return {
            "photos": {"indexed": counts.indexed, "waiting": counts.waiting, "failed": counts.failed},
            "chats": asdict(chats),
            "queue": {
                "due": queue.due,
                "in_hand": queue.in_hand,
                "longest_in_hand": round(self._vitals.indexer.longest_in_hand),
                "postponed": queue.postponed,
                "next_due": queue.next_due and queue.next_due.isoformat(timespec="seconds"),
            },
        }

    async def _rates(self) -> Told:
        asked = await self._vitals.census.questions(datetime.now(UTC) - LATELY)
        photos = {str(minutes): round(self._vitals.throughput.per_minute(minutes), 2) for minutes in WINDOWS}
        return {"photos_a_minute": photos, "questions_a_minute": round(asked / (LATELY.total_seconds() / 60), 2)}

    def _model(self) -> Told:
        model = self._vitals.quantising.model
        return {
            "name": model.model_id,
            "dimensions": model.known_dimensions,
            "device": self._vitals.device,
            "pictures": self._vitals.quantising.stage,
        }

    def _reindexing(self) -> Told | None:
        """How far a change of the model is, where one is under way."""
        reindex = self._vitals.reindex
        if reindex.model is None or reindex.reached is None:
            return None
        return {"model": reindex.model, **asdict(reindex.reached)}

    async def _chroma(self) -> Told:
        index = self._vitals.index
        try:
            entries = await index.count_in_chroma() if index.condition is Condition.EQUAL else None
        except StorageError:
            entries = None
        return {"condition": str(index.condition), "entries": entries}

    async def _telegram(self) -> Told:
        """Asked now, for a bot that hears nothing looks like one to whom nobody speaks."""
        began = monotonic()
        try:
            await self._vitals.bot.get_me(read_timeout=TELEGRAM_PATIENCE, connect_timeout=TELEGRAM_PATIENCE)
        except TelegramError as exc:
            return {"answers": False, "error": exc.message}
        return {"answers": True, "seconds": round(monotonic() - began, 3)}

    def _last_error(self) -> Told | None:
        last = self._vitals.last_error.last
        return None if last is None else {"at": last.at.isoformat(timespec="seconds"), "text": last.text}


def _unwell(told: Told) -> Iterator[str]:
    if told["chroma"]["condition"] == Condition.AWAY:
        yield "Chroma cannot be used; questions are answered without it, and it is tried again."
    if not told["telegram"]["answers"]:
        yield f"Telegram does not answer: {told['telegram']['error']}."
    seconds = told["queue"]["longest_in_hand"]
    if seconds > HANGING:
        yield f"A picture has been in hand for {seconds // 60} minutes: indexing hangs. Restart the bot."
