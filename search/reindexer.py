"""Gives every image a vector of another model, while the archive's own goes on answering.

What is there is in SQL, by image and model: cut off anywhere, the next run goes on from there, and equal files, which
are one image, are embedded once. Nothing is kept in memory but two chunks of pictures and why some cannot be had.

A chunk is fetched while the one before is embedded. Questions and live photos go first, to the model and otherwise:
whoever works for nobody who waits, waits.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

from search.embedder import Embedder, Pixels
from search.encoding import Encoding
from search.errors import FileGone, FileUnreachable, ImageRefused
from search.pace import Pace
from search.pictures import Pictures
from search.quiet import Quiet
from search.records import Photo
from search.retrying import Retrying
from storage.embeddings import Embeddings
from storage.unembedded import Unembedded, UnembeddedImages

CHUNK = 32
"""Images in one: twice as many pictures may be in memory, of 600 kB each at 224 px."""
FETCHERS = 4
"""Downloads at a time, as many as the indexer's: half of the latency of Telegram's file servers stays hidden."""
AGAIN = 2
"""Further tries at files that are not to be had "just now", in one run; the next run tries again."""
AGAIN_AFTER = 5.0
"""Seconds; by then everything else is done."""

Stored = Callable[[Sequence[int]], Awaitable[None]]
"""Is told which images have got a vector."""


@dataclass(frozen=True, slots=True)
class Reached:
    """How far it is."""

    done: int
    """Images that have a vector, or cannot get one."""
    total: int
    waits_for: str | None = None
    """Why nothing can be fetched just now."""


@dataclass(slots=True, eq=False)
class _Fetched:
    image: Unembedded
    pixels: Pixels | None = None
    reason: str = ""
    """Why there are none."""
    is_passing: bool = False
    """It may be there later."""


class Reindexer:
    """Works through the images that lack a vector of a model."""

    def __init__(
        self,
        unembedded: UnembeddedImages,
        embeddings: Embeddings,
        pictures: Pictures,
        embedder: Embedder,
        encoding: Encoding,
        quiet: Quiet,
        stored: Stored | None = None,
    ) -> None:
        """Everything but `encoding`, whose thread is shared, is of the model that is to come."""
        self._unembedded = unembedded
        self._embeddings = embeddings
        self._pictures = pictures
        self._embedder = embedder
        self._encoding = encoding
        self._quiet = quiet
        self._stored = stored
        self._alone = asyncio.Lock()
        """Held by the one download that is made at a time while people ask."""
        self._pace = Pace()
        self._retrying = Retrying()
        self._done = self._total = 0
        self._waits_for: str | None = None
        self._passing: set[int] = set()
        self.embedded = 0
        """How many images have got a vector so far."""
        self.lost: dict[int, str] = {}
        """The images whose file cannot be had, or not be read, and why."""

    @property
    def passing(self) -> frozenset[int]:
        """Those of the lost that may be there later."""
        return frozenset(self._passing)

    @property
    def embedder(self) -> Embedder:
        """The model that is to come."""
        return self._embedder

    async def run(self) -> AsyncGenerator[Reached]:
        """Until a pass over the archive finds nothing to do: what is posted meanwhile is done too.

        Raises:
            StorageError
        """
        self._total = await self._unembedded.total()
        self._done = self._total - await self._unembedded.count()
        yield self._reached()
        again = AGAIN
        while True:
            before = self.embedded
            async for _ in self._pass():
                yield self._reached()
            if self.embedded > before:
                continue
            if not self._passing or not again:
                return
            again -= 1
            await asyncio.sleep(AGAIN_AFTER)
            self._forgive()

    async def finish(self) -> None:
        """Once more through the archive, without a word. Raises StorageError."""
        async for _ in self._pass():
            pass

    def _reached(self) -> Reached:
        total = max(self._total, self._done)  # more may have been posted
        return Reached(self._done, total, self._waits_for)

    def _forgive(self) -> None:
        """What was not to be had just now gets another chance."""
        for image_id in self._passing:
            del self.lost[image_id]
        self._done -= len(self._passing)
        self._passing.clear()

    async def _pass(self) -> AsyncGenerator[None]:
        """Once through the archive; has a break after each chunk, and every second while one is fetched."""
        coming = asyncio.create_task(self._next(0), name="reindex-fetch")
        try:
            while True:
                while not (await asyncio.wait({coming}, timeout=1.0))[0]:
                    yield
                chunk = coming.result()
                if not chunk:
                    return
                coming = asyncio.create_task(self._next(chunk[-1].image.image_id), name="reindex-fetch")
                for one in chunk:
                    if one.pixels is None:
                        self._lose(one)
                found = [one for one in chunk if one.pixels is not None]
                while found:
                    await self._quiet.wait()
                    size = self._pace.small_batch if self._quiet.is_lively else self._pace.batch
                    batch, found = found[:size], found[size:]
                    await self._embed(batch)
                yield
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)

    async def _next(self, after: int) -> list[_Fetched]:
        """The next images that are worth a try, with their pictures."""
        while True:
            images = await self._unembedded.after(after, CHUNK)
            wanted = [image for image in images if image.image_id not in self.lost]
            if wanted or not images:
                break
            after = images[-1].image_id
        room = asyncio.Semaphore(FETCHERS)

        async def fetched(image: Unembedded) -> _Fetched:
            async with room:
                if not self._quiet.is_lively:
                    return await self._fetch(image)
                async with self._alone:
                    return await self._fetch(image)

        return list(await asyncio.gather(*(fetched(image) for image in wanted)))

    async def _fetch(self, image: Unembedded) -> _Fetched:
        """From the first of its photos whose file is still there."""
        reason, is_passing = "It is not there any more.", False
        for photo in image.photos:
            try:
                return _Fetched(image, await self._pixels(photo))
            except FileUnreachable as exc:
                reason, is_passing = str(exc), True
            except (FileGone, ImageRefused) as exc:
                reason = str(exc)
        return _Fetched(image, None, reason, is_passing)

    async def _pixels(self, photo: Photo) -> Pixels:
        """An outage is waited for, however long it lasts: it says nothing of this file."""
        while True:
            await self._quiet.wait()
            try:
                pixels = await self._pictures.pixels(photo)
            except FileUnreachable as exc:
                pause = self._retrying.pause(exc, 0)
                if pause is None or not exc.is_outage:
                    raise
                self._waits_for = str(exc)
                await asyncio.sleep(pause.total_seconds())
            else:
                self._retrying.fetched()
                self._waits_for = None
                return pixels

    async def _embed(self, batch: Sequence[_Fetched]) -> None:
        """One picture that the model chokes on, or one too many for its memory, must not sink the others."""
        started = perf_counter()
        try:
            vectors = await self._encoding.photos_of(self._embedder, [_pixels(one) for one in batch])
        except (RuntimeError, ValueError, MemoryError) as exc:
            if len(batch) > 1:
                for one in batch:
                    await self._embed([one])
            elif isinstance(exc, MemoryError):
                raise
            else:
                batch[0].reason = f"The model could not read the picture ({exc})."
                self._lose(batch[0])
            return
        self._pace.learn(len(batch), perf_counter() - started)
        image_ids = [one.image.image_id for one in batch]
        await self._embeddings.store(dict(zip(image_ids, vectors, strict=True)))
        self._done += len(batch)
        self.embedded += len(batch)
        if self._stored is not None:
            await self._stored(image_ids)

    def _lose(self, one: _Fetched) -> None:
        self.lost[one.image.image_id] = one.reason
        if one.is_passing:
            self._passing.add(one.image.image_id)
        self._done += 1


def _pixels(one: _Fetched) -> Pixels:
    if one.pixels is None:
        raise ValueError("a picture that could not be fetched reached the model")
    return one.pixels
