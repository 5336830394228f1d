"""One row per photo message, one image per file."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import func, select

from storage.database import Database
from storage.embeddings import Embeddings
from storage.erasure import Erasure
from storage.photos import Photos
from storage.queue import IndexQueue
from storage.records import FileKind, PhotoSource, PhotoState
from storage.schema import images
from tests.storage.builders import GROUP, MODEL, NOON, POST, added, indexed, post, unit


async def _images(database: Database) -> int:
    async with database.reading() as connection:
        return await connection.scalar(select(func.count()).select_from(images)) or 0


async def test_what_a_message_said_is_changed_by_storing(photos: Photos) -> None:
    """Every field of a post comes back as it went in."""
    full = replace(
        POST,
        message_id=2**33,
        thread_id=17,
        media_group_id="album",
        kind=FileKind.DOCUMENT,
        mime_type="image/png",
        caption="Зима ❄ 冬天",
        spoiler=True,
        protected=True,
        source=PhotoSource.IMPORT,
    )
    photo = await added(photos, full)
    for name in full.__dataclass_fields__:
        assert getattr(photo, name) == getattr(full, name), name
    assert (photo.origin_chat_id, photo.state, photo.attempts) == (GROUP.id, PhotoState.PENDING, 0)
    assert await photos.get([photo.id]) == {photo.id: photo}
    brief = (await photos.in_brief([photo.id]))[photo.id]
    for name in brief._fields:
        assert getattr(brief, name) == getattr(photo, name), name
    assert await photos.find(GROUP.id, 2**33) == photo


async def test_a_moment_loses_its_time_zone(photos: Photos) -> None:
    """Whatever the zone of a date, the same moment comes back in UTC; one without a zone is refused."""
    there = timezone(timedelta(hours=-9, minutes=-30))
    photo = await added(photos, replace(POST, date=NOON.astimezone(there)))
    assert photo.date == NOON
    assert photo.date.utcoffset() == timedelta(0)
    with pytest.raises(Exception, match="time zone"):
        await photos.add(replace(POST, message_id=2, date=datetime(2026, 1, 1)))  # noqa: DTZ001


async def test_a_repeated_update_stores_a_photo_twice(photos: Photos, database: Database) -> None:
    """The second time the message is known; nothing of it stays, not even its image."""
    await added(photos, post(1))
    assert await photos.add(post(1)) is None
    assert await photos.add(post(1, file="other")) is None
    assert await _images(database) == 1


async def test_equal_files_are_embedded_twice(photos: Photos, database: Database) -> None:
    """Two messages with the same file share one image, in different chats too."""
    first = await added(photos, post(1, file="same"))
    second = await added(photos, post(1, chat_id=-5, file="same"))
    assert first.image_id == second.image_id == await photos.known_image("unique-same")
    assert await photos.known_image("unique-never-seen") is None
    assert await photos.by_file(-5, "unique-same") == [second]


async def test_postings_of_a_file_come_in_no_order(photos: Photos) -> None:
    """They come by date, then id, from this chat only."""
    late = await added(photos, post(1, file="same", minutes=9))
    early = await added(photos, post(2, file="same", minutes=1))
    early_too = await added(photos, post(3, file="same", minutes=1))
    await added(photos, post(1, chat_id=-5, file="same"))
    assert await photos.by_file(GROUP.id, "unique-same") == [early, early_too, late]


async def test_an_edited_caption_embeds_the_photo_again(photos: Photos, database: Database) -> None:
    """New words change the words alone."""
    await indexed(database, post(1))
    edit = await photos.edit(replace(post(1), caption="new words", spoiler=True))
    assert edit is not None
    assert (edit.image_changed, edit.previous_image_id) == (False, None)
    assert (edit.photo.caption, edit.photo.spoiler) == ("new words", True)
    assert edit.photo.state is PhotoState.INDEXED


async def test_an_edited_picture_keeps_the_old_vector(photos: Photos, queue: IndexQueue, database: Database) -> None:
    """Another picture waits to be indexed, with no attempts counted, and the old image is gone."""
    old = await added(photos, post(1))
    await Embeddings(database, MODEL).store({old.image_id: unit(1)})
    await queue.claim(1, NOON, timedelta(minutes=1))
    await queue.postpone(old.id, old.image_id, "no connection", NOON + timedelta(days=1))
    edit = await photos.edit(post(1, file="new"))
    assert edit is not None
    assert (edit.image_changed, edit.previous_image_id) == (True, old.image_id)
    assert (edit.photo.id, edit.photo.state, edit.photo.attempts) == (old.id, PhotoState.PENDING, 0)
    assert edit.photo.error is None
    assert await Embeddings(database, MODEL).vectors([old.image_id]) == {}
    assert [photo.id for photo in await queue.claim(1, NOON, timedelta(minutes=1))] == [old.id]


async def test_an_edit_takes_the_picture_from_another_chat(photos: Photos, database: Database) -> None:
    """An image that another photo shows stays."""
    await added(photos, post(1, file="shared"))
    await added(photos, post(1, chat_id=-5, file="shared"))
    await photos.edit(post(1, file="new"))
    assert await photos.known_image("unique-shared") is not None
    assert await _images(database) == 2


async def test_the_edit_of_an_unseen_message_is_dropped(photos: Photos) -> None:
    """A message the bot never saw is added by its edit."""
    edit = await photos.edit(post(1))
    assert edit is not None
    assert (edit.image_changed, edit.previous_image_id) == (True, None)
    assert await photos.find(GROUP.id, 1) == edit.photo


async def test_an_edit_brings_a_forgotten_photo_back(photos: Photos, database: Database) -> None:
    """What was forgotten stays so, edited or posted again under its id."""
    await added(photos, post(1))
    assert [places async for places in Erasure(database).forget(GROUP.id, [1])]
    assert await photos.edit(post(1, file="new")) is None
    assert await photos.add(post(1)) is None
    assert await photos.find(GROUP.id, 1) is None


async def test_a_removed_photo_leaves_its_vector_behind(photos: Photos, database: Database) -> None:
    """Row, image and vectors go; a picture that was also posted elsewhere stays there."""
    embeddings = Embeddings(database, MODEL)
    alone, here, there = await indexed(database, post(1), post(2, file="shared"), post(2, chat_id=-5, file="shared"))
    assert await photos.remove(GROUP.id, 1) is not None
    assert await photos.remove(GROUP.id, 2) is not None
    assert await photos.remove(GROUP.id, 2) is None
    assert set(await photos.get([alone.photo_id, here.photo_id, there.photo_id])) == {there.photo_id}
    assert set(await embeddings.vectors([alone.image_id, here.image_id])) == {there.image_id}


async def test_the_id_of_a_deleted_photo_is_given_to_another(photos: Photos) -> None:
    """Ids never come back, for an index or a button may still hold the old one."""
    gone = await added(photos, post(1))
    await photos.remove(GROUP.id, 1)
    new = await added(photos, post(2))
    assert new.id > gone.id
    assert new.image_id > gone.image_id


async def test_counts_mix_chats_and_states(photos: Photos, queue: IndexQueue, database: Database) -> None:
    """Each state is counted in its own chat, since the earliest photo that is not forgotten."""
    forgotten = await added(photos, post(1, minutes=1))
    assert [places async for places in Erasure(database).forget(GROUP.id, [forgotten.message_id])]
    await indexed(database, post(2, minutes=5), post(3, minutes=3), post(1, chat_id=-5))
    failing = await added(photos, post(4, minutes=7))
    await queue.claim(9, NOON, timedelta(minutes=1))
    await queue.fail(failing.id, failing.image_id, "not a picture")
    await added(photos, post(5, minutes=8))
    counts = await photos.counts(GROUP.id)
    assert (counts.indexed, counts.waiting, counts.failed) == (2, 1, 1)
    assert counts.since == NOON + timedelta(minutes=3)
    empty = await photos.counts(-77)
    assert (empty.indexed, empty.waiting, empty.failed, empty.since) == (0, 0, 0, None)


async def test_a_document_is_uploaded_again_for_every_posting(photos: Photos) -> None:
    """A file id that can be sent as a photo belongs to the image, so every posting of it has it."""
    first = await added(photos, post(1, file="same"))
    second = await added(photos, post(2, file="same"))
    await photos.keep_photo_file_id(first.image_id, "sendable", "usendable")
    found = await photos.get([first.id, second.id])
    assert [photo.photo_file_id for photo in found.values()] == ["sendable", "sendable"]


async def test_more_ids_than_a_statement_takes_are_an_error(photos: Photos) -> None:
    """Any number of ids may be asked for; what does not exist is left out."""
    photo = await added(photos, post(1))
    assert set(await photos.get(range(40_000))) == {photo.id}
    assert await photos.get([]) == {}
