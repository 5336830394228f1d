"""Brings a folder's index up to date: what is new is indexed, what only moved is known again, what is gone is dropped.

A folder is an archive like a chat's, and its files are the photos in it: they are indexed, searched and judged by
what does so for chats. A file is known by its size and time of change, and read only where those are others than at
the last look; what is in it is known by its digest, so that an equal file costs no second embedding.
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from itertools import islice

from search.decoding import Decoders
from search.errors import FileError, FolderEmpty, ImageRefused
from search.folder import Folder, FoundFile, Walked
from search.records import FileKind, PhotoPost, PhotoSource, Sender
from storage.folder_files import FolderFiles, KnownFile
from storage.photos import Photos

FOLDER = 1
"""The chat whose archive a folder is; an index holds one."""
AT_ONCE = 64
"""Files between two commits of how they looked: what a kill costs is reading so many again, not embedding them."""


@dataclass(slots=True)
class Changes:
    """What a look at a folder found, counted as it goes."""

    looked_at: int = 0
    new: int = 0
    changed: int = 0
    renamed: int = 0
    gone: int = 0
    walked: Walked = field(default_factory=Walked)


class FolderIndex:
    """Looks at a folder and tells the indexer (`wake`) what there is to do."""

    def __init__(
        self,
        folder: Folder,
        files: FolderFiles,
        photos: Photos,
        decoders: Decoders,
        zone: tzinfo,
        wake: Callable[[], None],
    ) -> None:
        self._folder = folder
        self._files = files
        self._photos = photos
        self._decoders = decoders
        self._zone = zone
        self._wake = wake

    async def update(self, changes: Changes) -> None:
        """Cancelled or killed anywhere, the next time goes on from there.

        Raises:
            FolderEmpty: there is nothing in it any more.
            StorageError
        """
        present: set[int] = set()
        again: set[str] = set()
        number = await self._files.last_number()
        found = self._folder.pictures(changes.walked)
        while batch := await asyncio.to_thread(lambda: list(islice(found, AT_ONCE))):
            known = await self._files.known([one.name for one in batch])
            read: list[KnownFile] = []
            for one in batch:
                before = known.get(one.name)
                number += before is None
                place = number if before is None else before.number
                present.add(place)
                if before is None or (before.size, before.modified_ns) != (one.size, one.modified_ns):
                    read.append(await self._look(place, one, before, again, changes))
                changes.looked_at += 1
            await self._files.keep(read)
        if not present and await self._files.count():
            raise FolderEmpty
        await self._drop(present, again, changes)

    async def _look(
        self, number: int, found: FoundFile, before: KnownFile | None, again: set[str], changes: Changes
    ) -> KnownFile:
        """Reads a file; what of it is to be indexed is so in SQL on return. `again` learns of contents known before."""
        try:
            data = await self._folder.fetch(found.name)
            digest = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
            date = await self._date(data, found)
        except FileError:  # the indexer meets the same, and keeps the reason; the next look tries again
            digest, date = f"unread:{found.name}", _modified(found)
            found = FoundFile(found.name, -1, found.modified_ns)
        if before is None and await self._photos.known_image(digest) is not None:
            again.add(digest)
        edit = await self._photos.edit(
            PhotoPost(
                chat_id=FOLDER,
                message_id=number,
                sender=Sender(None, ""),
                date=date,
                kind=FileKind.DOCUMENT,
                file_id=found.name,
                file_unique_id=digest,
                source=PhotoSource.IMPORT,
            )
        )
        if edit is not None and edit.image_changed:
            self._wake()
            changes.changed += before is not None
        changes.new += before is None
        return KnownFile(number, found.name, found.size, found.modified_ns)

    async def _date(self, data: bytes, found: FoundFile) -> datetime:
        """When the camera says that it was taken, else when the file was changed last."""
        try:
            taken = await self._decoders.taken(data)
        except ImageRefused:
            taken = None
        if taken is None:
            return _modified(found)
        return taken if taken.tzinfo is not None else taken.replace(tzinfo=self._zone)

    async def _drop(self, present: set[int], again: set[str], changes: Changes) -> None:
        gone = await self._files.others(present, [f"{name}/" for name in changes.walked.unread])
        for one in gone:
            photo = await self._photos.remove(FOLDER, one.number)
            if photo is not None and photo.file_unique_id in again:
                again.discard(photo.file_unique_id)
                changes.renamed += 1
                changes.new -= 1
            else:
                changes.gone += 1
        await self._files.forget([one.number for one in gone])


def _modified(found: FoundFile) -> datetime:
    return datetime.fromtimestamp(found.modified_ns / 1e9, UTC)
