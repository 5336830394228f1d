"""The log of Bot API calls: what was asked, what was answered, how long it took."""

import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

KEPT = 2_000
SHOWN_CHARACTERS = 2_000


@dataclass
class Call:
    """One request of a bot and its answer; a download is one of the method `file`."""

    id: int
    bot_id: int
    method: str
    parameters: dict[str, Any]
    """Names to raw values: strings from a form, JSON values from a JSON body."""
    files: dict[str, int]
    """Names of uploaded parts to their sizes in bytes."""
    started: float
    """By the world's clock."""
    is_read: bool = False
    """All of the request has come: who hangs up in the middle has said nothing yet."""
    status: int = 0
    """The HTTP status, or 0 where a fault left none."""
    response: dict[str, Any] | None = None
    """None also for the bytes of a file."""
    seconds: float = 0.0
    fault: bool = False
    """The answer was scripted (see `faults`)."""

    def as_object(self) -> dict[str, Any]:
        """For people: long values cut short."""
        request = {name: _short(value) for name, value in self.parameters.items()}
        request |= {name: f"({size} bytes)" for name, size in self.files.items()}
        return {
            "id": self.id,
            "bot_id": self.bot_id,
            "method": self.method,
            "status": self.status,
            "ms": round(self.seconds * 1000, 2),
            "date": self.started,
            "fault": self.fault,
            "request": request,
            "response": _short(self.response),
        }


def _short(value: Any) -> Any:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return value if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"


class CallLog:
    """The last calls, and those who want to hear of each."""

    def __init__(self) -> None:
        self._kept: deque[Call] = deque(maxlen=KEPT)
        self._next_id = 1
        self.listeners: list[Callable[[Call], None]] = []
        """Called once per finished call, in the server's thread."""

    def __iter__(self) -> Iterator[Call]:
        return iter(list(self._kept))

    def __len__(self) -> int:
        return len(self._kept)

    def begin(self, bot_id: int, method: str, started: float) -> Call:
        """A call whose answer is still to come."""
        call = Call(self._next_id, bot_id, method, {}, {}, started)
        self._next_id += 1
        return call

    def finish(self, call: Call) -> None:
        """Keeps an answered call and tells the listeners."""
        self._kept.append(call)
        for listener in self.listeners:
            listener(call)

    def clear(self) -> None:
        """Forgets all calls."""
        self._kept.clear()
