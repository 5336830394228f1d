"""How far long work on a thread is, and how it learns that it shall end."""

from __future__ import annotations

import threading


class Interrupted(Exception):
    """Nobody wants the work any more."""


class Meter:
    """Written by the work, read by whoever shows it."""

    def __init__(self, stopping: threading.Event | None = None) -> None:
        self._stopping = stopping or threading.Event()
        self.step = ""
        self.at = 0
        self.of: int | None = None

    def begin(self, step: str, of: int | None = None) -> None:
        """From now on this is done."""
        self.step, self.at, self.of = step, 0, of
        self._check()

    def reached(self, at: int, of: int | None = None) -> None:
        """So much of it is done. Raises Interrupted."""
        self.at, self.of = at, self.of if of is None else of
        self._check()

    def _check(self) -> None:
        if self._stopping.is_set():
            raise Interrupted
