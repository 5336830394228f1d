"""The sandbox and the bot, each a process of its own as in real life."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.people import until
from tests.processes import children, memory_kb

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True, slots=True)
class Running:
    """Both, and where they are."""

    url: str
    data_dir: Path
    bot_pid: int

    def bot_kb(self) -> int:
        """What the bot has in memory, its decoders' own included."""
        return memory_kb(self.bot_pid) + sum(memory_kb(pid) for pid in children("search.decoder", self.bot_pid))


@asynccontextmanager
async def running(directory: Path, **settings: str) -> AsyncIterator[Running]:
    """An empty local Telegram and the bot on it, polling, with the demo model on one thread and further settings."""
    with sandbox() as (url, token), bot(url, token, directory, **settings) as process:

        async def is_up() -> bool:
            if process.poll() is not None:
                raise AssertionError(f"the bot ended with status {process.returncode}")
            return (directory / "heartbeat").exists()

        await until(is_up, "the bot to start", patience=120)
        yield Running(url, directory, process.pid)
        process.terminate()
        await asyncio.to_thread(process.wait, 60)


@contextmanager
def sandbox() -> Iterator[tuple[str, str]]:
    """An empty one: its address and its bot's token."""
    command = [sys.executable, "-m", "sandbox", "--empty", "--port", "0", "--exit-with-stdin"]
    with _ended(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        words = process.stdout.readline().decode().split()
        yield words[2].rstrip("/"), words[-1]


@contextmanager
def bot(url: str, token: str, directory: Path, **settings: str) -> Iterator["subprocess.Popen[bytes]"]:
    """The bot as it is started in real life; further settings are named as in the environment."""
    own = {
        "CHATLENS_TOKEN": token,
        "CHATLENS_API_URL": url,
        "CHATLENS_DATA_DIR": str(directory),
        "CHATLENS_MODEL": f"local-dir:{ROOT / 'models' / 'demo'}",
        "CHATLENS_DEVICE": "cpu",
        "CHATLENS_THREADS": "1",
        "CHATLENS_LOG_LEVEL": "ERROR",
        "CHATLENS_SEARCHES_PER_MINUTE": "10000",
        **settings,
    }
    with _ended([sys.executable, "-m", "bot", "run", "--no-demo"], env={**os.environ, **own}) as process:
        yield process


@contextmanager
def _ended(command: list[str], **options: object) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that does not outlive its use."""
    with subprocess.Popen(command, cwd=ROOT, **options) as process:  # type: ignore[call-overload]  # noqa: S603
        try:
            yield process
        finally:
            process.kill()
