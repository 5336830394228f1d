"""What is logged, and what must not be."""

import logging

from rich.console import Console
from rich.logging import RichHandler


def set_up(level: str, console: Console) -> None:
    """Logs to `console`: readable on a terminal, plain lines elsewhere."""
    handler: logging.Handler
    if console.is_terminal:
        handler = RichHandler(console=console, show_path=False)
        handler.setFormatter(logging.Formatter("%(message)s", datefmt="[%X]"))
    else:
        handler = logging.StreamHandler(console.file)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(_is_ours_or_matters)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # httpx logs every address it asks at INFO, and the Bot API's addresses hold the token.
    for chatty in ("httpx", "httpcore", "apscheduler", "alembic", "chromadb"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _is_ours_or_matters(record: logging.LogRecord) -> bool:
    """open_clip tells the root logger of every step it takes."""
    return record.name != "root" or record.levelno >= logging.WARNING
