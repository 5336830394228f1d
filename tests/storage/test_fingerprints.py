"""Fingerprints in SQL, and the posts of images in one chat."""

from __future__ import annotations

from storage.database import Database
from storage.fingerprints import Fingerprints
from storage.photos import Photos
from tests.storage.builders import GROUP, added, indexed, post

OTHER_CHAT = -7


async def test_a_fingerprint_is_gone_after_it_was_stored(database: Database) -> None:
    """What was made can be asked for, empty ones too; unknown images and those without one are left out."""
    first, second, third = await indexed(database, post(1), post(2), post(3))
    fingerprints = Fingerprints(database)
    await fingerprints.store({first.image_id: b"hashes and more", second.image_id: b"", 999: b"of nothing"})
    asked = [first.image_id, second.image_id, third.image_id, 999]
    assert await fingerprints.get(asked) == {first.image_id: b"hashes and more", second.image_id: b""}
    await fingerprints.store({})


async def test_a_chat_gives_away_the_hashes_of_another(database: Database) -> None:
    """Of a chat, only the images that it shows as indexed, cut to their hashes, each once; without empty ones."""
    own, even, foreign = await indexed(database, post(1, file="a"), post(2, file="b"), post(3, chat_id=OTHER_CHAT))
    await indexed(database, post(4, file="a"))
    waiting = await added(Photos(database), post(5))
    fingerprints = Fingerprints(database)
    made = {own.image_id: b"12345678rest", even.image_id: b"", foreign.image_id: b"x" * 12, waiting.image_id: b"y" * 12}
    await fingerprints.store(made)
    assert await fingerprints.of_chat(GROUP.id, 8) == ([own.image_id], b"12345678")


async def test_posts_of_another_chat_are_counted(database: Database) -> None:
    """Every indexed post of these images in this chat, earliest first, and no other."""
    [late] = await indexed(database, post(1, file="a", minutes=5))
    [early] = await indexed(database, post(2, file="a", minutes=1))
    [edited] = await indexed(database, post(3, file="b", minutes=3))
    await indexed(database, post(4, file="a", chat_id=OTHER_CHAT))
    await added(Photos(database), post(5, file="a"))
    found = await Fingerprints(database).postings(GROUP.id, [early.image_id, edited.image_id])
    assert [posting.id for posting in found] == [early.photo_id, edited.photo_id, late.photo_id]
