"""Drops a model that nobody has needed for a while; the next question or photo has it loaded again."""

import asyncio
import logging
import math

from search.background import BackgroundTask
from search.encoding import Encoding
from search.freed_memory import give_back
from search.on_demand import OnDemand

log = logging.getLogger(__name__)


class Idling:
    """Watches the encoding, where it is to."""

    def __init__(self, encoding: Encoding, minutes: float | None) -> None:
        """`minutes`: after so many without a question or a photo; None: never."""
        self._encoding = encoding
        self._patience = math.inf if minutes is None else 60 * minutes
        self._watching = BackgroundTask("watch over an idle model", self._watch)

    def start(self) -> None:
        """Begins to watch."""
        if self._patience < math.inf:
            self._watching.start()

    async def stop(self) -> None:
        """Nothing is dropped any more."""
        await self._watching.stop()

    async def _watch(self) -> None:
        while True:
            left = self._patience - self._encoding.idle
            if left <= 0:
                await self._drop()
            await asyncio.sleep(left if left > 0 else self._patience)

    async def _drop(self) -> None:
        model = self._encoding.embedder
        if isinstance(model, OnDemand) and model.drop():
            await asyncio.to_thread(give_back)
            log.info("Nobody has needed the model for a while: it is dropped, and loaded again when it is needed")
