"""When a photo is tried again, and when it is given up."""

from datetime import timedelta

from search.errors import FileUnreachable
from search.retrying import FIRST_PAUSE, LONGEST_OUTAGE_PAUSE, LONGEST_PAUSE, MAX_ATTEMPTS, Retrying

OUTAGE = FileUnreachable("Telegram could not be reached.", is_outage=True)
UNAVAILABLE = FileUnreachable("The file is temporarily unavailable.")


def test_a_file_is_not_given_up_within_hours() -> None:
    """Pauses double up to an hour; the last attempt comes about a day after the first."""
    retrying = Retrying()
    pauses = [retrying.pause(UNAVAILABLE, attempts) for attempts in range(MAX_ATTEMPTS)]
    assert pauses[0] == FIRST_PAUSE
    assert pauses[-1] is None
    waits = [pause for pause in pauses if pause is not None]
    assert len(waits) == MAX_ATTEMPTS - 1
    assert max(waits) == LONGEST_PAUSE
    assert timedelta(hours=20) < sum(waits, timedelta()) < timedelta(hours=30)


def test_an_outage_gives_up_no_file_however_long_it_lasts() -> None:
    """And it is probed every five minutes at least, so that indexing goes on soon after."""
    retrying = Retrying()
    pauses = [retrying.pause(OUTAGE, MAX_ATTEMPTS) for _ in range(1_000)]
    assert pauses[0] == FIRST_PAUSE
    assert pauses[-1] == LONGEST_OUTAGE_PAUSE
    retrying.fetched()
    assert retrying.pause(OUTAGE, 0) == FIRST_PAUSE


def test_what_telegram_asks_for_is_waited() -> None:
    """retry_after goes before our own pauses."""
    hour = timedelta(hours=1)
    assert Retrying().pause(FileUnreachable("Telegram asked to wait.", hour, is_outage=True), 0) == hour
