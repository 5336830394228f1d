"""Makes the fingerprints that are missing, of images kept by a version that made none: once, in the background."""

import asyncio
import logging

from search.background import BackgroundTask
from search.duplicates import Duplicates
from search.errors import FileGone, FileUnreachable, ImageRefused, StorageError
from search.pictures import Pictures
from search.quiet import Quiet
from search.records import Photo
from storage.fingerprints import Fingerprints

log = logging.getLogger(__name__)

PAUSE = 1.0
"""Seconds between two pictures, each a download: 10,000 take three hours, and Telegram is left to those who ask."""
AGAIN = 3600.0
"""Seconds after which those are tried that could not be fetched."""
BATCH = 100


class Fingerprinter:
    """A task that ends when every image has its fingerprint. Where a restart interrupts it, what was made is kept."""

    def __init__(self, fingerprints: Fingerprints, pictures: Pictures, duplicates: Duplicates, quiet: Quiet) -> None:
        self._fingerprints = fingerprints
        self._pictures = pictures
        self._duplicates = duplicates
        self._quiet = quiet
        self._task = BackgroundTask("fingerprinter", self._run)

    def start(self) -> None:
        """Begins with the first that is missing."""
        self._task.start()

    async def stop(self) -> None:
        """Ends wherever it is."""
        await self._task.stop()

    async def _run(self) -> None:
        while True:
            try:
                if await self._fingerprints.are_complete() or await self.make():
                    return
            except StorageError as exc:
                log.error("Making missing fingerprints waits for the database: %s", exc)
            except Exception:
                log.exception("Making missing fingerprints met a mistake of its own, trying again in an hour")
            await asyncio.sleep(AGAIN)

    async def make(self) -> bool:
        """All that can be made now; whether none is missing any more.

        Raises:
            StorageError
        """
        last, missed = 0, 0
        while photos := await self._fingerprints.unmade(last, BATCH):
            for photo in photos:
                await self._quiet.wait()
                missed += not await self._made(photo)
                await asyncio.sleep(PAUSE)
            last = photos[-1].image_id
        if not missed:
            await self._fingerprints.complete()
        return not missed

    async def _made(self, photo: Photo) -> bool:
        try:
            fingerprint = (await self._pictures.seen(photo)).fingerprint
        except FileUnreachable as exc:
            log.info("Image %s has no fingerprint yet: %s", photo.image_id, exc)
            return False
        except (FileGone, ImageRefused) as exc:
            log.info("Image %s stays without a fingerprint: %s", photo.image_id, exc)
            fingerprint = b""
        await self._fingerprints.store({photo.image_id: fingerprint})
        for chat_id in await self._fingerprints.showing(photo.image_id):
            self._duplicates.learnt(chat_id, photo.image_id)
        return True
