"""Takes photos from `pending` to `indexed`: claim, fetch, embed, store. Nothing here answers anybody.

claimed rows ─▶ fetchers (download, decode) ─▶ bounded look-ahead ─▶ one encoder (embed) ─▶ one writer (finish, Chroma)

What a crash leaves behind is a row in `pending`; it is claimed again at the next start. The order of the last
steps is vector in SQL, row `indexed`, Chroma: each can be repeated without harm.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic, perf_counter

from search.clock import SteadyClock
from search.embedder import Embedding, Pixels
from search.encoding import Encoding
from search.errors import FileGone, FileUnreachable, ImageRefused, ModelError, StorageError
from search.once import EmbeddedOnce
from search.pace import Pace
from search.pictures import Pictures, Seen
from search.quiet import Quiet
from search.records import Photo, PhotoSource
from search.retrying import LONGEST_PAUSE, Retrying
from storage.fingerprints import Fingerprints
from storage.index_records import IndexEntry
from storage.queue import IndexQueue
from storage.vectors import VectorIndex

log = logging.getLogger(__name__)

FETCHERS = 4
"""Downloads at a time: hides the latency of Telegram's file servers without crowding out answers."""
LOOKAHEAD = 32
"""Prepared pictures that may wait for the encoder: 19 MB at 224 px, 25 MB at 256. As many again may be in each of the
two batches in hand, so 76 MB at 256 px is the most that is held for later; a processor's batches have 10 or so."""
CLAIM = 64
"""Rows claimed at once: a claim costs one durable transaction, some milliseconds."""
LEASE = timedelta(minutes=2)
"""After that a claimed row that nobody has finished, failed or postponed is claimed again."""
TROUBLE_PAUSE = 2.0
"""Seconds before a stage goes on after the database failed it."""
MODEL_PAUSE = 30.0
"""The same after the model could not be loaded."""

STOPPING = 4.0
"""Seconds for the batch in hand when the bot is stopped: it has ten in all, and a batch takes about one."""


