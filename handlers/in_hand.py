"""The handlers at work, so that the bot's end waits for them, but not for ever."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

from telegram import Update
from telegram.ext import CallbackContext

log = logging.getLogger(__name__)

Callback = Callable[[Update, CallbackContext[Any, Any, Any, Any]], Coroutine[Any, Any, None]]


class InHand:
    """python-telegram-bot waits at its end for every handler, also for one whose answer hangs in the network."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._is_ending = False

    def begin(self) -> None:
        """From now on handlers work."""
        self._is_ending = False

    def counted(self, callback: Callback) -> Callback:
        """The same callback; after `end` it does nothing."""

        @wraps(callback)
        async def counting(update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:
            task = asyncio.current_task()
            if self._is_ending or task is None:
                return
            self._tasks.add(task)
            try:
                await callback(update, context)
            finally:
                self._tasks.discard(task)

        return counting

    async def end(self, patience: float) -> None:
        """Waits so many seconds for answers on their way, then cancels those that are left."""
        self._is_ending = True
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=patience)
        if late:
            log.warning("%s answers were still on their way and are given up", len(late))
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
