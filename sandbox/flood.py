"""The flood model: how often a bot may write. Off unless switched on in the settings.

https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
"""

import math
from collections import defaultdict, deque
from dataclasses import dataclass

from sandbox.chats import Chat
from sandbox.clock import Clock
from sandbox.errors import TooManyRequests


@dataclass(frozen=True)
class Limit:
    """At most `messages` within any `seconds`."""

    messages: int
    seconds: float


PER_BOT = Limit(30, 1.0)
PER_CHAT = Limit(1, 1.0)
PER_GROUP = Limit(20, 60.0)


class FloodControl:
    """Counts the messages of every bot, by the world's clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sent: defaultdict[tuple[int, int, Limit], deque[float]] = defaultdict(deque)

    def spend(self, bot_id: int, chat: Chat, messages: int) -> None:
        """Counts messages about to be sent or edited. Raises TooManyRequests, counting nothing, when they are too many.

        An album is one message to the limit of a second and as many as it has items to the others.
        """
        now = self._clock.now()
        costs = {(bot_id, 0, PER_BOT): messages, (bot_id, chat.id, PER_CHAT): 1}
        if not chat.is_private:
            costs[bot_id, chat.id, PER_GROUP] = messages
        wait = max(self._wait(key, cost, now) for key, cost in costs.items())
        if wait > 0:
            raise TooManyRequests(math.ceil(wait))
        for key, cost in costs.items():
            self._sent[key].extend([now] * cost)

    def _wait(self, key: tuple[int, int, Limit], cost: int, now: float) -> float:
        """Seconds until `cost` more messages are allowed."""
        sent, limit = self._sent[key], key[2]
        while sent and sent[0] <= now - limit.seconds:
            sent.popleft()
        surplus = len(sent) + min(cost, limit.messages) - limit.messages
        return sent[surplus - 1] + limit.seconds - now if surplus > 0 else 0.0
