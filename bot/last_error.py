"""The last thing that went wrong, for whoever asks how the bot does: most errors are over when somebody looks."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.logs import without_secrets

OURS = ("bot", "handlers", "search", "storage")
"""Whose errors count: a host application's are its own business."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One error."""

    at: datetime
    text: str


class LastError(logging.Handler):
    """Listens between `start` and `stop`, whatever else is done with the log."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.last: Trouble | None = None

    def start(self) -> None:
        """From now on errors are noted."""
        for name in OURS:
            logging.getLogger(name).addHandler(self)

    def stop(self) -> None:
        """Listens no more."""
        for name in OURS:
            logging.getLogger(name).removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler`. Of a trace only the kind of error is kept: its text may quote people."""
        kind = f" ({record.exc_info[0].__name__})" if record.exc_info and record.exc_info[0] else ""
        self.last = Trouble(datetime.fromtimestamp(record.created, UTC), without_secrets(record.getMessage()) + kind)
