"""`python -m bot index`: a folder's pictures become searchable."""

import asyncio
from collections.abc import AsyncGenerator
from zoneinfo import ZoneInfo

from bot.errors import FolderError
from bot.folder.opening import Parts, Place, open_folder
from bot.job import Told
from bot.settings import Settings
from search.errors import FolderEmpty
from search.folder import Walked
from search.folder_index import FOLDER, Changes, FolderIndex
from search.indexer import Indexer
from storage.failures import Failures
from storage.fingerprints import Fingerprints
from storage.folder_files import FolderFiles
from storage.photos import Photos
from storage.queue import IndexQueue

LOOK = 0.25
"""Seconds between two looks at how far the indexing is."""
MOST_TOLD = 1_000
"""Pictures that could not be read and are named."""


async def index_folder(settings: Settings, place: Place) -> AsyncGenerator[Told]:
    """A job, see `bot.job`: indexes what is new, and says at the end what there was and what could not be read.

    Raises:
        FolderError, DataDirectoryBusy, ModelError, StorageError
    """
    async with open_folder(settings, place, is_to_write=True) as parts:
        database, photos, queue = parts.database, Photos(parts.database), IndexQueue(parts.database)
        await Failures(database).retry(None)  # a picture may have been mended, or the extra that reads it installed
        fingerprints = Fingerprints(database)
        indexer = Indexer(queue, parts.once, parts.index, parts.pictures, fingerprints, parts.encoding)
        zone = ZoneInfo(settings.timezone)
        index = FolderIndex(parts.folder, FolderFiles(database), photos, parts.decoders, zone, indexer.wake)
        total = await asyncio.to_thread(lambda: sum(1 for _ in parts.folder.pictures(Walked())))
        changes = Changes()
        await indexer.start()
        looking = asyncio.create_task(index.update(changes), name="look-at-folder")
        try:
            while True:
                is_looked_through = looking.done()
                waiting = await queue.waiting()
                yield {"step": "Pictures", "at": changes.looked_at - waiting, "of": max(total, changes.looked_at)}
                if is_looked_through and not waiting:
                    break
                await asyncio.sleep(LOOK)
            await looking
        except FolderEmpty as exc:
            raise FolderError(
                f"There is no picture in {place.root} any more, though its index knows some. Is a disk not mounted? "
                f"If they are really gone, delete {place.index}."
            ) from exc
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
            await indexer.stop()
        yield await _summary(parts, photos, changes)


async def _summary(parts: Parts, photos: Photos, changes: Changes) -> Told:
    counts = await photos.counts(FOLDER)
    failed = await Failures(parts.database).newest(FOLDER, MOST_TOLD)
    return {
        "done": True,
        "model": parts.encoding.embedder.model_id,
        "indexed": counts.indexed,
        "new": changes.new,
        "changed": changes.changed,
        "renamed": changes.renamed,
        "gone": changes.gone,
        "failed": counts.failed,
        "unreadable": [{"path": str(parts.folder.path(one.file_id)), "why": one.error} for one in failed],
        "unlisted": [str(parts.folder.path(name)) for name in changes.walked.unread],
        "heif": changes.walked.unsupported,
    }
