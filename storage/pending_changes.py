"""Changes on their way to Chroma, for which nobody waits.

Chroma may take a minute to answer, and removals come with updates that Telegram waits to see confirmed. Until a change
is done Chroma may show what SQL no longer holds: whoever shows a hit looks it up in SQL. After a crash the next
reconciliation does it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

log = logging.getLogger(__name__)

CLOSING_PATIENCE = 1.0
"""Seconds that closing waits for Chroma to take the last removals; the next start would do it."""


class PendingChanges:
    """Sees changes through; `failed` is called where one ends in an error that nobody caught."""

    def __init__(self, failed: Callable[[], None]) -> None:
        self._failed = failed
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, change: Coroutine[Any, Any, None]) -> None:
        """Without waiting for its end."""
        task = asyncio.create_task(change, name="chroma-change")
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def settled(self) -> None:
        """Returns once nothing is on its way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        """Finish what is in hand, as far as it is soon done."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=CLOSING_PATIENCE)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("Chroma does not have a change, and is compared with the database again: %s", error)
            self._failed()
