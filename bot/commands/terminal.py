"""What every command has: the console, the settings, and a job that is watched."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from typing import Any

from pydantic import ValidationError
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from bot import logs
from bot.errors import InvalidSettings
from bot.job import Told, listening
from bot.settings import Settings

console = Console(stderr=True)
"""For people. What programs read goes to standard output."""
results = Console()
"""Standard output: what was asked for, and nothing else."""
INTERRUPTED = 130
"""The exit status of what Ctrl-C ended, as shells give it: 128 and the signal's number."""
_ORDERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters but for tabs and line ends, and marks that turn the direction of what follows them."""


def read_settings(least: int = logging.NOTSET) -> Settings:
    """From the environment; from now on what is logged is shown, or only what matters at `least` so much.

    Raises:
        InvalidSettings: each by name.
    """
    try:
        settings = Settings()
    except ValidationError as exc:
        wrong = "; ".join(
            f"CHATLENS_{'_'.join(str(part) for part in error['loc']).upper()}: {error['msg']}" for error in exc.errors()
        )
        raise InvalidSettings(f"These settings are wrong: {wrong}.") from exc
    logs.set_up(settings.log_level, console)
    root = logging.getLogger()
    root.setLevel(max(root.level, least))
    return settings


class _Rate(ProgressColumn):
    """How many in a second."""

    def render(self, task: Task) -> Text:
        """See `ProgressColumn`."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.1f}/s")


def watch(lines: AsyncIterator[Told]) -> Told:
    """Runs a job to its end, with a bar for each `step`; the last thing it said.

    Raises:
        BotError, ModelError, StorageError
    """
    return asyncio.run(_watched(lines))


async def _watched(lines: AsyncIterator[Told]) -> Told:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    last: Told = {}
    with Progress(*columns, console=console) as bars:
        tasks: dict[object, TaskID] = {}
        async with listening(lines) as told:
            async for line in told:
                last = _printable(line)
                if (step := last.get("step")) is not None:
                    bar = step, last.get("chat_id")  # chats may have the same title
                    if bar not in tasks:
                        tasks[bar] = bars.add_task(step)
                    bars.update(tasks[bar], completed=last.get("at", 0), total=last.get("of"))
    return last


def printable(said: str) -> str:
    """Without what a terminal takes for an order: names come from whoever may give one. Bytes of names on disk that are
    no letters are shown as numbers, for they cannot be printed."""
    return _ORDERS.sub("", said).encode(errors="backslashreplace").decode()


def _printable(told: Any) -> Any:
    """The same of everything that a job tells."""
    if isinstance(told, dict):
        return {_printable(key): _printable(value) for key, value in told.items()}
    if isinstance(told, list):
        return [_printable(one) for one in told]
    return printable(told) if isinstance(told, str) else told
