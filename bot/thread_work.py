"""Long work on files, on a thread: it tells how far it is, and ends soon after nobody wants it any more."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Generic, TypeVar

from bot.job import Told
from storage.meter import Meter

T = TypeVar("T")

BETWEEN_LINES = 0.3
"""Seconds; a terminal shows no more than a few a second."""


class ThreadWork(Generic[T]):
    """One piece of work. It must tell its `Meter` often how far it is: that is where it is interrupted."""

    result: T

    def __init__(self, work: Callable[[Meter], T]) -> None:
        self._work = work

    async def progress(self) -> AsyncIterator[Told]:
        """Does it. When this has ended by itself there is a `result`; closed earlier, it waits for the thread.

        Raises:
            whatever the work raises
        """
        stopping = threading.Event()
        meter = Meter(stopping)
        task = asyncio.create_task(asyncio.to_thread(self._work, meter))
        try:
            while not (await asyncio.wait({task}, timeout=BETWEEN_LINES))[0]:
                yield {"step": meter.step, "at": meter.at, "of": meter.of}
            self.result = task.result()
        finally:
            stopping.set()
            await asyncio.gather(task, return_exceptions=True)
