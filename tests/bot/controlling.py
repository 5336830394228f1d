"""A control channel without a bot behind it, and jobs to be done through it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.control import Control
from bot.job import Job, Told
from bot.remote import ask


class Working:
    """A job that never ends by itself, and notes how it does."""

    def __init__(self) -> None:
        self.has_begun = asyncio.Event()
        self.has_ended = asyncio.Event()

    async def __call__(self, arguments: dict[str, Any]) -> AsyncIterator[Told]:
        try:
            yield {"step": "Working", "at": 0}
            self.has_begun.set()
            await asyncio.sleep(3600)
        finally:
            self.has_ended.set()


async def echo(arguments: dict[str, Any]) -> AsyncIterator[Told]:
    yield {"step": "Echo", "at": 1, "of": 1}
    yield {"done": True, "heard": arguments}


@asynccontextmanager
async def controlled(data_dir: Path, **jobs: Job) -> AsyncIterator[Control]:
    control = Control(data_dir)
    for name, job in jobs.items():
        control.offer(name, job)
    await control.start()
    try:
        yield control
    finally:
        await control.stop()


async def said(data_dir: Path, name: str, **arguments: Any) -> list[Told]:
    return [told async for told in ask(data_dir, name, **arguments)]
