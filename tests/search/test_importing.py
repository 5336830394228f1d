"""Taking photos out of exports, block by block."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from search.importing import BLOCK, SLICE, Exported, Importer, Outcome
from search.quiet import Quiet
from search.records import FileKind, PhotoPost, PhotoSource, Sender
from search.retention import Retention
from storage.chats import Chats
from storage.database import Database
from storage.imports import Imports
from storage.originals import Originals
from storage.remains import Files, Remains
from tests.storage.builders import GROUP, NOON

FIRST = -(-BLOCK // SLICE) * SLICE
"""Photos of the first block: whole slices."""


@dataclass
class Written:
    """A file of an export; None: reading it ends the program."""

    data: bytes | None
    uri: str = "file:///export/1.jpg"

    def read(self, max_bytes: int) -> bytes:
        if self.data is None:
            raise MemoryError
        return self.data[:max_bytes]


def exported(number: int, data: bytes | None) -> Exported:
    post = PhotoPost(
        chat_id=GROUP.id,
        message_id=number,
        sender=Sender(7, "Ann"),
        date=NOON,
        kind=FileKind.DISK,
        file_id="",
        file_unique_id="",
        source=PhotoSource.IMPORT,
    )
    return Exported(post, Written(data))


async def test_a_copy_made_after_a_sweep_stays_for_ever(tmp_path: Path) -> None:
    """The hourly sweep in mid-import does away with the note that there may be copies without rows: each block makes
    it anew, and so a block that a crash cuts off leaves nothing for longer than until the next."""
    database, originals = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'chatlens.db'}"), Originals(tmp_path)
    remains = Remains(database)
    await Chats(database).joined(GROUP, NOON)
    importer = Importer(
        Imports(database), originals, lambda *_: True, Retention(None), Quiet(), lambda: None, max_bytes=100
    )

    def photos() -> Iterator[Exported]:
        for number in range(1, FIRST + 2):
            yield exported(number, b"%d" % number)
        yield exported(FIRST + 2, None)

    taking = importer.take(GROUP.id, photos(), copies=True)
    assert await anext(taking) == {Outcome.STORED: FIRST}
    await remains.begun(Files.ORIGINALS)
    assert await originals.sweep(database) == 0
    await remains.removed(Files.ORIGINALS)
    with pytest.raises(MemoryError):
        await anext(taking)
    assert await remains.since(Files.ORIGINALS) is not None
    assert await originals.sweep(database) == 1
    await database.close()
