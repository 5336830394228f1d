"""Photos out of exports, on both kinds of database."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from storage.database import Database
from storage.failures import Failures
from storage.filters import Filters
from storage.imports import Imports
from storage.photos import Photos
from storage.queue import IndexQueue
from storage.readings import Readings
from storage.records import FileKind, PhotoSource, PhotoState, Sender
from storage.remains import Files, Remains
from storage.stand_ins import is_stand_in
from storage.standings import Judged, Standing
from storage.texts import Texts
from tests.storage.builders import GROUP, HISTORY, NOON, added, exported, post


async def test_an_import_is_stored_twice(imports: Imports, photos: Photos) -> None:
    """The second time finds everything there, also what an export tells twice."""
    posts = [exported(1), exported(2, file="same"), exported(3, file="same"), exported(3, file="same")]
    assert await imports.add(GROUP.id, posts) == [*[Standing.NEW] * 3, Standing.IMPORTED]
    assert await imports.add(GROUP.id, posts) == [Standing.IMPORTED] * 4
    first, second, third = (await photos.get([1, 2, 3])).values()
    assert second.image_id == third.image_id != first.image_id
    assert (first.source, first.kind, first.state) == (PhotoSource.IMPORT, FileKind.DISK, PhotoState.PENDING)
    assert (await photos.counts(GROUP.id)).waiting == 3


async def test_an_import_overwrites_what_the_bot_saw_itself(imports: Imports, photos: Photos) -> None:
    """The live photo stays as it is; so does the imported one until an edit, after which it is a live one."""
    live = await added(photos, replace(post(1), caption="live"))
    assert await imports.add(GROUP.id, [exported(1, caption="exported"), exported(2)]) == [Standing.LIVE, Standing.NEW]
    assert await photos.find(GROUP.id, 1) == live
    edit = await photos.edit(post(2, file="as-telegram-has-it"))
    assert edit is not None
    assert (edit.photo.source, edit.image_changed) == (PhotoSource.LIVE, True)


async def test_message_numbers_of_another_account_are_taken_for_the_bots_own(imports: Imports, photos: Photos) -> None:
    """In a basic group the same number means another message: what the bot saw is known by who posted it and when."""
    assert is_stand_in(HISTORY)
    assert not is_stand_in(GROUP.id)
    await added(photos, post(1, minutes=5))
    posts = [
        exported(1, origin=HISTORY, date=NOON + timedelta(minutes=9)),
        exported(700, origin=HISTORY, date=NOON + timedelta(minutes=5)),
        exported(701, origin=HISTORY, date=NOON + timedelta(minutes=5), sender=Sender(8, "Bob")),
    ]
    assert await imports.add(GROUP.id, posts) == [Standing.NEW, Standing.LIVE, Standing.NEW]


async def test_imported_photos_are_not_found_by_what_is_said_of_them(
    imports: Imports, photos: Photos, database: Database
) -> None:
    """Captions, but no commands, and what was read from the same picture before, are searched from the start."""
    seen = await added(photos, replace(post(1, file="sign"), caption=None))
    await IndexQueue(database).finish([(seen.id, seen.image_id)])
    await Readings(database).done(seen.image_id, "no entry")
    await imports.add(
        GROUP.id,
        [
            replace(exported(2), file_unique_id="unique-sign", caption="the gate"),
            exported(3, caption="/search the gate"),
            exported(4, caption=None),
        ],
    )
    found = await Texts(database).matching(GROUP.id, ["gate", "entry"], 9, Filters())
    assert sorted((one.photo_id, one.text) for one in found.found) == [
        (1, "no entry"),
        (2, "no entry"),
        (2, "the gate"),
    ]


async def test_a_photo_that_is_posted_waits_behind_an_import(
    imports: Imports, photos: Photos, queue: IndexQueue
) -> None:
    """Whatever people post in any chat is claimed first, then a few of the imported; without them in hand it would
    wait for a claim."""
    await imports.add(GROUP.id, [exported(number) for number in range(1, 41)])
    live = [(await added(photos, post(number, chat_id=-number))).id for number in range(50, 53)]
    assert {photo.id for photo in await queue.claim(64, NOON, timedelta(minutes=1))} == set(live)
    imported = await queue.claim(64, NOON, timedelta(minutes=1))
    assert [photo.message_id for photo in imported] == list(range(1, 17))
    assert await imports.waiting([GROUP.id], NOON) == 40
    assert await imports.waiting([-50], NOON) == 0


async def test_an_import_alone_gives_up_live_photos(photos: Photos, imports: Imports, database: Database) -> None:
    """Where there is no Telegram to fetch them from, live photos are not handed out, nor waited for."""
    alone = IndexQueue(database, [PhotoSource.IMPORT])
    await added(photos, post(1))
    assert await alone.claim(64, NOON, timedelta(minutes=1)) == []
    assert await alone.next_due(NOON) is None
    await imports.add(GROUP.id, [exported(2)])
    assert [photo.message_id for photo in await alone.claim(64, NOON, timedelta(minutes=1))] == [2]


async def test_an_export_that_was_moved_stays_lost(imports: Imports, photos: Photos, queue: IndexQueue) -> None:
    """Photos learn where their files are now, and those that were given up are tried again; live ones never."""
    await imports.add(GROUP.id, [exported(1), exported(2)])
    await queue.claim(9, NOON, timedelta(minutes=1))
    await queue.fail(1, 1, "gone")
    live = await added(photos, post(3))
    await imports.move({1: "file:///new/1.jpg", 2: "file:///new/2.jpg", live.id: "file:///etc/passwd"})
    first, second, third = (await photos.get([1, 2, live.id])).values()
    assert (first.file_id, first.state, first.error) == ("file:///new/1.jpg", PhotoState.PENDING, None)
    assert second.file_id == "file:///new/2.jpg"
    assert third.file_id == live.file_id
    [judged] = await imports.judged(GROUP.id, [exported(1)])
    assert judged.imported is not None
    assert judged.imported.file_id == first.file_id


async def test_an_uploaded_photo_is_not_known_again(imports: Imports, photos: Photos) -> None:
    """Who replies to what the bot has shown means the imported photo: by its upload it is found, here only."""
    await imports.add(GROUP.id, [exported(1, file="a")])
    await imports.add(-5, [exported(1, origin=-5, file="b")])
    await photos.keep_photo_file_id(1, "uploaded", "upload-of-a")
    assert await photos.known_image("upload-of-a") == 1
    assert [photo.id for photo in await photos.by_file(GROUP.id, "upload-of-a")] == [1]
    assert await photos.by_file(-5, "upload-of-a") == []


async def test_an_import_waits_for_a_disk_that_is_away(imports: Imports, queue: IndexQueue) -> None:
    """What was put off does not count as being on its way; what is in hand does."""
    await imports.add(GROUP.id, [exported(1), exported(2)])
    await queue.claim(9, NOON, timedelta(minutes=1))
    assert await imports.waiting([GROUP.id], NOON) == 2
    await queue.postpone(1, 1, "the disk is away", NOON + timedelta(hours=1))
    assert await imports.waiting([GROUP.id], NOON) == 1
    assert await imports.unfinished(GROUP.id, NOON) == (0, 1), "the end of an import tells of it"
    await queue.fail(2, 2, "no picture")
    assert await imports.unfinished(GROUP.id, NOON) == (1, 1)


async def test_pages_of_another_chat_are_taken_for_this_ones(imports: Imports, photos: Photos) -> None:
    """Where a message's number alone says which it is, numbers and dates have to agree with what is known."""
    await added(photos, post(10, minutes=10))
    await added(photos, post(20, minutes=20))
    for known in ([(10, 10)], [(11, 11), (19, 19)], [(9, 10), (21, 20)], [(20, 20), (10, 10)], []):
        assert await imports.fits(GROUP.id, [exported(number, date=_after(minutes)) for number, minutes in known])
    for strange in ([(10, 70)], [(11, 5)], [(15, 25)], [(5, 15)], [(25, 15)]):
        assert not await imports.fits(GROUP.id, [exported(number, date=_after(minutes)) for number, minutes in strange])
    assert await imports.fits(GROUP.id, [exported(10, origin=HISTORY)])


async def test_files_copied_before_a_crash_are_never_looked_for(imports: Imports, database: Database) -> None:
    """That copying begins is noted before the first file."""
    await imports.copying()
    assert await Remains(database).since(Files.ORIGINALS) is not None


async def test_what_failed_for_its_file_is_not_retried(imports: Imports, queue: IndexQueue, database: Database) -> None:
    """/retry counts imported photos like others."""
    await imports.add(GROUP.id, [exported(1)])
    await queue.claim(9, NOON, timedelta(minutes=1))
    await queue.fail(1, 1, "gone")
    assert await Failures(database).retry(GROUP.id) == 1
    assert await imports.judged(GROUP.id, []) == []
    assert await imports.judged(GROUP.id, [exported(9)]) == [Judged(Standing.NEW)]


def _after(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)
