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
FIRST_QUERY_ID = 4_382_000_000_000_000_001
Answer = dict[str, Any]


@dataclass
class Query:
    """An open question to one bot."""

    id: str
    bot_id: int
    user_id: int
    asked: float
    text: str = ""
    """The words of an inline query."""
    offset: str = ""
    answer: "asyncio.Future[Answer]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


@dataclass(frozen=True)
class Cached:
    """An inline answer that Telegram gives again without asking the bot."""

    answer: Answer
    until: float


class Queries:
    """All open questions, and the cache of inline answers."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[str, Query] = {}
        self._ids = itertools.count(FIRST_QUERY_ID)
        self._cached: dict[tuple[int, str, str, int | None], Cached] = {}
        self._shown: dict[tuple[int, str], list[dict[str, Any]]] = {}

    def ask(self, bot_id: int, user_id: int, text: str = "", offset: str = "") -> Query:
        """Opens a question."""
        query = Query(str(next(self._ids)), bot_id, user_id, self._clock.now(), text, offset)
        self._open[query.id] = query
        return query

    async def wait(self, query: Query, seconds: float = ANSWER_SECONDS) -> Answer | None:
        """The bot's answer, or None when it takes too long. The bot may still answer later, to no one."""
        done, _ = await asyncio.wait({query.answer}, timeout=seconds)
        return query.answer.result() if done and not query.answer.cancelled() else None

    def answer(self, query_id: str, bot_id: int, answer: Answer) -> Query:
        """Closes a question. Raises BadRequest when it is unknown, another bot's, answered already or too old."""
        query = self._open.pop(query_id, None)
        late = query is not None and self._clock.now() - query.asked > EXPIRES_SECONDS
        if query is None or query.bot_id != bot_id or late:
            raise BadRequest("query is too old and response timeout expired or query ID is invalid")
        if not query.answer.done():
            query.answer.set_result(answer)
        return query

    def remember(self, query: Query, answer: Answer, seconds: float, personal: bool) -> None:
        """Caches an inline answer: for its asker alone when `personal`, else for everyone."""
        key = (query.bot_id, query.text, query.offset, query.user_id if personal else None)
        self._cached[key] = Cached(answer, self._clock.now() + seconds)
        self._shown[query.bot_id, query.id] = answer["results"]

    def cached(self, bot_id: int, user_id: int, text: str, offset: str) -> Answer | None:
        """An inline answer that is still fresh."""
        for owner in (user_id, None):
            found = self._cached.get((bot_id, text, offset, owner))
            if found and found.until > self._clock.now():
                return found.answer
        return None

    def shown(self, bot_id: int, query_id: str) -> list[dict[str, Any]]:
        """The results that a person got for an inline query."""
        return self._shown.get((bot_id, query_id), [])

    def close(self) -> None:
        """Lets everyone who waits for an answer go."""
        for query in self._open.values():
            query.answer.cancel()
