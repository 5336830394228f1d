"""What is due is erased in the background: what is past its time, chats long left, and deleted bytes in files."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from search.background import BackgroundTask
from search.errors import StorageError
from search.privacy import Privacy
from search.retention import Retention
from storage.database import Database
from storage.originals import Originals
from storage.questions import Questions
from storage.remains import Files, Remains
from storage.vectors import VectorIndex

log = logging.getLogger(__name__)

INTERVAL = 3600.0
"""Seconds. What is due is known from SQL, so a restart neither skips nor repeats anything."""
AT_ONCE = timedelta()
LINGERING = timedelta(hours=12)
"""How long deleted bytes may stay in files: all that is deleted in that time is one rewriting (20 minutes of Chroma
for a million vectors), and half of the promised 24 hours is left to do it in."""


class Sweeper:
    """A task that sweeps at start and every hour."""

    def __init__(
        self,
        privacy: Privacy,
        questions: Questions,
        remains: Remains,
        database: Database,
        index: VectorIndex,
        originals: Originals,
        retention: Retention,
    ) -> None:
        self._privacy = privacy
        self._questions = questions
        self._remains = remains
        self._database = database
        self._index = index
        self._originals = originals
        self._retention = retention
        self._task = BackgroundTask("sweeper", self._run)

    def start(self) -> None:
        """Sweeps at once, then every hour."""
        self._task.start()

    async def stop(self) -> None:
        """Ends wherever it is; what is not done is still due at the next start."""
        await self._task.stop()

    async def _run(self) -> None:
        while True:
            try:
                await self.sweep()
            except StorageError as exc:
                log.error("What is due to be erased is not yet, trying again in an hour: %s", exc)
            except Exception:
                log.exception("Sweeping met a mistake of its own, trying again in an hour")
            await asyncio.sleep(INTERVAL)

    async def sweep(self) -> None:
        """Erases what is due.

        Raises:
            StorageError: the rest is still due.
        """
        now = self._retention.clock()
        if (limit := self._retention.limit) is not None:
            _say(await self._privacy.expire(limit), "past their time")
        _say(await self._privacy.abandon(now), "of chats that removed the bot")
        await self._questions.expire(now)
        await self._index.discard(now - LINGERING)  # first: writing anew needs room
        troubles = [
            await self._removed(Files.ORIGINALS, lambda: self._originals.sweep(self._database), now, AT_ONCE),
            await self._removed(Files.DATABASE, self._database.rewrite, now, LINGERING),
            await self._removed(Files.INDEX, self._index.renew, now, LINGERING),
        ]
        for trouble in filter(None, troubles):
            raise trouble

    async def _removed(
        self, file: Files, remove: Callable[[], Awaitable[object]], now: datetime, after: timedelta
    ) -> Exception | None:
        """What stood in the way: a full disk that stops one file's rewriting must not keep what is in the other."""
        try:
            if await self._is_due(file, now, after):
                await self._remains.begun(file)
                await remove()
                await self._remains.removed(file)
        except Exception as exc:  # noqa: BLE001 - raised when the other file has had its turn
            log.error("%s cannot be removed now: %s", str(file).capitalize(), exc)
            return exc
        return None

    async def _is_due(self, file: Files, now: datetime, after: timedelta) -> bool:
        """A clock that was set back counts as time that has passed."""
        since = await self._remains.since(file)
        return since is not None and abs(now - since) >= after


def _say(count: int, which: str) -> None:
    if count:
        log.info("%s photos %s were erased", count, which)
