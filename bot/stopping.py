"""The end by a signal: orderly within ten seconds, and if that fails, at once.

What is worth keeping is committed as it comes, so leaving at once costs no photo; a service manager would kill the
process after ten seconds anyway.
"""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress

log = logging.getLogger(__name__)

PATIENCE = 9.0
"""Seconds from the signal to the end, whatever hangs."""
LEFTOVERS = 1.0
"""Seconds after an orderly end for threads that wait for somebody else's answer, such as a Chroma server's."""


class Stopping:
    """Turns signals into python-telegram-bot's orderly end, and watches that it comes."""

    def listen(self, loop: asyncio.AbstractEventLoop) -> None:
        """SIGINT and SIGTERM end what the loop runs."""
        with suppress(NotImplementedError):  # Windows: Ctrl-C comes as a KeyboardInterrupt
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, self._stop)

    def _stop(self) -> None:
        log.info("Stopping: the batch in hand is finished")
        _in(PATIENCE, _give_up)
        raise SystemExit


def leave_soon(status: int) -> None:
    """Everything is closed; threads that wait for others do not keep the process."""
    _in(LEFTOVERS, lambda: os._exit(status))


def _in(seconds: float, leave: Callable[[], None]) -> None:
    watch = threading.Timer(seconds, leave)
    watch.daemon = True
    watch.start()


def _give_up() -> None:
    log.error("The bot did not end in %s seconds and leaves; nothing that was confirmed is lost", PATIENCE)
    os._exit(1)
