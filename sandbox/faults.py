"""Scripted trouble: which calls shall fail, how, and how many times."""

import asyncio
import itertools
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

ANY_METHOD = "*"
FILE_DOWNLOAD = "file"
"""The name under which downloads of files can be made to fail."""


@dataclass
class Fault:
    """One piece of trouble for calls of `method` (or "*", or "file" for downloads)."""

    method: str
    status: int | None = None
    """Answer with this error code; None lets the call go through (after `delay`)."""
    description: str | None = None
    retry_after: int | None = None
    times: int | None = 1
    """How many calls it hits; None is all until it is removed."""
    delay: float = 0.0
    """Seconds before anything else happens, or until the fault is taken back."""
    drop: bool = False
    """Close the connection without an answer; the call is not carried out."""
    drop_after: bool = False
    """Carry the call out, then close the connection without an answer."""
    half_body: bool = False
    """Carry the call out, then send half of the answer and close the connection."""
    garbage: bool = False
    """Answer 200 with something that is not JSON; the call is not carried out."""
    id: int = 0
    hits: int = 0

    def as_object(self) -> dict[str, Any]:
        """As the people's side shows it."""
        return asdict(self)


class Faults:
    """The script, first written first used."""

    def __init__(self) -> None:
        self._script: list[Fault] = []
        self._taken_back: dict[int, asyncio.Event] = {}
        self._is_closed = False
        self._ids = itertools.count(1)

    def add(self, fault: Fault) -> Fault:
        """Adds a fault to the end of the script and numbers it."""
        fault.id = next(self._ids)
        self._script.append(fault)
        return fault

    def take(self, method: str) -> Fault | None:
        """The fault that hits this call, counted."""
        for fault in self._script:
            if fault.method.lower() in (ANY_METHOD, method.lower()):
                fault.hits += 1
                if fault.times is not None and fault.hits >= fault.times:
                    self._script.remove(fault)
                return fault
        return None

    async def delay(self, fault: Fault) -> None:
        """Lets the fault's seconds of real time pass, but no longer than it lasts and the world is served."""
        if self._is_closed:
            return
        taken_back = self._taken_back.setdefault(fault.id, asyncio.Event())
        with suppress(TimeoutError):
            await asyncio.wait_for(taken_back.wait(), fault.delay)

    def remove(self, fault_id: int | None = None) -> None:
        """Takes one fault, or all, back: out of the script, and the calls that it delays go on."""
        self._script = [f for f in self._script if fault_id is not None and f.id != fault_id]
        for delaying, taken_back in self._taken_back.items():
            if fault_id in (None, delaying):
                taken_back.set()

    def close(self) -> None:
        """Nobody waits any more."""
        self._is_closed = True
        self.remove()

    def as_objects(self) -> list[dict[str, Any]]:
        """What is still to come."""
        return [fault.as_object() for fault in self._script]
