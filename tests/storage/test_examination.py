"""What operators ask of a whole archive, on either database."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import delete, update

from storage.belongings import Belongings
from storage.census import Census, ChatNumbers
from storage.chats import Chats
from storage.database import Database
from storage.examination import Examination, Reason
from storage.photos import Photos
from storage.queue import IndexQueue
from storage.records import FileKind
from storage.schema import images, photos, texts, vectors
from storage.unembedded import UnembeddedImages
from tests.storage.builders import GROUP, MODEL, NOON, added, indexed, post


async def test_rows_that_do_not_belong_together_are_not_counted(database: Database) -> None:
    """Counted, mended, and gone: what foreign keys do not forbid."""
    examination = Examination(database)
    await indexed(database, *[post(number) for number in range(4)])
    assert await examination.orphans() == {}
    async with database.transaction() as connection:
        await connection.execute(images.insert().values(file_unique_id="nobody's"))
        await connection.execute(update(texts).where(texts.c.photo_id == 1).values(chat_id=-5))
        await connection.execute(update(vectors).where(vectors.c.image_id == 2).values(vector=b"\x01"))
        await connection.execute(delete(vectors).where(vectors.c.image_id == 3))
    assert await examination.orphans() == {"images of no photo": 1}
    assert (await examination.misfiled(), await examination.without_image()) == (1, 0)
    assert (await examination.torn_vectors(), await examination.without_vector(MODEL)) == (1, 2)
    unembedded = UnembeddedImages(database, MODEL)
    assert await unembedded.count() == len(await unembedded.photos(0, 10)) == 2
    await examination.drop_orphans()
    await examination.file_rightly()
    await examination.give_images()
    await examination.index_again(MODEL)
    assert await examination.orphans() == {}
    assert (await examination.misfiled(), await examination.torn_vectors()) == (0, 0)
    assert await examination.without_vector(MODEL) == 0
    assert await examination.dimensions(MODEL) == 16
    assert (await Census(database).photos()).waiting == 2


async def test_what_waits_and_what_failed_is_counted_wrongly(database: Database) -> None:
    """Due, in hand, postponed, left lying, failed for which reason, and on disk."""
    rows, queue, examination = Photos(database), IndexQueue(database), Examination(database)
    for number in range(6):
        await added(rows, post(number))
    await added(rows, replace(post(6), kind=FileKind.DISK, file_id="file:///a.jpg"))
    taken = await queue.claim(4, NOON, timedelta(minutes=2))
    await queue.postpone(taken[0].id, taken[0].image_id, "away", NOON + timedelta(minutes=9))
    await queue.fail(taken[1].id, taken[1].image_id, "too big")
    counts = await Census(database).queue(NOON)
    assert (counts.due, counts.in_hand, counts.postponed) == (3, 2, 1)
    assert counts.next_due == NOON + timedelta(minutes=9)
    assert await examination.left_lying(NOON) == 0
    assert await examination.left_lying(NOON + timedelta(hours=2)) == 3
    assert await examination.left_lying(NOON - timedelta(days=2)) == 3
    assert await examination.failures() == [Reason("too big", 1)]
    assert await examination.files_on_disk() == {"file:///a.jpg": 1}
    await added(rows, replace(post(7), kind=FileKind.DISK, file_id="original:abc"))
    assert await Census(database).left_in_place() == 1


async def test_a_chat_is_handed_out_with_what_is_anothers(database: Database) -> None:
    """Photos in the order in which they were posted, and only its own."""
    chats, kept = Chats(database), Belongings(database)
    await chats.joined(GROUP, NOON)
    await chats.left(GROUP.id, NOON)
    await indexed(database, post(1, minutes=5), post(2), post(3, chat_id=-5))
    async with database.transaction() as connection:
        await connection.execute(update(photos).where(photos.c.id == 2).values(indexed_at=None))
    assert await kept.photo_ids(GROUP.id) == [2, 1]
    assert set(await kept.indexed_at([1, 2])) == {1}
    assert await kept.readings([1, 2]) == {}
    assert await kept.choices(GROUP.id) == {}
    assert await kept.opted_out(GROUP.id) == []
    assert await kept.forgotten([GROUP.id]) == []
    assert await kept.questions(GROUP.id) == []
    assert await Census(database).chats() == ChatNumbers(present=0, left=1)
    assert await Census(database).questions(NOON) == 0
