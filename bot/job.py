"""What a command and the one who does its work say to each other, be it this process or the bot that runs.

A job is given the arguments of a command and tells how it goes, a JSON object at a time:
`{"step": "Captions", "at": 12, "of": 100}` for a progress bar, whatever else the command wants to show, and at the end
`"done": true` with what came of it. What goes wrong is raised: `bot.errors.EXPECTED` are sentences for people.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

Told = dict[str, Any]
Job = Callable[[dict[str, Any]], AsyncIterator[Told]]
"""Paths among the arguments are absolute. The iterator is closed where nobody listens any more."""

LINES = "application/x-ndjson"


@asynccontextmanager
async def listening(lines: AsyncIterator[Told]) -> AsyncIterator[AsyncIterator[Told]]:
    """Ends a job with the block, however that ends."""
    try:
        yield lines
    finally:
        if isinstance(lines, AsyncGenerator):
            await lines.aclose()
