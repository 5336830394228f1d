"""Ways of doing the same, measured in turns: what else the machine does is then everybody's trouble alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

Name = TypeVar("Name")

ROUNDS = 5
"""The least whose median says something."""


def noise(rounds: int) -> str:
    """The note on what the figures are."""
    if rounds < ROUNDS:
        return f"A quick look: {rounds} round(s), whose figures may be off by a fifth and more."
    return f"Medians of {rounds} rounds in which every way takes its turn; in brackets the lowest and the highest."


@dataclass(frozen=True, slots=True)
class Spread:
    """Several measurements of one thing."""

    median: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """At least one value."""
        return cls(median(values), min(values), max(values))

    def __str__(self) -> str:
        return f"{_digits(self.median)} ({_digits(self.lowest)}–{_digits(self.highest)})"


def in_turns(ways: Mapping[Name, Callable[[], float]], rounds: int = ROUNDS) -> dict[Name, list[float]]:
    """What each says, round by round. A first round, in which everything warms up, does not count."""
    told: dict[Name, list[float]] = {name: [] for name in ways}
    for turn in range(rounds + 1):
        for name, measure in ways.items():
            value = measure()
            if turn:
                told[name].append(value)
    return told


def _digits(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
