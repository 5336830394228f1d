"""Pictures are opened in processes of their own (`search.decoder`): started when needed, ended when idle, replaced when
they die. A picture that kills two of them is refused; nothing else in flight notices.
"""

import asyncio
import logging
import signal
from datetime import datetime

from PIL import Image

from search.decoder import Outcome, Task
from search.decoder_worker import DecoderWorker, Reply, WorkerDied
from search.errors import FileUnreachable, ImageRefused
from search.images import LARGEST_PHOTO, DecodingLimits

log = logging.getLogger(__name__)

WORKERS = 2
"""At a time. Each may need a gigabyte for a picture of 50 megapixels; a second one keeps a question from waiting
behind such a picture. Two busy cores open 110 to 390 of Telegram's photos a second (docs/decisions/0013)."""
ATTEMPTS = 2
"""A worker may also die of something that is not the picture's fault: an operator, or a system short of memory."""
REST = 60.0
"""Seconds after which a worker that nobody needs is ended: at rest, decoding takes no memory at all."""
PICTURES = 1_000
"""After as many a worker is replaced, should a decoder lose memory. Starting one costs 0.1 s of processor time."""
LONGEST_REASON = 2_000
LONGEST_MOMENT = 64


class Decoders:
    """Opens pictures, elsewhere."""

    def __init__(self, limits: DecodingLimits) -> None:
        self._limits = limits
        self._room = asyncio.Semaphore(WORKERS)
        self._resting: list[DecoderWorker] = []
        self._is_closed = False
        self._dismissing: set[asyncio.Task[int]] = set()

    async def picture(self, data: bytes, shorter_side: int | None = None) -> Image.Image:
        """See `search.images.decode`.

        Raises:
            ImageRefused, FileUnreachable
        """
        size, pixels = await self._served(Task.PICTURE, data, shorter_side or 0)
        return Image.frombytes("RGB", size, pixels)

    async def model_input(self, data: bytes, side: int) -> Image.Image:
        """See `search.images.model_input`.

        Raises:
            ImageRefused, FileUnreachable
        """
        size, pixels = await self._served(Task.INPUT, data, side)
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
                    if not isinstance(exc, WorkerDied):
                        raise
                    log.warning("A picture ended its decoder: %s (%s)", exc, _in_words(status))
                else:
                    await self._rest(worker)
                    if reply.outcome is Outcome.REFUSED:
                        raise ImageRefused(result.decode(errors="replace"))
                    return reply.size, result
        raise ImageRefused(f"The picture broke its decoder ({_in_words(status)}).")

    def _most(self, task: Task, reply: Reply) -> int:
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

    async def _ready(self) -> DecoderWorker:
        """The worker that rested last, or a new one."""
        if self._resting:
            worker = self._resting.pop()
            if worker.dismissal is not None:
                worker.dismissal.cancel()
            return worker
        try:
            if not self._is_closed:
                return await DecoderWorker.start(self._limits)
        except (OSError, WorkerDied) as exc:
            raise FileUnreachable(f"The picture decoder could not be started ({exc}).", is_outage=True) from exc
        raise FileUnreachable("The bot is stopping.", is_outage=True)

    async def _rest(self, worker: DecoderWorker) -> None:
        if worker.pictures >= PICTURES or self._is_closed:
            await worker.end()
            return
        worker.dismissal = asyncio.get_running_loop().call_later(REST, self._dismiss, worker)
        self._resting.append(worker)

    def _dismiss(self, worker: DecoderWorker) -> None:
        self._resting.remove(worker)
        dismissing = asyncio.create_task(worker.end(), name="decoder-end")
        self._dismissing.add(dismissing)
        dismissing.add_done_callback(self._dismissing.discard)


def _in_words(status: int) -> str:
    if status in (-signal.SIGPROF, -signal.SIGALRM):
        return "it took too long"
    return signal.Signals(-status).name if status < 0 else f"status {status}"
