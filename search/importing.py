"""Takes photos out of exports into a chat's archive: which are wanted, what is in their files, where those stay.

A block at a time, so memory does not grow with the export; a block is kept whole or not at all, so an import may be cut
off anywhere and run again: what is known is passed over without a look at its file. The indexer does the rest.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import Protocol

from search.errors import FileGone, FileTooLarge
from search.quiet import Quiet
from search.records import PhotoPost
from search.retention import Retention
from storage.errors import ArchiveClosed
from storage.imports import Imports
from storage.originals import PREFIX, SHA256, Originals, digest_of
from storage.standings import Imported, Standing

BLOCK = 200
"""Posts in one transaction of some 40 ms, in which nothing else is written."""
SLICE = 16
"""Files that are read between two looks at whether somebody waits for an answer: some 20 ms."""


OF_ANOTHER = (
    "by their numbers and dates its pages are of another chat, or of a computer whose clock --zone has to name; export "
    "the chat as JSON"
)


class Outcome(StrEnum):
    """What became of an exported photo; the value is the end of a sentence: "12 photos …"."""

    STORED = "taken in"
    IMPORTED = "taken in by an earlier run"
    MOVED = "taken in by an earlier run, whose files are now read from here"
    LIVE = "known to the bot already: it saw them itself"
    FORGOTTEN = "left out: they were forgotten with /forget or /purge"
    OPTED_OUT = "left out: who posted them has opted out"
    TAKEN_BACK = "left out: who posted them has put something else in their place"
    NOBODYS = "left out: the export does not say who posted them, and somebody has opted out (/optout)"
    PAST = "left out: older than CHATLENS_RETENTION_DAYS"
    OWN = "left out: the bot's own answers"
    UNREADABLE = "left out: their files cannot be read"
    TOO_LARGE = "left out: their files are larger than CHATLENS_MAX_FILE_MB"


IN_ARCHIVE = frozenset({Outcome.STORED, Outcome.IMPORTED, Outcome.MOVED, Outcome.LIVE})
"""What leaves a photo in the archive."""
STANDINGS = {
    Standing.NEW: Outcome.STORED,
    Standing.IMPORTED: Outcome.IMPORTED,
    Standing.LIVE: Outcome.LIVE,
    Standing.FORGOTTEN: Outcome.FORGOTTEN,
    Standing.TAKEN_BACK: Outcome.TAKEN_BACK,
    Standing.OPTED_OUT: Outcome.OPTED_OUT,
    Standing.NOBODYS: Outcome.NOBODYS,
}


class ExportedFile(Protocol):
    """A picture's file in an export."""

    @property
    def uri(self) -> str:
        """Where it lies; a `file_id` of the kind `disk`."""

    def read(self, max_bytes: int) -> bytes:
        """The whole of it. Blocks. Raises FileGone."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A photo as an export has it."""

    post: PhotoPost
    """Its `file_id` and `file_unique_id` are found out."""
    file: ExportedFile | None
    missing: str | None = None
    """Why there is no file."""


