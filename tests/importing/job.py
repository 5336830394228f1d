"""What tests of imports have in common: the job, beside a bot or alone, and exports of the sandbox's chats."""

from pathlib import Path
from typing import Any

from bot.importing import Import, import_alone
from bot.job import Told, listening
from bot.remote import carry_out
from bot.settings import Settings

TAKEN = "taken in"
BEFORE = "taken in by an earlier run"


def export_id(chat: int) -> int:
    """As an export has it: without -100."""
    return int(str(chat).removeprefix("-100").removeprefix("-"))


async def imported(settings: Settings, path: Path, **arguments: Any) -> Told:
    """What the job says at last: by the bot that runs, or alone."""
    lines = carry_out(settings.data_dir, Import.NAME, lambda: import_alone(settings), path=str(path), **arguments)
    async with listening(lines):
        return [told async for told in lines][-1]


def counts(told: Told) -> dict[str, int]:
    """Of the only chat that was taken in."""
    [one] = told["taken"]
    found: dict[str, int] = one["counts"]
    return found
