"""Keeps Chroma equal to SQL, in the background: at start, and whenever the index says that it was found wanting."""

import asyncio
import logging
from time import monotonic

from search.background import BackgroundTask
from search.errors import StorageError
from storage.vectors import VectorIndex

log = logging.getLogger(__name__)

PAUSE = 30.0
"""Seconds before a reconciliation that failed is tried again; searches are answered exactly meanwhile."""
BETWEEN_LINES = 10.0
"""Seconds: a million photos take half an hour where the index is made anew."""


class Reconciler:
    """A task that compares and mends."""

    def __init__(self, index: VectorIndex) -> None:
        self._index = index
        self._task = BackgroundTask("reconciler", self._run)

    def start(self) -> None:
        """Begins with a comparison: a crash may have come between SQL and Chroma."""
        self._task.start()

    async def stop(self) -> None:
        """Ends wherever it is; what is not mended is found again at the next start."""
        await self._task.stop()

    async def _run(self) -> None:
        while True:
            await self._index.needs_reconcile.wait()
            try:
                mended = await self._index.reconcile(_Progress())
            except StorageError as exc:
                log.error("The vector index could not be compared with the database, trying again: %s", exc)
                await asyncio.sleep(PAUSE)
            except Exception:
                log.exception("Comparing the vector index with the database failed, trying again")
                await asyncio.sleep(PAUSE)
            else:
                if mended.missing or mended.orphaned or mended.moved or mended.rebuilt:
                    log.warning("The vector index was mended: %s", mended)


class _Progress:
    """Tells the log how far it is, now and then and at the end."""

    def __init__(self) -> None:
        self._told = monotonic()

    def __call__(self, done: int, total: int) -> None:
        if done >= total or monotonic() - self._told > BETWEEN_LINES:
            self._told = monotonic()
            log.info("Vector index: %s of %s photos are as the database has them", done, total)
