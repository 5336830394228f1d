"""The update queue that confirms nothing to Telegram before it is kept.

Telegram forgets an update once a later offset is polled. python-telegram-bot's updater awaits `put` for every
update before it advances the offset, and its webhook handler awaits it before it answers 200: a `put` that commits
first does both.
"""

import asyncio
import logging

from telegram import Update
from tenacity import AsyncRetrying, before_sleep_log, retry_if_exception_type, wait_exponential

from handlers.intake import Intake
from search.errors import StorageError

log = logging.getLogger(__name__)

ROOM = 1_000
"""A bound for updates that wait to be handled; at it, polling waits too, and Telegram keeps the rest."""


class Inbox(asyncio.Queue[object]):
    """`put` returns once what the update asks to be kept is in SQL; it never raises."""

    def __init__(self) -> None:
        super().__init__(ROOM)
        self._intake: Intake | None = None
        self._opened = asyncio.Event()

    def open(self, intake: Intake) -> None:
        """From now on updates are kept. Before, `put` waits."""
        self._intake = intake
        self._opened.set()

    async def put(self, item: object) -> None:
        """Keeps, then queues. While the database, memory or files are short it waits: Telegram keeps the updates for a
        day."""
        if isinstance(item, Update):
            await self._keep(item)
        await super().put(item)

    async def _keep(self, update: Update) -> None:
        await self._opened.wait()
        assert self._intake is not None  # noqa: S101 - set before the event
        try:
            async for attempt in AsyncRetrying(
                retry=retry_if_exception_type((StorageError, OSError, MemoryError)),
                wait=wait_exponential(multiplier=0.2, max=30),
                before_sleep=before_sleep_log(log, logging.ERROR),
            ):
                with attempt:
                    await self._intake.keep(update)
        except Exception:  # one update that cannot be understood must not stop all that follow
            log.exception("Update %s could not be understood and is passed over", update.update_id)
