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
        self._deadline: float | None = None

    def begin(self) -> None:
        """From now on handlers work."""
        self._is_ending = False
        self._deadline = None

    def counted(self, callback: Callback, *, is_binding: bool = False) -> Callback:
        """The same callback; after `end` it does nothing. Unless it is binding: then what was queued before is still
        done in the time that the end has, for Telegram will not hand over the update again."""

        @wraps(callback)
        async def counting(update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:
            task = asyncio.current_task()
            if task is None or (self._is_ending and not is_binding):
                return
            self._tasks.add(task)
            try:
                async with asyncio.timeout_at(self._deadline):
                    await callback(update, context)
            except TimeoutError:
                log.warning("A command did not end in the time that was left and is given up")
            finally:
                self._tasks.discard(task)

        return counting

    async def end(self, patience: float) -> None:
        """Waits so many seconds for answers on their way, then cancels those that are left."""
        self._is_ending = True
        self._deadline = asyncio.get_running_loop().time() + patience
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=patience)
        if late:
            log.warning("%s answers were still on their way and are given up", len(late))
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