@dataclass(slots=True)
class _Picture:
    """One image in hand, and every claimed photo that shows it: equal files are embedded once."""

    photos: list[Photo]
    seen: Seen | None = None
    embedding: Embedding | None = None
    since: float = field(default_factory=monotonic)

    @property
    def image_id(self) -> int:
        return self.photos[0].image_id

    @property
    def is_imported(self) -> bool:
        """Nobody waits for it."""
        return all(photo.source is PhotoSource.IMPORT for photo in self.photos)

    def join(self, photo: Photo) -> None:
        """A photo may come twice: its lease ends while a slow download has it in hand."""
        if all(photo.id != known.id for known in self.photos):
            self.photos.append(photo)


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
        self._pictures = pictures
        self._fingerprints = fingerprints
        self._encoding = encoding
        self._listeners: list[Callable[[Sequence[Photo]], None]] = []
        self._in_hand: dict[int, _Picture] = {}
        self._claimed: asyncio.Queue[_Picture] = asyncio.Queue(FETCHERS)
        self._prepared: asyncio.Queue[_Picture | None] = asyncio.Queue(LOOKAHEAD)
        self._news = asyncio.Event()
        self._pace = Pace()
        self._now = SteadyClock()
        self._retrying = Retrying()
        self._feeding: list[asyncio.Task[None]] = []
        self._encoder: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Frees what a process that is gone had claimed, and begins."""
        await self._queue.release_all(self._now() + LONGEST_PAUSE)
        self._pace = Pace()  # the model may be another, and slower
        stages = [self._claim, *[self._fetch] * FETCHERS]
        self._feeding = [asyncio.create_task(self._forever(stage), name="indexer") for stage in stages]
        self._encoder = asyncio.create_task(self._encode_until_stopped(), name="indexer-encoder")

    def announce_to(self, listener: Callable[[Sequence[Photo]], None]) -> None:
        """From now on `listener` is told what was indexed, once it can be found. It must neither fail nor wait."""
        self._listeners.append(listener)

    def wake(self) -> None:
        """There is something new to index."""
        self._news.set()

    @property
    def longest_in_hand(self) -> float:
        """Seconds since the picture was taken up that has been in hand longest; minutes say that something hangs."""
        return monotonic() - min((picture.since for picture in self._in_hand.values()), default=monotonic())

    async def stop(self) -> None:
        """Finishes the batch in hand, unless it hangs; everything else stays pending."""
        for task in self._feeding:
            task.cancel()
        await asyncio.gather(*self._feeding, return_exceptions=True)
        for waiting in (self._claimed, self._prepared):
            while not waiting.empty():
                waiting.get_nowait()
        if (encoder := self._encoder) is not None:
            self._prepared.put_nowait(None)
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

    # -- claim ---------------------------------------------------------------------------------------------

    async def _claim(self) -> None:
        self._news.clear()
        photos = await self._queue.claim(CLAIM, self._now(), LEASE)
        for photo in photos:
            await self._take(photo)
        if not photos:
            await self._rest()

    async def _take(self, photo: Photo) -> None:
        picture = self._in_hand.get(photo.image_id)
        if picture is not None:
            picture.join(photo)
            return
        picture = self._in_hand[photo.image_id] = _Picture([photo])
        await self._claimed.put(picture)

    async def _rest(self) -> None:
        """Until something new is posted or a postponed photo is due."""
        now = self._now()
        due = await self._queue.next_due(now)
        seconds = None if due is None else max(0.05, (due - now).total_seconds())
        try:
            await asyncio.wait_for(self._news.wait(), seconds)
        except TimeoutError:
            return

    # -- fetch ---------------------------------------------------------------------------------------------

    async def _fetch(self) -> None:
        picture = await self._claimed.get()
        try:
            await self._give_way([picture])
            picture.embedding = await self._once.stored_or_coming(picture.image_id)
            if picture.embedding is None:
                picture.seen = await self._pictures.seen(picture.photos[0])
                self._retrying.fetched()
        except (FileGone, ImageRefused) as exc:
            await self._fail(picture, str(exc))
        except FileUnreachable as exc:
            await self._postpone(picture, exc)
        except (ModelError, StorageError):
            self._let_go(picture)
            raise
        except Exception as exc:
            log.exception("A picture could not be fetched")
            await self._postpone(picture, FileUnreachable(f"A mistake of the bot's own ({type(exc).__name__}: {exc})."))
        else:
            await self._prepared.put(picture)

    async def _fail(self, picture: _Picture, reason: str) -> None:
        for photo in self._let_go(picture):
            log.info("Photo %s is left out: %s", photo.id, reason)
            await self._queue.fail(photo.id, photo.image_id, reason)

    async def _postpone(self, picture: _Picture, trouble: FileUnreachable) -> None:
        attempts = max(photo.attempts for photo in picture.photos)
        pause = self._retrying.pause(trouble, attempts)
        if pause is None:
            await self._fail(picture, str(trouble))
            return
        until = self._now() + pause
        for photo in self._let_go(picture):
            log.info("Photo %s is tried again in %s: %s", photo.id, pause, trouble)
            counted = not trouble.is_outage
            await self._queue.postpone(photo.id, photo.image_id, str(trouble), until, counted=counted)
        self.wake()  # the claimer may be resting until the lease would have ended

    # -- encode --------------------------------------------------------------------------------------------

    async def _encode_until_stopped(self) -> None:
        """While a batch is written down, which waits for the disk four times, the next one is embedded."""
        async with asyncio.TaskGroup() as writers:
            writer: asyncio.Task[None] | None = None
            while batch := await self._next_batch():
                await self._guarded(self._embed([picture for picture in batch if picture.embedding is None]))
                if writer is not None:
                    await writer
                writer = writers.create_task(self._guarded(self._write_down(batch)), name="indexer-writer")

    async def _next_batch(self) -> list[_Picture]:
        """At least one picture; none when the indexer stops."""
        if (first := await self._prepared.get()) is None:
            return []
        batch = [first]
        await self._give_way(batch)
        while len(batch) < self._most(batch) and not self._prepared.empty():
            if (picture := self._prepared.get_nowait()) is None:
                self._prepared.put_nowait(None)  # after this batch
                break
            batch.append(picture)
        return batch

    async def _give_way(self, pictures: Sequence[_Picture]) -> None:
        """Imported photos wait while somebody waits for an answer."""
        if all(picture.is_imported for picture in pictures):
            await self._quiet.wait()

    def _most(self, batch: Sequence[_Picture]) -> int:
        """How many pictures a batch may have: while people ask, an imported one is a shorter wait for them."""
        is_small = self._quiet.is_lively and all(picture.is_imported for picture in batch)
        return self._pace.small_batch if is_small else self._pace.batch

    async def _write_down(self, batch: Sequence[_Picture]) -> None:
        try:
            await self._keep([picture for picture in batch if picture.embedding is not None])
        finally:
            for picture in batch:
                self._let_go(picture)

    async def _embed(self, batch: Sequence[_Picture]) -> None:
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
                await self._fail(batch[0], f"The model could not read the picture ({exc}).")
        else:
            for picture in batch:
                picture.embedding = found[picture.image_id]

    async def _encode(self, batch: Sequence[_Picture]) -> Embedding:
        started = perf_counter()
        embeddings = await self._encoding.photos([_pixels(picture) for picture in batch])
        self._pace.learn(len(batch), perf_counter() - started)
        return embeddings

    async def _keep(self, batch: Sequence[_Picture]) -> None:
        """`indexed` in SQL first, Chroma after: what Chroma shows is then never more than SQL vouches for, and what
        a crash kept from it is written when the two are compared at the next start."""
        await self._fingerprints.store({one.image_id: one.seen.fingerprint for one in batch if one.seen is not None})
        photos = {photo.id: photo for picture in batch for photo in self._let_go(picture)}
        shown = {photo.id: _entry(photo, picture) for picture in batch for photo in picture.photos}
        finished = await self._queue.finish([(entry.photo_id, entry.image_id) for entry in shown.values()])
        await self._index.add([shown[photo_id] for photo_id, _ in finished])
        for listener in self._listeners:
            listener([photos[photo_id] for photo_id, _ in finished])

    def _let_go(self, picture: _Picture) -> list[Photo]:
        """Photos claimed from now on find the stored vector instead of joining this picture."""
        if self._in_hand.get(picture.image_id) is picture:
            del self._in_hand[picture.image_id]
        return picture.photos


def _pixels(picture: _Picture) -> Pixels:
    if picture.seen is None:
        raise ValueError("a picture without pixels reached the encoder")
    return picture.seen.pixels


def _entry(photo: Photo, picture: _Picture) -> IndexEntry:
    if picture.embedding is None:
        raise ValueError("a picture without an embedding reached the index")
    return IndexEntry(photo.id, photo.image_id, photo.chat_id, picture.embedding)
