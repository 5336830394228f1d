"""One process that opens pictures (`search.decoder`), from its start to its end, as the bot sees it."""

import asyncio
import os
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from search.decoder import REPLY, REQUEST, Outcome, Task
from search.images import DecodingLimits

PATIENCE = 120.0
"""Seconds by the clock, for a worker that does not even notice its own limits of time."""
STARTING = 60.0
"""Seconds for a worker to be ready; it takes a quarter of one."""
ENDING = 5.0
"""Seconds for a worker that has closed its output to be gone; the system takes back its gigabyte in less than one."""
KEPT = 8 * 2**20
"""Bytes of memory that a worker keeps for the next picture."""

PACKAGES = Path(__file__).parent.parent


class WorkerDied(Exception):
    """The worker is gone, hangs, or says what no worker says."""


@dataclass(eq=False, slots=True)
class DecoderWorker:
    """Opens a picture at a time. Whoever has it ends it: after `WorkerDied`, too."""

    process: asyncio.subprocess.Process
    scratch: int
    """The file through which bytes go in and pixels come out."""
    pictures: int = 0
    dismissal: asyncio.TimerHandle | None = None

    @classmethod
    async def start(cls, limits: DecodingLimits) -> "DecoderWorker":
        """A worker that has said it is ready.

        Raises:
            OSError, WorkerDied
        """
        scratch = _nameless_file()
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "search.decoder"),
                *(str(number) for number in (scratch, limits.max_pixels, limits.max_side, limits.cpu_seconds)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                pass_fds=(scratch,),
                cwd=PACKAGES,
                env=_environment(),
            )
        except BaseException:
            os.close(scratch)
            raise
        worker = cls(process, scratch)
        try:
            async with asyncio.timeout(STARTING):
                await worker._reply()
        except TimeoutError as exc:
            await worker.end()
            raise WorkerDied("it does not start") from exc
        except BaseException:
            await worker.end()
            raise
        return worker

    async def serve(self, task: Task, side: int, data: bytes) -> "Reply":
        """What it says of a picture.

        Raises:
            WorkerDied
        """
        assert self.process.stdin is not None  # noqa: S101 - it was asked for
        self.pictures += 1
        if os.fstat(self.scratch).st_size > KEPT:
            os.ftruncate(self.scratch, 0)
        os.pwrite(self.scratch, data, 0)
        self.process.stdin.write(REQUEST.pack(task, side, len(data)))
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._reply()
        except TimeoutError as exc:
            raise WorkerDied("it hangs") from exc

    def result(self, reply: "Reply", most: int) -> bytes:
        """What it has written for a reply, of `most` bytes: what it says is checked, for a picture may have made
        another program of it.

        Raises:
            WorkerDied
        """
        if reply.length > min(most, os.fstat(self.scratch).st_size):
            raise WorkerDied("it tells nonsense")
        return os.pread(self.scratch, reply.length, 0)

    async def _reply(self) -> "Reply":
        assert self.process.stdout is not None  # noqa: S101 - it was asked for
        try:
            outcome, width, height, length = REPLY.unpack(await self.process.stdout.readexactly(REPLY.size))
            return Reply(Outcome(outcome), (width, height), length)
        except (asyncio.IncompleteReadError, ValueError, OSError) as exc:
            raise WorkerDied("it ended") from exc

    async def end(self) -> int:
        """Ends it, if it has not ended itself; its exit status."""
        if self.dismissal is not None:
            self.dismissal.cancel()
        await self._ended_itself()
        with suppress(ProcessLookupError):
            self.process.kill()
        status = await self.process.wait()
        if self.scratch >= 0:
            os.close(self.scratch)
            self.scratch = -1
        return status

    async def _ended_itself(self) -> None:
        """Lets what has closed its output come to its end: `kill` asks the system for the exit status first, and
        asyncio, which waits for it in a thread, would report 255 (30 of 40 times)."""
        assert self.process.stdout is not None  # noqa: S101 - it was asked for
        if self.process.stdout.at_eof():
            with suppress(TimeoutError):
                async with asyncio.timeout(ENDING):
                    await self.process.wait()


@dataclass(frozen=True, slots=True)
class Reply:
    """What it says of a picture, before any of that is checked."""

    outcome: Outcome
    size: tuple[int, int]
    length: int


def _nameless_file() -> int:
    """In memory where the system can (Linux), else a temporary file without a name."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("chatlens-picture")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _environment() -> dict[str, str]:
    """Without the bot's token and whatever else the operator has set; one arena, or malloc's threads use up the
    address space that the worker may have."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT")}
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "MALLOC_ARENA_MAX": "1"}
