"""`python -m bot` in a process of its own, beside the bot under test."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from dataclasses import dataclass
from pathlib import Path

from bot.settings import Settings

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str


async def command(settings: Settings, *arguments: str) -> Ended:
    """Runs it with the settings of the bot under test."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CHATLENS_")}
    assert settings.token is not None
    told = {
        "TOKEN": settings.token.get_secret_value(),
        "API_URL": settings.api_url,
        "DATA_DIR": str(settings.data_dir),
        "MODEL": settings.model,
        "DEVICE": "cpu",
        "THREADS": "1",
        "OCR": "off",
    }
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "bot", *arguments],
        cwd=ROOT,
        env={**kept, "TERM": "dumb", "COLUMNS": "200", **{f"CHATLENS_{name}": value for name, value in told.items()}},
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode is not None
    assert "Traceback" not in err.decode(), err.decode()
    return Ended(process.returncode, out.decode(), err.decode())
