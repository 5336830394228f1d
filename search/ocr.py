"""Has text read from pictures by a process of its own (`search.ocr_worker`): started when needed, ended when idle."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from PIL import Image

from search.errors import ReadingFailed, ReadingImpossible
from search.ocr_worker import REPLY, REQUEST, Outcome

log = logging.getLogger(__name__)

STARTING = 120.0
"""Seconds to load the models: 1.5 on an idle machine, many times that behind a busy one."""
PATIENCE = 1_800.0
"""Seconds for one picture by the clock, should the process wait for ever; after 60 of computing it ends itself."""
PICTURES = 500
"""After as many the process is replaced, should a library lose memory."""
LONGEST_SIDE = 1600
"""Pixels; Telegram keeps photos at 1280 and, lately, 2560."""
HALT, GO_ON = signal.SIGSTOP, signal.SIGCONT
CAN_HALT = sys.platform == "linux"
"""Elsewhere nothing would end a halted process whose bot was killed."""
LONGEST_TEXT = 1_000_000
PACKAGES = Path(__file__).parent.parent


class Ocr:
    """Reads one picture at a time."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._pictures = 0
        self._held = 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Halts reading while somebody waits for an answer.

        The lowest priority is not enough: two processors that share a core, or the way to memory, slow each other.
        """
        self._held += 1
        self._signal(HALT)
        try:
            yield
        finally:
            self._held -= 1
            self._signal(GO_ON)

    async def read(self, image: Image.Image) -> str:
        """The text in an RGB picture, line by line; empty where there is none.

        Raises:
            ReadingFailed: this picture could not be read.
            ReadingImpossible: none can.
        """
        request = await asyncio.to_thread(_request, image)
        process = await self._ready()
        assert process.stdin is not None  # noqa: S101 - it was asked for
        self._pictures += 1
        try:
            async with asyncio.timeout(PATIENCE):
                process.stdin.write(request)
                await process.stdin.drain()
                _, text = await _reply(process)
        except BaseException as exc:
            await self.rest()
            if isinstance(exc, TimeoutError | OSError | EOFError | ValueError):
                raise ReadingFailed from exc
            raise
        if self._pictures >= PICTURES:
            await self.rest()
        return text

    async def rest(self) -> None:
        """Ends the process, with whatever it has started; the next picture starts another."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()

    def _signal(self, number: int) -> None:
        """At the first that wants it held, and after the last."""
        is_change = self._held == (1 if number == HALT else 0)
        if self._process is not None and is_change and CAN_HALT:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    async def _ready(self) -> asyncio.subprocess.Process:
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "search.ocr_worker"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                cwd=PACKAGES,
                env=_environment(),
                # A group of its own, which is ended as one; not a session: Linux shares its processors among sessions
                # first (autogroup), and a low priority would count for nothing.
                process_group=0,
            )
            self._pictures = 0
            try:
                async with asyncio.timeout(STARTING):
                    outcome, text = await _reply(self._process)
            except BaseException as exc:
                await self.rest()
                if isinstance(exc, TimeoutError | OSError | EOFError | ValueError):
                    raise ReadingImpossible("its process does not start") from exc
                raise
            if outcome is Outcome.IMPOSSIBLE:
                await self.rest()
                raise ReadingImpossible(text)
        return self._process


def _request(image: Image.Image) -> bytes:
    if max(image.size) > LONGEST_SIDE:
        image = image.copy()
        image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    return REQUEST.pack(*image.size) + image.tobytes()


async def _reply(process: asyncio.subprocess.Process) -> tuple[Outcome, str]:
    assert process.stdout is not None  # noqa: S101 - it was asked for
    outcome, length = REPLY.unpack(await process.stdout.readexactly(REPLY.size))
    if length > LONGEST_TEXT:
        raise ValueError("it tells nonsense")
    return Outcome(outcome), (await process.stdout.readexactly(length)).decode(errors="replace")


def _environment() -> dict[str, str]:
    """Without the bot's token and whatever else the operator has set; one thread for every library."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT")}
    threads = {"OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1", "OPENBLAS_NUM_THREADS": "1"}
    return kept | threads | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
