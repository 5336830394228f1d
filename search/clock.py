"""A clock for deadlines."""

from datetime import UTC, datetime, timedelta
from time import monotonic


class SteadyClock:
    """UTC as it was at the start, and seconds counted since.

    The system's clock may be set back: a photo to be tried again in five seconds would then wait for hours.
    """

    def __init__(self) -> None:
        self._start = datetime.now(UTC) - timedelta(seconds=monotonic())

    def __call__(self) -> datetime:
        """Now."""
        return self._start + timedelta(seconds=monotonic())
