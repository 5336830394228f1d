"""What happens in the world, numbered, for pages that watch: server-sent events with replay after a reconnect."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

KEPT = 5_000
SLICE = 200
"""How many events are handed out before looking again."""
HEARTBEAT_SECONDS = 15


@dataclass(frozen=True)
class Event:
    """One thing that happened; `name` is message, edit, delete, action, chat or call."""

    id: int
    name: str
    data: dict[str, Any] | Callable[[], dict[str, Any]]
    """A function where the object is only worth making for someone who watches."""

    def encoded(self) -> bytes:
        """As text/event-stream."""
        data = json.dumps(self.data if isinstance(self.data, dict) else self.data(), ensure_ascii=False)
        return f"id: {self.id}\nevent: {self.name}\ndata: {data}\n\n".encode()


class Events:
    """The last events, and those who wait for the next."""

    def __init__(self) -> None:
        self._kept: deque[Event] = deque(maxlen=KEPT)
        self._next_id = 1
        self._waiting: set[asyncio.Future[None]] = set()
        self._closed = False

    def publish(self, name: str, data: dict[str, Any] | Callable[[], dict[str, Any]]) -> None:
        """Numbers an event and wakes every watcher."""
        self._kept.append(Event(self._next_id, name, data))
        self._next_id += 1
        self._wake()

    def close(self) -> None:
        """Ends every stream."""
        self._closed = True
        self._wake()

    def stream(self, last_id: int | None) -> AsyncIterator[bytes]:
        """Events after `last_id` (None: after this call), for as long as the reader listens.

        A reader that was away for longer than events are kept, or reads too slowly, is told to load everything anew:
        `reset`.
        """
        return self._stream(self._next_id - 1 if last_id is None else last_id)

    async def _stream(self, seen: int) -> AsyncIterator[bytes]:
        yield b"retry: 1000\n\n"
        while not self._closed:
            if self._missed(seen):  # asked again every round: a slow reader can fall behind while it reads
                seen = self._next_id - 1
                yield f"id: {seen}\nevent: reset\ndata: {{}}\n\n".encode()
            fresh = self._after(seen)[:SLICE]
            for event in fresh:
                yield event.encoded()
                seen = event.id
            if not fresh and not await self._changed():
                yield b": still here\n\n"

    def _after(self, seen: int) -> list[Event]:
        fresh = list(takewhile(lambda event: event.id > seen, reversed(self._kept)))
        fresh.reverse()
        return fresh

    def _missed(self, seen: int) -> bool:
        oldest = self._kept[0].id if self._kept else self._next_id
        return seen > self._next_id - 1 or seen < oldest - 1

    async def _changed(self) -> bool:
        future = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await asyncio.wait_for(future, HEARTBEAT_SECONDS)
        except TimeoutError:
            return False
        finally:
            self._waiting.discard(future)
        return True

    def _wake(self) -> None:
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
