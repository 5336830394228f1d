"""When a photo that could not be fetched is tried again, and when it is given up."""

from datetime import timedelta

from search.errors import FileUnreachable

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=1)
MAX_ATTEMPTS = 32
"""Pauses double from five seconds to an hour: 32 attempts at one file span a day."""
LONGEST_OUTAGE_PAUSE = timedelta(minutes=5)
"""When Telegram or the network is away, no file is to blame and none is given up, however long it lasts."""


class Retrying:
    """Counts attempts a photo, and outages over all photos."""

    def __init__(self) -> None:
        self._outages = 0

    def fetched(self) -> None:
        """Something came through: whatever outage there was is over."""
        self._outages = 0

    def pause(self, trouble: FileUnreachable, attempts: int) -> timedelta | None:
        """How long to wait after a failed attempt that followed `attempts` others; None: give the photo up."""
        asked = trouble.retry_after or timedelta()
        if trouble.is_outage:
            self._outages += 1
            return max(asked, _doubled(self._outages - 1, LONGEST_OUTAGE_PAUSE))
        if attempts + 1 >= MAX_ATTEMPTS:
            return None
        return max(asked, _doubled(attempts, LONGEST_PAUSE))


def _doubled(times: int, longest: timedelta) -> timedelta:
    return min(longest, FIRST_PAUSE * (1 << min(times, 20)))
