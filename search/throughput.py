"""How many photos were indexed lately: counted as they are, for the moments of their indexing are in no index."""

from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic

from search.records import Photo

MINUTES = 60
"""How far back it can tell."""


class Throughput:
    """A count for each of the last sixty minutes."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._minutes: deque[tuple[int, int]] = deque(maxlen=MINUTES + 1)

    def indexed(self, photos: Sequence[Photo]) -> None:
        """A listener of the indexer."""
        minute = int(self._clock() // 60)
        if self._minutes and self._minutes[-1][0] == minute:
            self._minutes[-1] = (minute, self._minutes[-1][1] + len(photos))
        else:
            self._minutes.append((minute, len(photos)))

    def per_minute(self, minutes: int) -> float:
        """Photos a minute over the last `minutes`, of which the one that has just begun counts in part."""
        now = self._clock() / 60
        counted = sum(number for minute, number in self._minutes if minute >= now - minutes)
        return counted / minutes
