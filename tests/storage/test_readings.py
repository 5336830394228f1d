"""Which pictures wait to be read, and what their photos then say."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from storage.chats import Chats
from storage.database import Database
from storage.filters import Filters
from storage.photos import Photos
from storage.readings import Readings, Unread
from storage.texts import Texts
from tests.storage.builders import GROUP, NOON, added, indexed, post


@pytest.fixture
def readings(database: Database) -> Readings:
    return Readings(database)


async def _next(readings: Readings) -> Unread:
    unread = await readings.next(NOON)
    assert unread is not None
    return unread


async def _found(database: Database, needle: str, chat_id: int = GROUP.id) -> list[int]:
    return [one.photo_id for one in (await Texts(database).matching(chat_id, [needle], 10, Filters())).found]


async def test_a_picture_is_read_before_it_is_indexed(database: Database, readings: Readings) -> None:
    """A photo that waits for its vector is not to be read yet."""
    await added(Photos(database), post(1))
    assert await readings.next(NOON) is None
    await indexed(database, post(2))
    assert [photo.message_id for photo in (await _next(readings)).photos] == [2]
    assert await readings.waiting() == 1


async def test_equal_files_are_read_twice(database: Database, readings: Readings) -> None:
    """One reading for every posting in every chat, those after it too; each chat finds its own."""
    here, there = await indexed(database, post(1, file="same"), post(1, chat_id=-5, file="same"))
    await readings.done((await _next(readings)).image_id, "Happy\nBirthday")
    assert await readings.next(NOON) is None
    again, *_ = await indexed(database, post(2, file="same"))
    assert await readings.next(NOON) is None
    assert sorted(await _found(database, "happy birthday")) == [here.photo_id, again.photo_id]
    assert await _found(database, "happy birthday", -5) == [there.photo_id]


async def test_an_edited_picture_says_what_the_old_one_said(database: Database, readings: Readings) -> None:
    """Another picture is read anew; a new caption leaves what the picture says."""
    entry, *_ = await indexed(database, post(1))
    await readings.done(entry.image_id, "in the picture")
    await Photos(database).edit(replace(post(1), caption="new"))
    assert await _found(database, "in the picture") == [entry.photo_id]
    await Photos(database).edit(post(1, file="other"))
    assert await _found(database, "in the picture") == []


async def test_a_picture_that_cannot_be_read_is_tried_for_ever(database: Database, readings: Readings) -> None:
    """Postponed it comes back at its time with its attempts counted; failed it does not come back."""
    entry, *_ = await indexed(database, post(1))
    await readings.postpone(entry.image_id, "no network", NOON + timedelta(hours=1))
    assert await readings.next(NOON) is None
    later = await readings.next(NOON + timedelta(hours=2))
    assert later is not None
    assert later.attempts == 1
    await readings.fail(entry.image_id, "no picture")
    assert await readings.next(NOON + timedelta(hours=2)) is None


async def test_a_chat_that_wants_reading_again_waits_for_ever(database: Database, readings: Readings) -> None:
    """What was left out is read once a chat that shows it wants that, or a photo of it comes to one."""
    entry, _ = await indexed(database, post(1), post(2, file="same", chat_id=-5))
    for image in (await _next(readings)).image_id, (await _next(readings)).image_id + 1:
        await readings.skip(image)
    assert await readings.next(NOON) is None
    await Chats(database).choose(GROUP, {"ocr": False}, NOON)
    assert await readings.next(NOON) is None
    await Chats(database).choose(GROUP, {"ocr": True}, NOON)
    assert (await _next(readings)).image_id == entry.image_id
    await readings.skip(entry.image_id)
    await indexed(database, post(3, file="same"))
    assert {photo.chat_id for photo in (await _next(readings)).photos} == {-5, GROUP.id}


async def test_a_picture_that_is_gone_meanwhile_is_kept_by_its_reading(database: Database, readings: Readings) -> None:
    """Nothing is written for an image that nobody shows any more."""
    entry, *_ = await indexed(database, post(1))
    await Photos(database).remove(GROUP.id, 1)
    await readings.done(entry.image_id, "too late")
    assert await readings.waiting() == 0
    assert await _found(database, "too late") == []


async def test_a_clock_that_was_set_back_makes_pictures_wait_for_days(database: Database, readings: Readings) -> None:
    """Later than anything is ever postponed: due at once; what is due within that time keeps its pause."""
    soon, late = await indexed(database, post(1), post(2))
    await readings.postpone(soon.image_id, "busy", NOON + timedelta(minutes=30))
    await readings.postpone(late.image_id, "busy", NOON + timedelta(days=2))
    assert await readings.release(NOON + timedelta(hours=1)) == 1
    assert (await _next(readings)).image_id == late.image_id
