"""The sandbox and the bot as programs: what they are started with, each in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from bot.settings import Settings

ROOT = Path(__file__).parent.parent
DEMO = ROOT / "models" / "demo"
ON_ONE_THREAD = {
    "CHATLENS_MODEL": f"local-dir:{DEMO}",
    "CHATLENS_DEVICE": "cpu",
    "CHATLENS_THREADS": "1",
}
"""The demo model."""


def environment(**settings: str) -> dict[str, str]:
    """This process's, with these settings and no others, on a wide screen without colours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CHATLENS_")}
    return {**kept, "TERM": "dumb", "COLUMNS": "200", **settings}


def same(settings: Settings) -> dict[str, str]:
    """The settings of the bot under test, as the environment names them."""
    chosen = {name: getattr(settings, name) for name in settings.model_fields_set}
    return {
        f"CHATLENS_{name.upper()}": value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name, value in chosen.items()
    }


@contextmanager
def sandbox() -> Iterator[tuple[str, str]]:
    """An empty local Telegram: its address and its bot's token."""
    command = [sys.executable, "-m", "sandbox", "--empty", "--port", "0", "--exit-with-stdin"]
    with subprocess.Popen(  # noqa: S603 - our own module
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        words = process.stdout.readline().split()
        try:
            yield words[2].rstrip("/"), words[-1]
        finally:
            process.communicate()
