"""Work that goes on beside everything else, from a start to a stop."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

log = logging.getLogger(__name__)


class BackgroundTask:
    """A task with a name, which can be started again once it has been stopped.

    The work looks after the troubles that it knows. One that it does not know ends it, and is logged at that moment:
    nobody waits for the task, and work that has ended in silence looks like work that has nothing to do.
    """

    def __init__(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._name = name
        self._work = work
        self._task: asyncio.Task[None] | None = None

    @property
    def is_at_work(self) -> bool:
        """False before the start, after the stop, and where the work has come to its end."""
        return self._task is not None and not self._task.done()

    def start(self) -> None:
        """Begins, unless it is at work."""
        if not self.is_at_work:
            self._task = asyncio.create_task(self._guarded(), name=self._name)

    async def stop(self) -> None:
        """Ends wherever it is. Waits for that end, but for no result."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None

    async def _guarded(self) -> None:
        try:
            await self._work()
        except Exception:
            log.exception("The %s met a mistake of its own and rests until the bot is started again", self._name)
