"""Fingerprints of images that were kept by a version that made none."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import update

from search import fingerprinter
from search.duplicates import Duplicates
from search.errors import FileGone, FileUnreachable
from search.fingerprint import Fingerprint
from search.fingerprinter import Fingerprinter
from search.pictures import Pictures, Seen
from search.quiet import Quiet
from search.records import Photo, PhotoPost
from storage.database import Database
from storage.fingerprints import Fingerprints
from storage.photos import Photos
from storage.schema import images
from tests.drawings import bordered, drawn
from tests.storage.builders import GROUP, indexed, post


class Fetched(Pictures):
    """What each file shows, or why it cannot be fetched."""

    def __init__(self, files: Mapping[str, Fingerprint | Exception]) -> None:
        self.files = dict(files)

    async def seen(self, post: PhotoPost | Photo) -> Seen:
        found = self.files[post.file_unique_id.removeprefix("unique-")]
        if isinstance(found, Exception):
            raise found
        return Seen(np.empty(0, np.float32), found.to_bytes())


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """As an earlier version left it: four images, one posted in two chats, and no fingerprint."""
    opened = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'chatlens.db'}")
    await indexed(
        opened, *(post(number, file=file) for number, file in enumerate("abcd")), post(9, file="a", chat_id=-5)
    )
    async with opened.transaction() as connection:
        await connection.execute(update(images).values(fingerprint=None))
    yield opened
    await opened.close()


async def test_what_an_earlier_version_kept_is_never_known_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is made once and found at once in every chat that shows it; what is gone is not asked for again, what is out
    of reach is; then it is known that none is missing."""
    monkeypatch.setattr(fingerprinter, "PAUSE", 0.0)
    made, framed = Fingerprint.of(drawn(1)), Fingerprint.of(bordered(drawn(1)))
    assert made is not None
    assert framed is not None
    fingerprints = Fingerprints(database)
    duplicates = Duplicates(fingerprints, Photos(database))
    assert [await duplicates.same(chat, made) for chat in (GROUP.id, -5)] == [[], []]
    pictures = Fetched({"a": made, "b": framed, "c": FileGone("gone"), "d": FileUnreachable("away")})
    task = Fingerprinter(fingerprints, pictures, duplicates, Quiet())
    assert not await task.make()
    found = [len(await duplicates.same(chat, made)) for chat in (GROUP.id, -5)]
    assert found == [2, 1]
    del pictures.files["a"], pictures.files["b"], pictures.files["c"]
    pictures.files["d"] = framed
    assert not await fingerprints.are_complete()
    assert await task.make()
    assert await fingerprints.are_complete()
    assert len(await duplicates.same(GROUP.id, made)) == 3
    assert await fingerprints.unmade(0, 9) == []
