"""A bot's queue of updates: ids, confirmation by offset, long polling, expiry.

https://core.telegram.org/bots/api#getting-updates
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sandbox.clock import Clock
from sandbox.errors import Conflict

KINDS = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "message_reaction",
    "message_reaction_count",
    "inline_query",
    "chosen_inline_result",
    "callback_query",
    "shipping_query",
    "pre_checkout_query",
    "purchased_paid_media",
    "poll",
    "poll_answer",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
    "chat_boost",
    "removed_chat_boost",
    "managed_bot",
    "guest_message",
)
NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
DEFAULT_KINDS = frozenset(KINDS) - NOT_BY_DEFAULT
FIRST_UPDATE_ID = 100_000_000
KEPT_SECONDS = 24 * 3600
"""Telegram keeps updates for no longer than 24 hours."""

SEEN_SECONDS = 60

Payload = dict[str, Any] | Callable[[], dict[str, Any]]


@dataclass
class Update:
    """One waiting update. A payload that is costly to make may be a function, called on delivery, in a thread."""

    update_id: int
    kind: str
    payload: Payload
    created: float
    queue: int
    """Updates of one queue (a chat, mostly) reach a webhook in order."""

    async def as_object(self) -> dict[str, Any]:
        """https://core.telegram.org/bots/api#update"""
        if not isinstance(self.payload, dict):
            self.payload = await asyncio.to_thread(self.payload)
        return {"update_id": self.update_id, self.kind: self.payload}


class UpdateQueue:
    """What one bot has not confirmed yet."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._next_id = FIRST_UPDATE_ID
        self._pending: deque[Update] = deque()
        self._poller: asyncio.Future[None] | None = None
        self._closed = False
        self._last_poll = 0.0
        self.on_put: Callable[[], None] | None = None
        """Called for every new update; a webhook hangs here."""
        self.allowed: frozenset[str] = DEFAULT_KINDS

    def __len__(self) -> int:
        self._expire()
        return len(self._pending)

    def allow(self, kinds: Iterable[str]) -> None:
        """Sets `allowed_updates`; unknown names are ignored and an empty list means the default."""
        self.allowed = frozenset(kinds) & frozenset(KINDS) or DEFAULT_KINDS

    def put(self, kind: str, payload: Payload, queue: int = 0) -> None:
        """Adds an update unless the bot does not want its kind, and wakes who waits for it."""
        if kind not in self.allowed:
            return
        self._expire()
        self._pending.append(Update(self._next_id, kind, payload, self._clock.now(), queue))
        self._next_id += 1
        if self._poller and not self._poller.done():
            self._poller.set_result(None)
        if self.on_put:
            self.on_put()

    async def poll(self, offset: int, limit: int, patience: float) -> list[dict[str, Any]]:
        """Unconfirmed updates from `offset` on, waiting up to `patience` seconds for the first.

        Raises Conflict when another poll takes over meanwhile.
        """
        self._last_poll = time.monotonic()
        self.interrupt("terminated by other getUpdates request; make sure that only one bot instance is running")
        self.confirm(offset)
        if not self._pending and patience > 0 and not self._closed:
            await self._wait(patience)
        self._expire()
        due = list(islice(self._pending, limit))
        return [await update.as_object() for update in due]

    async def _wait(self, seconds: float) -> None:
        poller = self._poller = asyncio.get_running_loop().create_future()
        try:
            await asyncio.wait({poller}, timeout=seconds)
            if poller.done():
                poller.result()
        except asyncio.CancelledError:
            if self._poller is poller:
                self._last_poll = 0.0  # it hung up: nobody is there any more
            raise
        finally:
            if self._poller is poller:
                self._poller = None

    @property
    def polled_lately(self) -> bool:
        """A poll is under way or was there within the last minute."""
        return self._poller is not None or 0 < self._last_poll > time.monotonic() - SEEN_SECONDS

    def interrupt(self, reason: str) -> None:
        """Ends the poll under way, if any, with a Conflict."""
        if self._poller and not self._poller.done():
            self._poller.set_exception(Conflict(reason))
        self._poller = None

    def confirm(self, offset: int) -> None:
        """Forgets updates below `offset`; a negative one keeps only that many from the end."""
        self._expire()
        if offset < 0:
            while len(self._pending) > -offset:
                self._pending.popleft()
        elif offset > 0:
            while self._pending and self._pending[0].update_id < offset:
                self._pending.popleft()

    def take(self) -> Update | None:
        """Removes and returns the first update: a webhook's way of reading."""
        self._expire()
        return self._pending.popleft() if self._pending else None

    def put_back(self, updates: Iterable[Update]) -> None:
        """Returns updates that could not be delivered to their places."""
        self._pending = deque(sorted([*updates, *self._pending], key=lambda update: update.update_id))

    def clear(self) -> None:
        """Drops everything that waits (`drop_pending_updates`)."""
        self._pending.clear()

    def close(self) -> None:
        """Answers the poll under way with what there is, and later ones at once."""
        self._closed = True
        if self._poller and not self._poller.done():
            self._poller.set_result(None)

    def _expire(self) -> None:
        oldest = self._clock.now() - KEPT_SECONDS
        while self._pending and self._pending[0].created < oldest:
            self._pending.popleft()
