"""The bot's side of its control channel: commands of `python -m bot` have the running bot do what they are about."""

import asyncio
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from bot.job import Job

if TYPE_CHECKING:
    from bot.control_server import ControlServer


class Control:
    """Has the jobs that it was offered served, from `start` to `stop`."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._jobs: dict[str, Job] = {}
        self._server: ControlServer | None = None

    def offer(self, name: str, job: Job) -> None:
        """From now on `name` has `job` done."""
        self._jobs[name] = job

    async def start(self) -> None:
        """Listens, or logs why it cannot. What it listens with is imported now: no update waits for that."""
        await asyncio.to_thread(import_module, "bot.control_server")
        from bot.control_server import ControlServer  # noqa: PLC0415

        self._server = ControlServer(self._data_dir, self._jobs)
        await self._server.start()

    async def stop(self) -> None:
        """Cancels what is being done and says so to those who asked for it."""
        server, self._server = self._server, None
        if server is not None:
            await server.stop()
