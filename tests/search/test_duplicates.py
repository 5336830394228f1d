"""The same picture again, where only a part of a ranking was compared, and where SQL fails once."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from search.duplicates import Duplicates
from search.fingerprint import Fingerprint
from storage.database import Database
from storage.fingerprints import Fingerprints
from storage.photos import Photos
from tests.drawings import bordered, drawn
from tests.storage.builders import GROUP, indexed, post


class Failing(Fingerprints):
    """SQL that may be away."""

    is_away = False

    async def get(self, image_ids: Sequence[int]) -> dict[int, bytes]:
        """Or not."""
        if self.is_away:
            raise ConnectionError
        return await super().get(image_ids)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database."""
    opened = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'chatlens.db'}")
    yield opened
    await opened.close()


async def test_a_later_page_shows_a_picture_again(database: Database) -> None:
    """What is the same as one shown, or as one before it on the page, and the very same image."""
    made = [Fingerprint.of(one) for one in (drawn(1), bordered(drawn(1)), drawn(2), bordered(drawn(2)), drawn(3))]
    entries = await indexed(database, *(post(number) for number in range(6)))
    a, framed, b, framed_too, c, without = [entry.image_id for entry in entries]
    ids = (a, framed, b, framed_too, c)
    await Fingerprints(database).store({key: one.to_bytes() for key, one in zip(ids, made, strict=True) if one})
    duplicates = Duplicates(Fingerprints(database), Photos(database))
    assert await duplicates.repeats(GROUP.id, [a, without], [framed, b, framed_too, c, without], 5) == {0, 2, 4}
    assert await duplicates.repeats(GROUP.id, [], [a, framed, framed, b, framed_too, c, c], 3) == {1, 2, 4}, (
        "c is the third"
    )


async def test_images_learnt_while_sql_was_away_are_never_found(database: Database) -> None:
    """The question that fails leaves them for the next one."""
    [first] = await indexed(database, post(1))
    fingerprints = Failing(database)
    duplicates = Duplicates(fingerprints, Photos(database))
    made = Fingerprint.of(drawn(1))
    assert made is not None
    assert await duplicates.same(GROUP.id, made) == []
    await fingerprints.store({first.image_id: made.to_bytes()})
    duplicates.learnt(GROUP.id, first.image_id)
    fingerprints.is_away = True
    with pytest.raises(ConnectionError):
        await duplicates.same(GROUP.id, made)
    fingerprints.is_away = False
    assert await duplicates.same(GROUP.id, made) == [first.image_id]
