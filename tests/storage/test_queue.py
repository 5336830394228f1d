"""The queue of photos that wait to be indexed."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from storage.database import Database
from storage.photos import Photos
from storage.queue import IndexQueue
from storage.records import PhotoState
from storage.schema import photos as table
from tests.storage.builders import GROUP, NOON, added, post

LEASE = timedelta(minutes=5)
SOON = NOON + timedelta(minutes=1)
AFTER_LEASE = NOON + LEASE


async def test_a_noisy_chat_starves_the_others(photos: Photos, queue: IndexQueue) -> None:
    """Chats take turns: one photo of a quiet chat is claimed beside thirty earlier ones of a noisy chat."""
    noisy = [(await added(photos, post(number, chat_id=-1))).id for number in range(30)]
    quiet = [(await added(photos, post(number, chat_id=-2))).id for number in range(2)]
    claimed = await queue.claim(6, NOON, LEASE)
    assert {photo.id for photo in claimed} == {*noisy[:4], *quiet}


@pytest.mark.parametrize("chats", [1, 3, 4, 9])
async def test_a_claim_is_not_filled(chats: int, photos: Photos, queue: IndexQueue) -> None:
    """However many chats wait, as many photos are claimed as were asked for, the earliest first."""
    ids = [(await added(photos, post(number, chat_id=-1 - number % chats))).id for number in range(12)]
    assert [photo.id for photo in await queue.claim(4, NOON, LEASE)] == ids[:4]
    assert [photo.id for photo in await queue.claim(99, NOON, LEASE)] == ids[4:]


async def test_a_photo_is_claimed_twice(photos: Photos, queue: IndexQueue) -> None:
    """A photo in hand is not handed out again before its lease has ended."""
    await added(photos, post(1))
    assert len(await queue.claim(9, NOON, LEASE)) == 1
    assert await queue.claim(9, SOON, LEASE) == []
    assert len(await queue.claim(9, AFTER_LEASE, LEASE)) == 1


async def test_what_a_dead_process_had_in_hand_waits_for_its_lease(photos: Photos, queue: IndexQueue) -> None:
    """At start every lease ends, but what was postponed stays so, unless that was by a clock set back since."""
    held = await added(photos, post(1))
    postponed = await added(photos, post(2))
    await queue.claim(9, NOON, LEASE)
    await queue.postpone(postponed.id, postponed.image_id, "try later", AFTER_LEASE)
    assert await queue.release_all(AFTER_LEASE) == 1
    assert [photo.id for photo in await queue.claim(9, SOON, LEASE)] == [held.id]
    assert await queue.release_all(SOON) == 2


async def test_a_finished_photo_is_claimed_again(photos: Photos, queue: IndexQueue) -> None:
    """What is indexed leaves the queue."""
    photo = await added(photos, post(1))
    await queue.claim(9, NOON, LEASE)
    assert await queue.finish([(photo.id, photo.image_id)]) == [(photo.id, photo.image_id)]
    assert await queue.claim(9, AFTER_LEASE, LEASE) == []
    assert (await photos.get([photo.id]))[photo.id].state is PhotoState.INDEXED


async def test_a_vector_of_the_old_picture_counts_for_the_new(photos: Photos, queue: IndexQueue) -> None:
    """Finished are only photos that still exist and still show the image that was embedded."""
    kept, edited, removed = [await added(photos, post(number)) for number in (1, 2, 3)]
    await queue.claim(9, NOON, LEASE)
    await photos.edit(post(2, file="new"))
    await photos.remove(GROUP.id, 3)
    pairs = [(photo.id, photo.image_id) for photo in (kept, edited, removed)]
    assert await queue.finish(pairs) == pairs[:1]
    assert await queue.waiting() == 1


async def test_a_failure_of_the_old_picture_fails_the_new(photos: Photos, queue: IndexQueue) -> None:
    """A failure or delay of what was in hand before an edit does not touch the new picture."""
    photo = await added(photos, post(1))
    await queue.claim(9, NOON, LEASE)
    await photos.edit(post(1, file="new"))
    await queue.fail(photo.id, photo.image_id, "not a picture")
    await queue.postpone(photo.id, photo.image_id, "no connection", AFTER_LEASE)
    waiting = (await queue.claim(9, NOON, LEASE))[0]
    assert (waiting.file_unique_id, waiting.attempts, waiting.error) == ("unique-new", 0, None)


async def test_a_failure_forgets_its_reason(photos: Photos, queue: IndexQueue) -> None:
    """A photo given up keeps why, and leaves the queue."""
    photo = await added(photos, post(1))
    await queue.claim(9, NOON, LEASE)
    await queue.fail(photo.id, photo.image_id, "not a picture")
    failed = (await photos.get([photo.id]))[photo.id]
    assert (failed.state, failed.error) == (PhotoState.FAILED, "not a picture")
    assert await queue.claim(9, AFTER_LEASE, LEASE) == []


async def test_a_postponed_photo_is_retried_at_once(photos: Photos, queue: IndexQueue) -> None:
    """It comes back when it is due, with the attempt counted and the reason kept."""
    photo = await added(photos, post(1))
    await queue.claim(9, NOON, LEASE)
    await queue.postpone(photo.id, photo.image_id, "no connection", SOON)
    assert await queue.claim(9, NOON, LEASE) == []
    again = (await queue.claim(9, SOON, LEASE))[0]
    assert (again.id, again.attempts, again.error) == (photo.id, 1, "no connection")


async def test_postponed_photos_hold_up_the_new_ones(photos: Photos, queue: IndexQueue) -> None:
    """A chat whose first photos all wait for a later moment is still served its next one."""
    for number in range(5):
        await added(photos, post(number))
    for photo in await queue.claim(9, NOON, LEASE):
        await queue.postpone(photo.id, photo.image_id, "no connection", AFTER_LEASE)
    new = await added(photos, post(6))
    assert [photo.id for photo in await queue.claim(2, SOON, LEASE)] == [new.id]


async def test_the_indexer_sleeps_past_the_next_photo(photos: Photos, queue: IndexQueue) -> None:
    """The next moment with work is now, the end of a delay or lease, or never."""
    assert await queue.next_due(NOON) is None
    photo = await added(photos, post(1))
    assert await queue.next_due(NOON) == NOON
    await queue.claim(9, NOON, LEASE)
    assert await queue.next_due(NOON) == AFTER_LEASE
    await queue.postpone(photo.id, photo.image_id, "no connection", SOON)
    assert await queue.next_due(NOON) == SOON
    assert await queue.next_due(AFTER_LEASE) == AFTER_LEASE


async def test_waiting_counts_what_is_done(photos: Photos, queue: IndexQueue) -> None:
    """Waiting are the pending ones, in hand or not."""
    for number in range(3):
        await added(photos, post(number))
    claimed = await queue.claim(2, NOON, LEASE)
    await queue.fail(claimed[0].id, claimed[0].image_id, "not a picture")
    assert await queue.waiting() == 2


async def test_the_failure_of_an_edited_away_picture_sinks_the_new_one(photos: Photos, queue: IndexQueue) -> None:
    """What failed is the picture in hand; the one that took its place, already claimed itself, is still indexed."""
    await added(photos, post(1, file="old"))
    [before] = await queue.claim(9, NOON, LEASE)
    edit = await photos.edit(post(1, file="new"))
    assert edit is not None
    [after] = await queue.claim(9, NOON, LEASE)
    assert after.image_id != before.image_id
    await queue.fail(before.id, before.image_id, "the old file is gone")
    assert await queue.finish([(after.id, after.image_id)]) == [(after.id, after.image_id)]


async def test_a_cancelled_claim_keeps_the_database_locked(photos: Photos, queue: IndexQueue) -> None:
    """Whoever is cancelled amid a transaction (the bot stops) leaves no lock behind for the next one to wait on."""
    await added(photos, post(1))
    for steps in range(12):
        claim = asyncio.create_task(queue.claim(1, NOON, timedelta(0)))
        for _ in range(steps):
            await asyncio.sleep(0.0002)
        claim.cancel()
        await asyncio.gather(claim, return_exceptions=True)
        await added(photos, post(2 + steps))


async def test_five_thousand_photos_of_one_chat_stand_before_one_of_another(
    database: Database, photos: Photos, queue: IndexQueue
) -> None:
    """A photo that is posted while a batch of the noisy chat is in hand is in the very next one."""
    first = await added(photos, post(0, chat_id=-1))
    async with database.transaction() as connection:
        row = (await connection.execute(select(table).where(table.c.id == first.id))).one()._asdict()
        del row["id"]
        await connection.execute(insert(table), [row | {"message_id": number} for number in range(1, 5_000)])
    assert len(await queue.claim(64, NOON, LEASE)) == 64
    quiet = await added(photos, post(1, chat_id=-2))
    assert quiet.id in {photo.id for photo in await queue.claim(64, NOON, LEASE)}
