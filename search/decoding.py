"""Pictures are opened in processes of their own (`search.decoder`): started when needed, ended when idle, replaced when
they die. A picture that kills two of them is refused; nothing else in flight notices.
"""

import asyncio
import logging
import os
import signal
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PIL import Image

from search.decoder import REPLY, REQUEST, Outcome, Task
from search.errors import FileUnreachable, ImageRefused
from search.images import LARGEST_PHOTO, DecodingLimits

log = logging.getLogger(__name__)

WORKERS = 2
"""At a time. Each may need a gigabyte for a picture of 50 megapixels; a second one keeps a question from waiting
behind such a picture. Two busy cores open 110 to 390 of Telegram's photos a second (docs/decisions/0013)."""
ATTEMPTS = 2
"""A worker may also die of something that is not the picture's fault: an operator, or a system short of memory."""
PATIENCE = 120.0
"""Seconds by the clock, for a worker that does not even notice its own limits of time."""
STARTING = 60.0
"""Seconds for a worker to be ready; it takes a quarter of one."""
ENDING = 5.0
"""Seconds for a worker that has closed its output to be gone; the system takes back its gigabyte in less than one."""
REST = 60.0
"""Seconds after which a worker that nobody needs is ended: at rest, decoding takes no memory at all."""
PICTURES = 1_000
"""After as many a worker is replaced, should a decoder lose memory. Starting one costs 0.1 s of processor time."""
KEPT = 8 * 2**20
"""Bytes of memory that a worker keeps for the next picture."""
LONGEST_REASON = 2_000
LONGEST_MOMENT = 64

PACKAGES = Path(__file__).parent.parent


class _Died(Exception):
    """The worker is gone, hangs, or says what no worker says."""


@dataclass(eq=False, slots=True)
class _Worker:
    process: asyncio.subprocess.Process
    scratch: int
    """The file through which bytes go in and pixels come out."""
    pictures: int = 0
    dismissal: asyncio.TimerHandle | None = None

    @classmethod
    async def start(cls, limits: DecodingLimits) -> "_Worker":
        """A worker that has said it is ready.

        Raises:
            OSError, _Died
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
            raise _Died("it does not start") from exc
        except BaseException:
            await worker.end()
            raise
        return worker

    async def serve(self, task: Task, side: int, data: bytes) -> "_Reply":
        """What it says of a picture.

        Raises:
            _Died
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
            raise _Died("it hangs") from exc

    def result(self, reply: "_Reply", most: int) -> bytes:
        """What it has written for a reply, of `most` bytes: what it says is checked, for a picture may have made
        another program of it.

        Raises:
            _Died
        """
        if reply.length > min(most, os.fstat(self.scratch).st_size):
            raise _Died("it tells nonsense")
        return os.pread(self.scratch, reply.length, 0)

    async def _reply(self) -> "_Reply":
        assert self.process.stdout is not None  # noqa: S101 - it was asked for
        try:
            outcome, width, height, length = REPLY.unpack(await self.process.stdout.readexactly(REPLY.size))
            return _Reply(Outcome(outcome), (width, height), length)
        except (asyncio.IncompleteReadError, ValueError, OSError) as exc:
            raise _Died("it ended") from exc

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
class _Reply:
    outcome: Outcome
    size: tuple[int, int]
    length: int


class Decoders:
    """Opens pictures, elsewhere."""

    def __init__(self, limits: DecodingLimits) -> None:
        self._limits = limits
        self._room = asyncio.Semaphore(WORKERS)
        self._resting: list[_Worker] = []
        self._is_closed = False
        self._dismissing: set[asyncio.Task[int]] = set()

    async def picture(self, data: bytes, shorter_side: int | None = None) -> Image.Image:
        """See `search.images.decode`.

        Raises:
            ImageRefused, FileUnreachable
        """
        size, pixels = await self._served(Task.PICTURE, data, shorter_side or 0)
        return Image.frombytes("RGB", size, pixels)

    async def preview(self, data: bytes) -> bytes:
        """See `search.images.preview`.

        Raises:
            ImageRefused, FileUnreachable
        """
        _, jpeg = await self._served(Task.PREVIEW, data, 0)
        return jpeg

    async def taken(self, data: bytes) -> datetime | None:
        """See `search.images.taken`.

        Raises:
            ImageRefused, FileUnreachable
        """
        _, told = await self._served(Task.TAKEN, data, 0)
        try:
            return datetime.fromisoformat(told.decode()) if told else None
        except ValueError:  # a picture may have made another program of the worker
            return None

    async def close(self) -> None:
        """Ends every worker."""
        self._is_closed = True
        await asyncio.gather(*(worker.end() for worker in self._resting))
        await asyncio.gather(*self._dismissing)
        self._resting.clear()

    async def _served(self, task: Task, data: bytes, side: int) -> tuple[tuple[int, int], bytes]:
        async with self._room:
            for _ in range(ATTEMPTS):
                worker = await self._ready()
                try:
                    reply = await worker.serve(task, side, data)
                    result = worker.result(reply, self._most(task, reply))
                except BaseException as exc:  # cancelled, too: what it would answer later must not answer another
                    status = await worker.end()
                    if not isinstance(exc, _Died):
                        raise
                    log.warning("A picture ended its decoder: %s (%s)", exc, _in_words(status))
                else:
                    await self._rest(worker)
                    if reply.outcome is Outcome.REFUSED:
                        raise ImageRefused(result.decode(errors="replace"))
                    return reply.size, result
        raise ImageRefused(f"The picture broke its decoder ({_in_words(status)}).")

    def _most(self, task: Task, reply: _Reply) -> int:
        """How long an honest result can be."""
        if reply.outcome is Outcome.REFUSED:
            return LONGEST_REASON
        if task is Task.PREVIEW:
            return LARGEST_PHOTO
        if task is Task.TAKEN:
            return LONGEST_MOMENT
        width, height = reply.size
        is_honest = 0 < width * height <= self._limits.max_pixels and width * height * 3 == reply.length
        return reply.length if is_honest else -1

    async def _ready(self) -> _Worker:
        """The worker that rested last, or a new one."""
        if self._resting:
            worker = self._resting.pop()
            if worker.dismissal is not None:
                worker.dismissal.cancel()
            return worker
        try:
            if not self._is_closed:
                return await _Worker.start(self._limits)
        except (OSError, _Died) as exc:
            raise FileUnreachable(f"The picture decoder could not be started ({exc}).", is_outage=True) from exc
        raise FileUnreachable("The bot is stopping.", is_outage=True)

    async def _rest(self, worker: _Worker) -> None:
        if worker.pictures >= PICTURES or self._is_closed:
            await worker.end()
            return
        worker.dismissal = asyncio.get_running_loop().call_later(REST, self._dismiss, worker)
        self._resting.append(worker)

    def _dismiss(self, worker: _Worker) -> None:
        self._resting.remove(worker)
        dismissing = asyncio.create_task(worker.end(), name="decoder-end")
        self._dismissing.add(dismissing)
        dismissing.add_done_callback(self._dismissing.discard)


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


def _in_words(status: int) -> str:
    if status in (-signal.SIGPROF, -signal.SIGALRM):
        return "it took too long"
    return signal.Signals(-status).name if status < 0 else f"status {status}"
