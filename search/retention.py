"""How long photos are kept: those past their time are neither taken up nor left in the archive."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


def utc_now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Retention:
    """A time to keep photos for, from when they were posted."""

    days: int | None = None
    """None: until somebody has them forgotten."""
    clock: Callable[[], datetime] = utc_now

    @property
    def limit(self) -> datetime | None:
        """What was posted before is past its time."""
        return None if self.days is None else self.clock() - timedelta(days=self.days)

    def is_past(self, date: datetime) -> bool:
        """Whether a photo of that date is kept no longer."""
        limit = self.limit
        return limit is not None and date < limit
