"""Photos that were given up."""

from __future__ import annotations

from datetime import timedelta

from storage.database import Database
from storage.failures import Failures
from storage.photos import Photos
from storage.queue import IndexQueue
from storage.records import PhotoState
from tests.storage.builders import GROUP, NOON, post

LEASE = timedelta(minutes=1)


async def test_a_second_chance_reaches_another_chat(database: Database) -> None:
    """Only the chat's own failed photos wait again, as if they were new; without a chat, all of them."""
    photos, queue, failures = Photos(database), IndexQueue(database), Failures(database)
    for number in (1, 2, 3):
        await photos.add(post(number))
    await photos.add(post(1, chat_id=-5))
    claimed = await queue.claim(9, NOON, LEASE)
    for photo in claimed:
        if photo.message_id != 3:
            await queue.fail(photo.id, photo.image_id, f"reason {photo.message_id}")
    assert [photo.error for photo in await failures.newest(GROUP.id, 9)] == ["reason 2", "reason 1"]
    assert len(await failures.newest(GROUP.id, 1)) == 1

    assert await failures.retry(GROUP.id) == 2
    again = await queue.claim(9, NOON, LEASE)
    assert {(photo.chat_id, photo.message_id, photo.attempts, photo.error) for photo in again} == {
        (GROUP.id, 1, 0, None),
        (GROUP.id, 2, 0, None),
    }
    [other] = await failures.newest(-5, 9)
    assert other.state is PhotoState.FAILED
    assert await failures.retry(None) == 1
    assert await failures.newest(-5, 9) == []
