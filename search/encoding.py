"""One thread that owns the model. Questions overtake waiting photos."""

import asyncio
import itertools
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from time import monotonic

from search.embedder import Embedder, Embedding, Pixels

CLOSING_PATIENCE = 1.5
"""Seconds for the job in hand; a bot that is stopped has ten in all."""


class Urgency(IntEnum):
    """Who goes first. A question waits for the batch in hand at most."""

    STOP = 0
    QUESTION = 1
    PHOTOS = 2
    REINDEXING = 3


@dataclass(order=True, slots=True)
class _Job:
    urgency: Urgency
    number: int
    """First come, first served among equals."""
    compute: Callable[[], Embedding] = field(compare=False)
    future: "asyncio.Future[Embedding]" = field(compare=False)


class Encoding:
    """Feeds an `Embedder` from the event loop, one job at a time, most urgent first.

    A thread of its own, because torch's operators release the GIL for as long as they compute: the event loop
    goes on meanwhile. One only, because two forward passes at once are slower than one after the other.
    """

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder
        self._jobs: queue.PriorityQueue[_Job] = queue.PriorityQueue()
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None
        self._waiting = 0
        self._used_at = monotonic()

    @property
    def idle(self) -> float:
        """Seconds since the last job was done; 0 while one waits."""
        return 0.0 if self._waiting else monotonic() - self._used_at

    def start(self) -> None:
        """Starts the thread."""
        self._thread = threading.Thread(target=self._work, name="encoding", daemon=True)
        self._thread.start()

    def change(self, embedder: Embedder) -> None:
        """From now on this model; what waits already is still done by the one before."""
        self.embedder = embedder

    async def words(self, text: str) -> Embedding:
        """float32 `[d]`, before any waiting photo."""
        return _only(await self.texts([text]))

    async def texts(self, texts: Sequence[str]) -> Embedding:
        """float32 `[n, d]`, before any waiting photo."""
        embedder = self.embedder
        return await self._submit(Urgency.QUESTION, lambda: embedder.embed_texts(texts))

    async def question_photo(self, pixels: Pixels) -> Embedding:
        """float32 `[d]` of a photo that somebody asks about, before any waiting photo."""
        embedder = self.embedder
        return _only(await self._submit(Urgency.QUESTION, lambda: embedder.embed_images([pixels])))

    async def photos(self, batch: Sequence[Pixels]) -> Embedding:
        """float32 `[n, d]` of photos to index."""
        embedder = self.embedder
        return await self._submit(Urgency.PHOTOS, lambda: embedder.embed_images(batch))

    async def photos_of(self, embedder: Embedder, batch: Sequence[Pixels]) -> Embedding:
        """The same by another model, after everything else that waits."""
        return await self._submit(Urgency.REINDEXING, lambda: embedder.embed_images(batch))

    async def close(self) -> None:
        """Ends the thread after the job in hand, or leaves it to the process's end; waiting jobs are cancelled."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        loop = asyncio.get_running_loop()
        self._jobs.put(_Job(Urgency.STOP, next(self._numbers), _nothing, loop.create_future()))
        await asyncio.to_thread(thread.join, CLOSING_PATIENCE)
        while not self._jobs.empty():
            self._jobs.get_nowait().future.cancel()

    async def _submit(self, urgency: Urgency, compute: Callable[[], Embedding]) -> Embedding:
        if self._thread is None:
            raise RuntimeError("Encoding has not been started, or is closed.")
        job = _Job(urgency, next(self._numbers), compute, asyncio.get_running_loop().create_future())
        self._jobs.put(job)
        self._waiting += 1
        try:
            return await job.future
        finally:
            self._waiting -= 1
            self._used_at = monotonic()

    def _work(self) -> None:
        while (job := self._jobs.get()).urgency is not Urgency.STOP:
            if job.future.cancelled():
                continue  # the asker is gone: do not compute for nobody
            loop = job.future.get_loop()
            try:
                embedding = job.compute()
            except Exception as exc:  # noqa: BLE001 - handed to whoever awaits the job, whatever it is
                loop.call_soon_threadsafe(_fail, job.future, exc)
            else:
                loop.call_soon_threadsafe(_finish, job.future, embedding)


def _only(rows: Embedding) -> Embedding:
    """`[1, d]` as `[d]`."""
    return rows.reshape(-1)


def _nothing() -> Embedding:
    raise AssertionError("the stop job computes nothing")


def _finish(future: "asyncio.Future[Embedding]", embedding: Embedding) -> None:
    if not future.done():
        future.set_result(embedding)


def _fail(future: "asyncio.Future[Embedding]", exc: Exception) -> None:
    if not future.done():
        future.set_exception(exc)
