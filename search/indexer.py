"""Takes photos from `pending` to `indexed`: claim, fetch, embed, store. Nothing here answers anybody.

claimed rows ─▶ fetchers (download, decode) ─▶ bounded look-ahead ─▶ one encoder (embed) ─▶ one writer (finish, Chroma)

What a crash leaves behind is a row in `pending`; it is claimed again at the next start. The order of the last
steps is vector in SQL, row `indexed`, Chroma: each can be repeated without harm.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter

from search.embedder import Embedding
from search.encoding import Encoding
from search.errors import ModelError, StorageError
from search.feeding import FETCHERS, Feed
from search.in_hand import InHand, Picture
from search.once import EmbeddedOnce
from search.pace import Pace
from search.pictures import Pictures
from search.quiet import Quiet
from search.records import Photo
from storage.fingerprints import Fingerprints
from storage.queue import IndexQueue
from storage.vectors import VectorIndex

log = logging.getLogger(__name__)

TROUBLE_PAUSE = 2.0
"""Seconds before a stage goes on after the database failed it."""
MODEL_PAUSE = 30.0
"""The same after the model could not be loaded."""

STOPPING = 4.0
"""Seconds for the batch in hand when the bot is stopped: it has ten in all, and a batch takes about one."""


class Indexer:
    """Indexes whatever is pending, for as long as it is started."""

    def __init__(
        self,
        queue: IndexQueue,
        once: EmbeddedOnce,
        index: VectorIndex,
        pictures: Pictures,
        fingerprints: Fingerprints,
        encoding: Encoding,
        quiet: Quiet | None = None,
    ) -> None:
        """`quiet`: what imported photos give way to."""
        self._quiet = quiet or Quiet()
        self._queue = queue
        self._once = once
        self._index = index
        self._fingerprints = fingerprints
        self._encoding = encoding
        self._listeners: list[Callable[[Sequence[Photo]], None]] = []
        self._in_hand = InHand()
        self._feed = Feed(queue, once, pictures, self._in_hand, self._quiet)
        self._pace = Pace()
        self._feeding: list[asyncio.Task[None]] = []
        self._encoder: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Frees what a process that is gone had claimed, and begins."""
        await self._feed.begin()
        self._pace = Pace()  # the model may be another, and slower
        stages = [self._feed.claim, *[self._feed.fetch] * FETCHERS]
        self._feeding = [asyncio.create_task(self._forever(stage), name="indexer") for stage in stages]
        self._encoder = asyncio.create_task(self._encode_until_stopped(), name="indexer-encoder")

    def announce_to(self, listener: Callable[[Sequence[Photo]], None]) -> None:
        """From now on `listener` is told what was indexed, once it can be found. It must neither fail nor wait."""
        self._listeners.append(listener)

    def wake(self) -> None:
        """There is something new to index."""
        self._feed.wake()

    @property
    def longest_in_hand(self) -> float:
        """Seconds since the picture was taken up that has been in hand longest; minutes say that something hangs."""
        return self._in_hand.longest

    async def stop(self) -> None:
        """Finishes the batch in hand, unless it hangs; everything else stays pending."""
        for task in self._feeding:
            task.cancel()
        await asyncio.gather(*self._feeding, return_exceptions=True)
        self._feed.clear()
        if (encoder := self._encoder) is not None:
            self._feed.prepared.put_nowait(None)
            _, late = await asyncio.wait({encoder}, timeout=STOPPING)
            if late:
                log.warning("The batch in hand takes too long; it is indexed at the next start")
                encoder.cancel()
                await asyncio.gather(encoder, return_exceptions=True)
            self._encoder = None  # stopped once more, it would leave a last word to the encoder of the next start
        self._in_hand.clear()

    async def _forever(self, stage: Callable[[], Awaitable[None]]) -> None:
        while True:
            await self._guarded(stage())

    async def _guarded(self, step: Awaitable[None]) -> None:
        """A step that fails is logged and tried again later: its rows are still pending in SQL."""
        try:
            await step
        except StorageError as exc:
            log.error("Indexing waits for the database: %s", exc)
            await asyncio.sleep(TROUBLE_PAUSE)
        except ModelError as exc:  # it was dropped, and now cannot be loaded again
            log.error("Indexing waits for the model: %s", exc)
            await asyncio.sleep(MODEL_PAUSE)
        except Exception:
            log.exception("Indexing met a mistake of its own and goes on")
            await asyncio.sleep(TROUBLE_PAUSE)

    async def _encode_until_stopped(self) -> None:
        """While a batch is written down, which waits for the disk four times, the next one is embedded."""
        async with asyncio.TaskGroup() as writers:
            writer: asyncio.Task[None] | None = None
            while batch := await self._next_batch():
                await self._guarded(self._embed([picture for picture in batch if picture.embedding is None]))
                if writer is not None:
                    await writer
                writer = writers.create_task(self._guarded(self._write_down(batch)), name="indexer-writer")

    async def _next_batch(self) -> list[Picture]:
        """At least one picture; none when the indexer stops."""
        if (first := await self._feed.prepared.get()) is None:
            return []
        batch = [first]
        await self._feed.give_way(batch)
        while len(batch) < self._most(batch) and not self._feed.prepared.empty():
            if (picture := self._feed.prepared.get_nowait()) is None:
                self._feed.prepared.put_nowait(None)  # after this batch
                break
            batch.append(picture)
        return batch

    def _most(self, batch: Sequence[Picture]) -> int:
        """How many pictures a batch may have: while people ask, an imported one is a shorter wait for them."""
        is_small = self._quiet.is_lively and all(picture.is_imported for picture in batch)
        return self._pace.small_batch if is_small else self._pace.batch

    async def _write_down(self, batch: Sequence[Picture]) -> None:
        try:
            await self._keep([picture for picture in batch if picture.embedding is not None])
        finally:
            for picture in batch:
                self._in_hand.let_go(picture)

    async def _embed(self, batch: Sequence[Picture]) -> None:
        """One picture that the model chokes on, or one too many for its memory, must not sink the others."""
        if not batch:
            return
        by_image = {picture.image_id: picture for picture in batch}
        try:
            found = await self._once.embed(list(by_image), lambda ids: self._encode([by_image[one] for one in ids]))
        except (RuntimeError, ValueError, MemoryError) as exc:
            if len(batch) > 1:
                for picture in batch:
                    await self._embed([picture])
            elif isinstance(exc, MemoryError):
                raise
            else:
                await self._feed.fail(batch[0], f"The model could not read the picture ({exc}).")
        else:
            for picture in batch:
                picture.embedding = found[picture.image_id]

    async def _encode(self, batch: Sequence[Picture]) -> Embedding:
        started = perf_counter()
        embeddings = await self._encoding.photos([picture.pixels for picture in batch])
        self._pace.learn(len(batch), perf_counter() - started)
        return embeddings

    async def _keep(self, batch: Sequence[Picture]) -> None:
        """`indexed` in SQL first, Chroma after: what Chroma shows is then never more than SQL vouches for, and what
        a crash kept from it is written when the two are compared at the next start."""
        await self._fingerprints.store({one.image_id: one.seen.fingerprint for one in batch if one.seen is not None})
        photos = {photo.id: photo for picture in batch for photo in self._in_hand.let_go(picture)}
        shown = {entry.photo_id: entry for picture in batch for entry in picture.entries()}
        finished = await self._queue.finish([(entry.photo_id, entry.image_id) for entry in shown.values()])
        await self._index.add([shown[photo_id] for photo_id, _ in finished])
        for listener in self._listeners:
            listener([photos[photo_id] for photo_id, _ in finished])
