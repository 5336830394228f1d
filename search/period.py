"""Years, months and days as people write them: 2024, 2024-05, 2024-05-03, 2024年5月3日. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

FIRST_YEAR, LAST_YEAR = 1970, 2999
"""Wider than Telegram is old, and within what every time zone can be reckoned for."""
WRITTEN = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?|年)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Period:
    """A whole year, month or day."""

    start: datetime
    """Its first moment, UTC."""
    end: datetime
    """The first moment after it, UTC."""

    @classmethod
    def parse(cls, written: str, zone: tzinfo) -> "Period | None":
        """The period as it was in a time zone; None for what is no date."""
        match = WRITTEN.fullmatch(written)
        if match is None:
            return None
        year, month, day = (None if part is None else int(part) for part in match.groups())
        if year is None or not FIRST_YEAR <= year <= LAST_YEAR:
            return None
        try:
            start = datetime(year, month or 1, day or 1, tzinfo=zone)
        except ValueError:  # no such month or day
            return None
        return cls(start.astimezone(UTC), _following(start, month, day).astimezone(UTC))


def _following(start: datetime, month: int | None, day: int | None) -> datetime:
    """By the calendar, not by hours: the day on which the clocks change has 23 or 25 of them."""
    if month is None:
        return start.replace(year=start.year + 1)
    next_month = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1, day=1)
    if day is None:
        return next_month
    try:
        return start.replace(day=start.day + 1)
    except ValueError:  # the month's last day
        return next_month
