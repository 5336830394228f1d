"""The bot of a crash run, process after process."""

import asyncio
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from tests.programs import ON_ONE_THREAD, ROOT, environment


class Bot:
    """`python -m bot run`, as an operator runs it, its log in a file."""

    def __init__(self, url: str, token: str, data_dir: Path, log: Path, **settings: str) -> None:
        self._environment = environment(
            CHATLENS_TOKEN=token,
            CHATLENS_API_URL=url,
            CHATLENS_DATA_DIR=str(data_dir),
            **ON_ONE_THREAD,
            **{f"CHATLENS_{name.upper()}": value for name, value in settings.items()},
        )
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Returns as soon as there is a process."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *[sys.executable, "-m", "bot", "run", "--no-demo"],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    @property
    def has_ended(self) -> bool:
        return self._process is None or self._process.returncode is not None

    @property
    def pid(self) -> int:
        """Of the process that was started last."""
        assert self._process is not None
        return self._process.pid

    async def kill(self) -> None:
        """As the kernel does it when memory is short."""
        await self._end(signal.SIGKILL)

    async def kill_all(self) -> None:
        """With every process it has started, as a container's end or a power cut do it."""
        assert self._process is not None
        with suppress(psutil.NoSuchProcess):
            for child in psutil.Process(self._process.pid).children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    child.kill()
        await self.kill()

    async def stop(self) -> int:
        """As service managers do it; the exit status."""
        return await self._end(signal.SIGTERM)

    async def _end(self, how: signal.Signals) -> int:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(how)
        return await self._process.wait()

    def told(self, *words: str) -> int:
        """How many lines of its log, over all its lives, hold one of these."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines() if self._log.exists() else []
        return sum(any(word in line for word in words) for line in lines)
