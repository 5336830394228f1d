"""`python -m bot` in a process of its own, beside the bot under test."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE
from dataclasses import dataclass

from bot.settings import Settings
from tests.programs import ROOT, environment, same


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str


async def command(settings: Settings, *arguments: str) -> Ended:
    """Runs it with the settings of the bot under test."""
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "bot", *arguments],
        cwd=ROOT,
        env=environment(**same(settings)),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode is not None
    assert "Traceback" not in err.decode(), err.decode()
    return Ended(process.returncode, out.decode(), err.decode())
