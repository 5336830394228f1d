"""A file that is touched for as long as the bot lives, for health checks that know nothing of Telegram."""

import asyncio
import logging
from pathlib import Path

from search.background import BackgroundTask

log = logging.getLogger(__name__)

INTERVAL = 10.0
"""Seconds; `deploy/healthy` calls a bot dead after 60."""


class Heartbeat:
    """Touches a file while the event loop turns. A loop that hangs stops it, which is the point."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._task = BackgroundTask("heartbeat", self._beat)

    def start(self) -> None:
        """Beats at once, then every ten seconds."""
        self._task.start()

    async def stop(self) -> None:
        """Removes the file: a bot that was stopped is not healthy."""
        await self._task.stop()
        self._file.unlink(missing_ok=True)

    async def _beat(self) -> None:
        while True:
            try:
                self._file.touch()
            except OSError as exc:
                log.error("The heartbeat could not be written: %s", exc)
            await asyncio.sleep(INTERVAL)
