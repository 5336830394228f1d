"""Reads the text in indexed pictures, in the background: what nobody waits for, one picture at a time."""

import asyncio
import logging

from search.background import BackgroundTask
from search.clock import SteadyClock
from search.errors import FileGone, FileUnreachable, ImageRefused, ReadingFailed, ReadingImpossible, StorageError
from search.ocr import Ocr
from search.pictures import Pictures
from search.records import Photo
from search.retrying import LONGEST_PAUSE, Retrying
from storage.chats import Chats
from storage.readings import Readings, Unread

log = logging.getLogger(__name__)

PAUSE = 2.0
"""Seconds between two looks for something to read; one takes 0.2 ms."""
IDLE = 30.0
"""Seconds after which the process that reads is ended: its models take 0.3 GB."""
MAX_FAILURES = 2
"""Deaths of the process at one picture; the first may have been the system's doing."""


class Reader:
    """Reads whatever is unread, for as long as it is started."""

    def __init__(self, chats: Chats, readings: Readings, pictures: Pictures, ocr: Ocr) -> None:
        self._chats = chats
        self._readings = readings
        self._pictures = pictures
        self._ocr = ocr
        self._now = SteadyClock()
        self._retrying = Retrying()
        self._task = BackgroundTask("reader", self._run)

    async def start(self) -> None:
        """Begins where the last run ended."""
        await self._readings.release(self._now() + LONGEST_PAUSE)
        self._task.start()

    async def stop(self) -> None:
        """Ends at once; the picture in hand is read again at the next start."""
        await self._task.stop()
        await self._ocr.rest()

    async def _run(self) -> None:
        idle = 0.0
        while True:
            try:
                unread = await self._readings.next(self._now())
                if unread is not None:
                    idle = 0.0
                    await self._take(unread)
                    continue
            except ReadingImpossible as exc:
                log.error("%s", exc)
                return
            except StorageError as exc:
                log.error("Reading pictures waits for the database: %s", exc)
            except Exception:
                log.exception("Reading pictures met a mistake of its own and goes on")
            await asyncio.sleep(PAUSE)
            idle += PAUSE
            if idle >= IDLE:
                await self._ocr.rest()

    async def _take(self, unread: Unread) -> None:
        photo = await self._wanted(unread)
        if photo is None:
            await self._readings.skip(unread.image_id)
            return
        try:
            text = await self._ocr.read(await self._pictures.whole(photo))
            self._retrying.fetched()
        except (FileGone, ImageRefused) as exc:
            await self._readings.fail(unread.image_id, str(exc))
        except ReadingFailed as exc:
            if unread.attempts + 1 >= MAX_FAILURES:
                log.warning("Image %s is left unread: %s", unread.image_id, exc)
                await self._readings.fail(unread.image_id, str(exc))
            else:
                await self._readings.postpone(unread.image_id, str(exc), self._now())
        except FileUnreachable as exc:
            pause = self._retrying.pause(exc, unread.attempts)
            if pause is None:
                await self._readings.fail(unread.image_id, str(exc))
            else:
                until = self._now() + pause
                await self._readings.postpone(unread.image_id, str(exc), until, counted=not exc.is_outage)
        else:
            await self._readings.done(unread.image_id, text)

    async def _wanted(self, unread: Unread) -> Photo | None:
        """A photo of the image in a chat that wants its pictures read."""
        for photo in unread.photos:
            if (await self._chats.settings(photo.chat_id)).ocr:
                return photo
        return None