class Importer:
    """Takes photos in. Tells the indexer (`wake`) when there is something to do."""

    def __init__(
        self,
        imports: Imports,
        originals: Originals,
        is_intact: Callable[[str, str], bool],
        retention: Retention,
        quiet: Quiet,
        wake: Callable[[], None],
        max_bytes: int,
        own_id: int | None = None,
    ) -> None:
        """`is_intact` says of a `file_id` of the kind `disk` whether the file of that `file_unique_id` lies there;
        `own_id` is the bot's."""
        self._imports = imports
        self._originals = originals
        self._is_intact = is_intact
        self._retention = retention
        self._quiet = quiet
        self._wake = wake
        self._max_bytes = max_bytes
        self._own_id = own_id

    async def people(self, archive: int, own_name: str) -> dict[str, int]:
        """The ids of those who are surely meant by a name in a chat; by its own name the bot."""
        people = await self._imports.people(archive)
        if own_name and self._own_id is not None:
            people[own_name] = self._own_id
        return people

    async def take(
        self, archive: int, exported: Iterator[Exported], *, copies: bool, are_pages: bool = False
    ) -> AsyncIterator[Counter[str]]:
        """After each block, how many of its photos have come to which end: an `Outcome`, or why there was no file.

        Args:
            archive: the chat they go to
            exported: blocks; it is read in threads, one at a time
            copies: whether files are copied into the data directory, or read from where they are ever after
            are_pages: whether nothing but their numbers and dates tells that they are of this chat
        Raises:
            ArchiveClosed: the chat takes nothing more; what was taken in before stays.
            StorageError
        """
        purged_before = await self._imports.purges(archive)
        while block := await self._next(exported):
            if are_pages and not await self._imports.fits(archive, [one.post for one in block]):
                raise ArchiveClosed(OF_ANOTHER)
            yield await self._take(archive, block, purged_before, copies=copies)

    async def waiting(self, chat_ids: Sequence[int]) -> int:
        """How many imported photos of these chats are still to be indexed, without those that are put off."""
        return await self._imports.waiting(chat_ids, self._retention.clock())

    async def unfinished(self, chat_id: int) -> tuple[int, int]:
        """How many imported photos of a chat could not be indexed, and how many wait for a disk that is away."""
        return await self._imports.unfinished(chat_id, self._retention.clock())

    async def _next(self, exported: Iterator[Exported]) -> list[Exported]:
        block: list[Exported] = []
        while len(block) < BLOCK:
            await self._quiet.wait()
            some = await asyncio.to_thread(_some, exported)
            block += some
            if len(some) < SLICE:
                break
        return block

    async def _take(self, archive: int, block: Sequence[Exported], purged_before: int, *, copies: bool) -> Counter[str]:
        kept = [one for one in block if self._unwanted(one) is None]
        counts = Counter[str](reason for one in block if (reason := self._unwanted(one)) is not None)
        judged = await self._imports.judged(archive, [one.post for one in kept])
        new = [one for one, what in zip(kept, judged, strict=True) if what.standing is Standing.NEW]
        counts.update(STANDINGS[what.standing] for what in judged if what.standing is not Standing.NEW)
        counts.update(one.missing or Outcome.UNREADABLE for one in new if one.file is None)
        known = [(one, what.imported) for one, what in zip(kept, judged, strict=True) if what.imported is not None]
        async with self._originals.turn if copies else nullcontext():  # the sweeper waits for it
            if copies:  # for every block anew: the hourly sweep in between has done away with the note
                await self._imports.copying()
            read = await self._read([one for one in new if one.file is not None], copies=copies)
            posts = [post for post in read if isinstance(post, PhotoPost)]
            standings = await self._imports.add(archive, posts, purged_before)
            moved = await self._move(known, copies=copies)
        counts.update(STANDINGS[standing] for standing in standings)
        counts.update(reason for reason in read if isinstance(reason, Outcome))
        counts[Outcome.IMPORTED] -= moved
        counts[Outcome.MOVED] += moved
        if moved or standings:
            self._wake()
        return +counts

    def _unwanted(self, one: Exported) -> Outcome | None:
        """What can be told without asking SQL."""
        if self._own_id is not None and one.post.sender.id == self._own_id:
            return Outcome.OWN
        return Outcome.PAST if self._retention.is_past(one.post.date) else None

    async def _move(self, known: Sequence[tuple[Exported, Imported]], *, copies: bool) -> int:
        """Has the photos of an earlier run whose file is gone, or is to be copied, read from this export; how many."""
        strayed = await self._strayed(known, copies=copies)
        found = await self._read([one for one, _ in strayed], copies=copies)
        file_ids = {
            stored.photo_id: post.file_id
            for post, (_, stored) in zip(found, strayed, strict=True)
            if isinstance(post, PhotoPost) and post.file_unique_id == stored.file_unique_id
        }
        if file_ids:
            await self._imports.move(file_ids)
        return len(file_ids)

    async def _strayed(
        self, known: Sequence[tuple[Exported, Imported]], *, copies: bool
    ) -> list[tuple[Exported, Imported]]:
        strayed: list[tuple[Exported, Imported]] = []
        left = iter(known)
        while some := list(islice(left, SLICE)):
            await self._quiet.wait()
            strayed += await asyncio.to_thread(self._strayed_of, some, copies)
        return strayed

    def _strayed_of(self, pairs: Iterable[tuple[Exported, Imported]], copies: bool) -> list[tuple[Exported, Imported]]:
        return [pair for pair in pairs if self._is_strayed(*pair, copies=copies)]

    def _is_strayed(self, one: Exported, stored: Imported, *, copies: bool) -> bool:
        if one.file is None or (stored.file_id == one.file.uri and not copies):
            return False
        return (copies and not stored.file_id.startswith(PREFIX)) or not self._is_intact(
            stored.file_id, stored.file_unique_id
        )

    async def _read(self, wanted: Sequence[Exported], *, copies: bool) -> list[PhotoPost | Outcome]:
        """Each with what is in its file, or why that is not known."""
        read: list[PhotoPost | Outcome] = []
        left = iter(wanted)
        while some := list(islice(left, SLICE)):
            await self._quiet.wait()
            read += await asyncio.to_thread(self._look_into, some, copies)
        return read

    def _look_into(self, wanted: Iterable[Exported], copies: bool) -> list[PhotoPost | Outcome]:
        return [Outcome.UNREADABLE if one.file is None else self._told(one.post, one.file, copies) for one in wanted]

    def _told(self, post: PhotoPost, file: ExportedFile, copies: bool) -> PhotoPost | Outcome:
        try:
            data = file.read(self._max_bytes)
        except FileTooLarge:
            return Outcome.TOO_LARGE
        except FileGone:
            return Outcome.UNREADABLE
        digest = digest_of(data)
        file_id = self._originals.keep(digest, data) if copies else file.uri
        return replace(post, file_id=file_id, file_unique_id=SHA256 + digest)


def _some(exported: Iterator[Exported]) -> list[Exported]:
    return list(islice(exported, SLICE))
