"""What is logged, and what must not be: no token, no link to a file, nothing that people wrote."""

import logging
import re
import traceback
from types import TracebackType

from rich.console import Console
from rich.logging import RichHandler

SECRETS = (
    (re.compile(r"\S*/file/bot\S+"), "<link to a file>"),
    # https://core.telegram.org/bots/api#authorizing-your-bot; in addresses it comes after "bot".
    (re.compile(r"(?:bot)?\d{5,}(?::|%3A)[A-Za-z0-9_-]{20,}"), "<token>"),
)
OURS = ("bot.", "handlers.", "search.", "storage.", "telegram.error")
"""Errors from here are sentences of ours or Telegram's. The text of any other may quote what it choked on: a driver's
the values of a statement, a codec's the caption."""

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Discreet(logging.Formatter):
    """Takes tokens and links out of every line, and foreign errors' texts out of traces."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`."""
        return without_secrets(super().format(record))

    def formatException(self, ei: ExceptionInfo) -> str:  # noqa: N802 - logging's name
        """Where it happened and what kind of error it was."""
        return "" if ei[1] is None else "\n".join(_trace(ei[1]))


def without_secrets(text: str) -> str:
    """The same without tokens and links to files."""
    for pattern, shown in SECRETS:
        text = pattern.sub(shown, text)
    return text


def set_up(level: str, console: Console) -> None:
    """Logs to `console`: readable on a terminal, plain lines elsewhere."""
    handler: logging.Handler
    if console.is_terminal:
        handler = RichHandler(console=console, show_path=False)
        form, moment = "%(message)s", "[%X]"
    else:
        handler = logging.StreamHandler(console.file)
        form, moment = "%(asctime)s %(levelname)s %(name)s: %(message)s", None
    # Whoever asks for DEBUG wants everything, and is told so in the README.
    handler.setFormatter((logging.Formatter if level == "DEBUG" else Discreet)(form, datefmt=moment))
    handler.addFilter(_is_ours_or_matters)
    handler.addFilter(_needs_no_trace)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # httpx logs every address it asks at INFO, and the Bot API's addresses hold the token.
    for chatty in ("httpx", "httpcore", "apscheduler", "alembic", "chromadb", "uvicorn"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _is_ours_or_matters(record: logging.LogRecord) -> bool:
    """open_clip tells the root logger of every step it takes."""
    return record.name != "root" or record.levelno >= logging.WARNING


def _trace(error: BaseException) -> list[str]:
    """The error and those that led to it, oldest first."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    lines = [] if before is None else [*_trace(before), "", "which led to:", ""]
    kind = type(error)
    text = f": {error}" if f"{kind.__module__}.".startswith(OURS) or kind.__module__ in OURS else ""
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    return [
        *lines,
        *(frame.rstrip("\n") for frame in traceback.format_tb(error.__traceback__)),
        f"{kind.__module__}.{kind.__qualname__}{text}",
        *(line for one in inner for line in _trace(one)),
    ]


def _needs_no_trace(record: logging.LogRecord) -> bool:
    """A token that Telegram refuses is python-telegram-bot's trace of fifty lines, before the bot's own sentence."""
    if record.exc_info and type(record.exc_info[1]).__name__ == "InvalidToken":
        record.exc_info = record.exc_text = None
    return True
