"""The sandbox and the bot, each a process of its own as in real life."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.people import until
from tests.processes import children, memory_kb
from tests.programs import ON_ONE_THREAD, ROOT, environment, sandbox


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
def bot(url: str, token: str, directory: Path, **settings: str) -> Iterator["subprocess.Popen[bytes]"]:
    """The bot as it is started in real life; further settings are named as in the environment."""
    own = {
        "CHATLENS_TOKEN": token,
        "CHATLENS_API_URL": url,
        "CHATLENS_DATA_DIR": str(directory),
        **ON_ONE_THREAD,
        "CHATLENS_LOG_LEVEL": "ERROR",
        "CHATLENS_SEARCHES_PER_MINUTE": "10000",
        **settings,
    }
    with _ended([sys.executable, "-m", "bot", "run", "--no-demo"], env=environment(**own)) as process:
        yield process


@contextmanager
def _ended(command: list[str], **options: object) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that does not outlive its use."""
    with subprocess.Popen(command, cwd=ROOT, **options) as process:  # type: ignore[call-overload]  # noqa: S603
        try:
            yield process
        finally:
            process.kill()
