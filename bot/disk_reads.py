"""Reads from disks that may hang, a network drive whose server is away: on threads of their own, and not for ever.

A thread that hangs cannot be ended. So what has hung is not tried again while it does: live photos and answers wait for
a disk once and no longer, and the process's other threads stay theirs.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from search.errors import FileUnreachable

PATIENCE = 10.0
"""Seconds: a disk that sleeps takes some eight to turn."""
THREADS = 4
"""As many as there are fetchers."""
HANGS = "The folder or disk of the imported file does not answer."


class DiskReads:
    """Threads that read."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="disk")
        self._hung: list[tuple[Path, Future[bytes]]] = []

    async def read(self, place: Path, read: Callable[[], bytes]) -> bytes:
        """What `read` returns or raises.

        Args:
            place: the folder or ZIP that it reads from
            read: blocks
        Raises:
            FileUnreachable: it takes too long, or others from there still do.
        """
        self._hung = [(hung, reading) for hung, reading in self._hung if not reading.done()]
        if len(self._hung) == THREADS or any(hung == place for hung, _ in self._hung):
            raise FileUnreachable(HANGS)
        reading = self._threads.submit(read)
        answer = asyncio.wrap_future(reading)
        try:
            await asyncio.wait({answer}, timeout=self._patience)
            if answer.done():
                return answer.result()
        finally:
            if not answer.done():
                answer.cancel()
                if not reading.cancel():
                    self._hung.append((place, reading))
        raise FileUnreachable(HANGS)
