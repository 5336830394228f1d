"""Lets work that nobody waits for give way to answers: an import halts while a question is in hand."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from time import monotonic

LONGEST = 2.0
"""Seconds that work waits at a time: where somebody asks without end, an import goes on all the same, slowly."""
LIVELY = 60.0
"""Seconds after a question in which another is likely: until then what is begun is small."""


class Quiet:
    """Knows whether somebody waits for an answer. For the event loop only."""

    def __init__(self, also: Callable[[], AbstractContextManager[None]] = nullcontext) -> None:
        """`also`: what else is held meanwhile."""
        self._also = also
        self._asking = 0
        self._asked_at: float | None = None
        self._quiet = asyncio.Event()
        self._quiet.set()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Somebody waits, for as long as the block."""
        self._asking += 1
        self._quiet.clear()
        try:
            with self._also():
                yield
        finally:
            self._asking -= 1
            self._asked_at = monotonic()
            if not self._asking:
                self._quiet.set()

    async def wait(self) -> None:
        """Returns when nobody waits for an answer, or has for long enough."""
        if self._quiet.is_set():
            return
        try:
            async with asyncio.timeout(LONGEST):
                await self._quiet.wait()
        except TimeoutError:
            return

    @property
    def is_lively(self) -> bool:
        """Whether somebody asks, or asked just now."""
        return self._asking > 0 or (self._asked_at is not None and monotonic() - self._asked_at < LIVELY)
