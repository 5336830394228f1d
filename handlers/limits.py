"""How much one person, and one chat, may ask at a time: a flood is answered in part, and others are answered as ever.

What is refused is said once and then met with silence: an answer to each of a thousand questions is a flood, too.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from search.errors import QuestionError

MINUTE = 60.0
ASKERS = 10_000
"""People whose minute is remembered, some 200 bytes each; of more, those who began first begin anew."""
AT_ONCE = 2
"""Questions of one chat that are answered at the same time: at most so many stand before another chat's question."""
WAITING = 20
"""Questions of one chat that wait for those: Telegram takes 20 messages a minute for a group."""
IN_ALL = 1_000
"""Questions of all chats in hand, some 10 kB each."""


class Overload(QuestionError):
    """More was asked than is answered."""

    def __init__(self, message: str, *, is_known: bool) -> None:
        super().__init__(message)
        self.is_known = is_known
        """Whether it has been said: then it is not said again."""


class TooManySearches(Overload):
    """One person asked more in a minute than the setting allows."""

    def __init__(self, limit: int, seconds: float, *, is_known: bool) -> None:
        times = "once" if limit == 1 else f"{limit} times"
        super().__init__(
            f"I answer each person up to {times} a minute. Please ask again in {math.ceil(seconds)} s.",
            is_known=is_known,
        )


class ChatIsBusy(Overload):
    """So many questions of one chat wait that further ones would wait for minutes."""

    def __init__(self, *, is_known: bool) -> None:
        super().__init__(
            "More was asked here than I can answer at once. Please ask again in a minute.", is_known=is_known
        )


@dataclass(slots=True)
class _Minute:
    """Of one person, from the first question on."""

    ends: float
    asked: int = 0
    is_told: bool = False


class SearchLimit:
    """Counts what each person asks, over all chats."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._minutes: dict[int, _Minute] = {}

    def admit(self, asker: int) -> None:
        """Counts a question of a user; of a channel or chat, where somebody speaks in its name.

        Raises:
            TooManySearches
        """
        now = self._clock()
        self._forget(now)
        minute = self._minutes.setdefault(asker, _Minute(now + MINUTE))
        minute.asked += 1
        if minute.asked > self._per_minute:
            is_known, minute.is_told = minute.is_told, True
            raise TooManySearches(self._per_minute, minute.ends - now, is_known=is_known)

    def _forget(self, now: float) -> None:
        """Minutes stand in the order in which they began, and so in that in which they end."""
        while self._minutes:
            first = next(iter(self._minutes))
            if self._minutes[first].ends > now and len(self._minutes) < ASKERS:
                return
            del self._minutes[first]


@dataclass(slots=True)
class _Queue:
    """Of one chat, while it has questions in hand."""

    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    in_hand: int = 0
    is_told: bool = False


class Turns:
    """Lets the questions of each chat wait for one another, and none for those of another chat."""

    def __init__(self) -> None:
        self._queues: dict[int, _Queue] = {}
        self._in_hand = 0

    @asynccontextmanager
    async def of(self, chat_id: int) -> AsyncIterator[None]:
        """A turn of the chat, waited for.

        Raises:
            ChatIsBusy: too many wait already.
        """
        queue = self._queues.setdefault(chat_id, _Queue())
        if queue.in_hand >= AT_ONCE + WAITING or self._in_hand >= IN_ALL:
            is_known, queue.is_told = queue.is_told, queue.in_hand > 0
            self._drop_if_idle(chat_id, queue)
            raise ChatIsBusy(is_known=is_known)
        queue.in_hand += 1
        self._in_hand += 1
        try:
            async with queue.turns:
                yield
        finally:
            queue.in_hand -= 1
            self._in_hand -= 1
            self._drop_if_idle(chat_id, queue)

    def _drop_if_idle(self, chat_id: int, queue: _Queue) -> None:
        if queue.in_hand == 0:
            del self._queues[chat_id]
