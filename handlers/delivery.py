"""Sends again what certainly did not arrive, and only that: people see an answer once or not at all.

| what happened | was it delivered? | |
|---|---|---|
| 429, too many requests | no | waits as long as Telegram says |
| no connection, or none free | no | waits, doubling |
| a timeout, a connection lost in the middle, 5xx | nobody knows | not sent again |
| any other refusal | no, and never will be | not sent again |

python-telegram-bot's rate limiter retries 429 by itself where it is told to; a host's bot may have none.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import httpx
from telegram.error import ChatMigrated, RetryAfter, TelegramError
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    before_sleep_log,
    retry_if_exception,
    stop_before_delay,
    wait_exponential,
)

log = logging.getLogger(__name__)

Result = TypeVar("Result")

PATIENCE = 120.0
"""Seconds: whoever asked two minutes ago has gone on to other things."""
SLACK = 0.1
"""Seconds: Telegram's clock and ours differ."""
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""python-telegram-bot keeps httpx's error as the cause of its own."""

_doubled = wait_exponential(multiplier=0.25, max=15)


async def delivered(chat_id: int, send: Callable[[int], Awaitable[Result]]) -> Result:
    """What `send` returns for the chat, tried again while nothing can have arrived; follows a group that became a
    supergroup meanwhile.

    Raises:
        TelegramError: it was not delivered, or nobody knows whether it was.
    """
    try:
        return await _tried(lambda: send(chat_id))
    except ChatMigrated as moved:
        new_chat_id = moved.new_chat_id
    return await _tried(lambda: send(new_chat_id))


async def _tried(send: Callable[[], Awaitable[Result]]) -> Result:
    retrying = AsyncRetrying(
        retry=retry_if_exception(was_not_delivered),
        wait=_pause,
        stop=stop_before_delay(PATIENCE),
        before_sleep=before_sleep_log(log, logging.INFO),
        reraise=True,
    )

    async def once() -> Result:  # what tenacity awaits must be a coroutine function
        return await send()

    return await retrying(once)


def was_not_delivered(error: BaseException) -> bool:
    """Whether the request certainly did nothing and may succeed later."""
    if isinstance(error, RetryAfter):
        return True
    return isinstance(error, TelegramError) and isinstance(error.__cause__, NOT_SENT)


def _pause(state: RetryCallState) -> float:
    error = None if state.outcome is None else state.outcome.exception()
    if not isinstance(error, RetryAfter):
        return _doubled(state)
    asked = error.retry_after
    return (asked.total_seconds() if isinstance(asked, timedelta) else asked) + SLACK
