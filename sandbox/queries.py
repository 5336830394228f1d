"""Questions that bots answer once: pressed buttons and inline queries.

https://core.telegram.org/bots/api#callbackquery and #inline-mode
"""

import asyncio
import itertools
from dataclasses import dataclass, field
from typing import Any

from sandbox.clock import Clock
from sandbox.errors import BadRequest

ANSWER_SECONDS = 10.0
"""How long a person waits before the client gives up."""
EXPIRES_SECONDS = 60.0
"""How long a bot may take until its answer is refused as too old."""
SHOWN_SECONDS = 3600.0
"""How long results may be chosen from at least."""
FIRST_QUERY_ID = 4_382_000_000_000_000_001
Answer = dict[str, Any]
Key = tuple[int, str, str, tuple[int, int] | None, int | None]
"""Bot, text, offset, message, and the person whom alone an answer is for."""


@dataclass
class Query:
    """An open question to one bot."""

    id: str
    bot_id: int
    user_id: int
    asked: float
    text: str = ""
    """The words of an inline query, or the data of a pressed button."""
    offset: str = ""
    message: tuple[int, int] | None = None
    """Chat and message of a pressed button."""
    answer: "asyncio.Future[Answer]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


@dataclass(frozen=True)
class Cached:
    """An inline answer that Telegram gives again without asking the bot."""

    answer: Answer
    until: float


@dataclass(frozen=True)
class Shown:
    """Results that a person may choose from."""

    results: list[dict[str, Any]]
    until: float


class Queries:
    """All open questions, and the cache of inline answers."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[str, Query] = {}
        self._ids = itertools.count(FIRST_QUERY_ID)
        self._cached: dict[Key, Cached] = {}
        self._shown: dict[tuple[int, str], Shown] = {}

    def ask(
        self, bot_id: int, user_id: int, text: str = "", offset: str = "", message: tuple[int, int] | None = None
    ) -> Query:
        """Opens a question, about the button of a `message` or inline."""
        now = self._clock.now()
        self._open = {key: query for key, query in self._open.items() if now - query.asked <= EXPIRES_SECONDS}
        query = Query(str(next(self._ids)), bot_id, user_id, now, text, offset, message)
        self._open[query.id] = query
        return query

    async def wait(self, query: Query, seconds: float = ANSWER_SECONDS) -> Answer | None:
        """The bot's answer, or None when it takes too long. The bot may still answer later, to no one."""
        done, _ = await asyncio.wait({query.answer}, timeout=seconds)
        return query.answer.result() if done and not query.answer.cancelled() else None

    def answer(self, query_id: str, bot_id: int, answer: Answer) -> Query:
        """Closes a question. Raises BadRequest when it is unknown, another bot's, answered already or too old."""
        query = self._open.get(query_id)
        late = query is not None and self._clock.now() - query.asked > EXPIRES_SECONDS
        if query is None or query.bot_id != bot_id or late:
            raise BadRequest("query is too old and response timeout expired or query ID is invalid")
        del self._open[query_id]
        if not query.answer.done():
            query.answer.set_result(answer)
        return query

    def remember(self, query: Query, answer: Answer, seconds: float, personal: bool) -> None:
        """Caches an answer: for its asker alone when `personal`, else for everyone."""
        now = self._clock.now()
        self._cached = {key: cached for key, cached in self._cached.items() if cached.until > now}
        self._shown = {key: shown for key, shown in self._shown.items() if shown.until > now}
        key = (query.bot_id, query.text, query.offset, query.message, query.user_id if personal else None)
        if seconds > 0:
            self._cached[key] = Cached(answer, now + seconds)
        if results := answer.get("results"):
            self._shown[query.bot_id, query.id] = Shown(results, now + max(seconds, SHOWN_SECONDS))

    def cached(
        self, bot_id: int, user_id: int, text: str, offset: str = "", message: tuple[int, int] | None = None
    ) -> Answer | None:
        """An answer that is still fresh."""
        for owner in (user_id, None):
            found = self._cached.get((bot_id, text, offset, message, owner))
            if found and found.until > self._clock.now():
                return found.answer
        return None

    def shown(self, bot_id: int, query_id: str) -> list[dict[str, Any]]:
        """The results that a person got for an inline query."""
        found = self._shown.get((bot_id, query_id))
        return found.results if found else []

    def close(self) -> None:
        """Lets everyone who waits for an answer go."""
        for query in self._open.values():
            query.answer.cancel()
