"""The first half of indexing: takes up what is pending, fetches it and has it decoded, ahead of the encoder."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from time import monotonic

from search.clock import SteadyClock
from search.errors import FileGone, FileUnreachable, ImageRefused, ModelError, StorageError
from search.in_hand import InHand, Picture
from search.once import EmbeddedOnce
from search.pictures import Pictures
from search.quiet import Quiet
from search.retrying import LONGEST_PAUSE, Retrying
from storage.queue import IndexQueue

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


class Feed:
    """Fills `prepared`. Its steps are for the indexer to repeat."""

    def __init__(
        self, queue: IndexQueue, once: EmbeddedOnce, pictures: Pictures, in_hand: InHand, quiet: Quiet
    ) -> None:
        self._queue = queue
        self._once = once
        self._pictures = pictures
        self._in_hand = in_hand
        self._quiet = quiet
        self._claimed: asyncio.Queue[Picture] = asyncio.Queue(FETCHERS)
        self.prepared: asyncio.Queue[Picture | None] = asyncio.Queue(LOOKAHEAD)
        """Pictures with their pixels, or with the embedding that was there already; None says that it is over."""
        self._news = asyncio.Event()
        self._now = SteadyClock()
        self._retrying = Retrying()

    async def begin(self) -> None:
        """Frees what a process that is gone had claimed."""
        await self._queue.release_all(self._now() + LONGEST_PAUSE)

    def wake(self) -> None:
        """There is something new to index."""
        self._news.set()

    def clear(self) -> None:
        """What waits stays pending."""
        for waiting in (self._claimed, self.prepared):
            while not waiting.empty():
                waiting.get_nowait()

    async def claim(self) -> None:
        """One step: what is due is handed to the fetchers, or the next news are waited for."""
        self._news.clear()
        photos = await self._queue.claim(CLAIM, self._now(), LEASE)
        if not photos:
            await self._rest()
            return
        taken = [picture for photo in photos if (picture := self._in_hand.take(photo)) is not None]
        try:
            stored = await self._once.stored([picture.image_id for picture in taken])
        except BaseException:
            for picture in taken:
                self._in_hand.let_go(picture)
            raise
        for picture in taken:
            picture.embedding, picture.since = stored.get(picture.image_id), monotonic()
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

    async def fetch(self) -> None:
        """One step: a claimed picture is prepared, put off, or given up."""
        picture = await self._claimed.get()
        try:
            await self.give_way([picture])
            if picture.embedding is None:
                picture.embedding = await self._once.coming(picture.image_id)
            if picture.embedding is None:
                picture.seen = await self._pictures.seen(picture.photos[0])
                self._retrying.fetched()
        except (FileGone, ImageRefused) as exc:
            await self.fail(picture, str(exc))
        except FileUnreachable as exc:
            await self._postpone(picture, exc)
        except (ModelError, StorageError):
            self._in_hand.let_go(picture)
            raise
        except Exception as exc:
            log.exception("A picture could not be fetched")
            await self._postpone(picture, FileUnreachable(f"A mistake of the bot's own ({type(exc).__name__}: {exc})."))
        else:
            await self.prepared.put(picture)

    async def give_way(self, pictures: Sequence[Picture]) -> None:
        """Imported photos wait while somebody waits for an answer."""
        if all(picture.is_imported for picture in pictures):
            await self._quiet.wait()

    async def fail(self, picture: Picture, reason: str) -> None:
        """Gives it up."""
        for photo in self._in_hand.let_go(picture):
            log.info("Photo %s is left out: %s", photo.id, reason)
            await self._queue.fail(photo.id, photo.image_id, reason)

    async def _postpone(self, picture: Picture, trouble: FileUnreachable) -> None:
        attempts = max(photo.attempts for photo in picture.photos)
        pause = self._retrying.pause(trouble, attempts)
        if pause is None:
            await self.fail(picture, str(trouble))
            return
        until = self._now() + pause
        for photo in self._in_hand.let_go(picture):
            log.info("Photo %s is tried again in %s: %s", photo.id, pause, trouble)
            counted = not trouble.is_outage
            await self._queue.postpone(photo.id, photo.image_id, str(trouble), until, counted=counted)
        self.wake()  # the claimer may be resting until the lease would have ended
