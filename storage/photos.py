"""The photos of every chat's archive, as messages tell of them; the work over them is in `storage.queue`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ScalarSelect, Select, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import remains
from storage.chat_records import ChatCounts
from storage.database import Database, batches, insert
from storage.images import drop_unused_image, image_for, is_file, new_image
from storage.photo_rows import photo_rows
from storage.placing import added_photo, place_of
from storage.records import Edit, Photo, PhotoPost, PhotoState, Posting
from storage.remains import Files
from storage.schema import AT_ONCE, images, photos
from storage.taken_back import lift_taken_back, note_taken_back
from storage.text_cache import note
from storage.texts import keep_texts
from storage.uninterrupted import uninterrupted

IN_BRIEF = [photos.c[name] for name in Posting._fields]
STATES = {state.value: state for state in PhotoState}
ALBUM_REACH = 30
"""Message ids to either side: an album has at most ten messages, and others may come in between."""


class Photos:
    """Keeps one row per photo message, and one image per file however often it is posted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uninterrupted
    async def add(self, post: PhotoPost) -> Photo | None:
        """Write a new photo as pending; None where it is already known or not wanted. Durable on return.

        A post to a group that has become a supergroup goes to the supergroup's archive.
        """
        async with self._database.transaction() as connection:
            return await _add(connection, post)

    @uninterrupted
    async def edit(self, post: PhotoPost) -> Edit | None:
        """Bring the photo of an edited message up to date, or add it; None where it was forgotten.

        Another picture makes it pending again, with no attempts counted.
        """
        async with self._database.transaction() as connection:
            known = await _find(connection, post.chat_id, post.message_id)
            if known is None:
                await lift_taken_back(connection, post)
                added = await _add(connection, post)
                return None if added is None else Edit(added, None, image_changed=True)
            return await _edit(connection, known, post)

    @uninterrupted
    async def remove(self, origin_chat_id: int, message_id: int, *, is_taken_back: bool = False) -> Photo | None:
        """Delete a photo, and its image and vectors unless another photo shows it; returns what it was.

        One that was taken back comes in by no export, only by an edit of its message.
        """
        async with self._database.transaction() as connection:
            photo = await _find(connection, origin_chat_id, message_id)
            if photo is not None:
                await connection.execute(delete(photos).where(photos.c.id == photo.id))
                note(connection, photo.chat_id, [photo.id])
                await drop_unused_image(connection, photo.image_id)
                await remains.note(connection, *Files)
                if is_taken_back:
                    sender = photo.sender.id
                    await note_taken_back(connection, origin_chat_id, message_id, sender, photo.date)
            return photo

    async def get(self, ids: Sequence[int]) -> dict[int, Photo]:
        """The photos of these ids; what does not exist is left out."""
        found: dict[int, Photo] = {}
        async with self._database.reading() as connection:
            for batch in batches(ids):
                rows = await connection.execute(photo_rows().where(photos.c.id.in_(batch)))
                found |= {row.id: Photo.from_row(row) for row in rows}
        return found

    async def in_brief(self, ids: Sequence[int]) -> dict[int, Posting]:
        """The same in brief, for many."""
        async with self._database.reading() as connection:
            return await brief(connection, select(*IN_BRIEF), ids)

    async def find(self, origin_chat_id: int, message_id: int) -> Photo | None:
        """The photo of a message; `origin_chat_id` is the chat in which that message stands."""
        async with self._database.reading() as connection:
            return await _find(connection, origin_chat_id, message_id)

    async def newest_id(self) -> int:
        """The id given last; every later photo gets a higher one."""
        async with self._database.reading() as connection:
            return await connection.scalar(select(func.max(photos.c.id))) or 0

    async def by_file(self, chat_id: int, file_unique_id: str) -> list[Photo]:
        """Every posting of a file in a chat's archive, earliest first."""
        shown = select(images.c.id).where(is_file(file_unique_id))
        of_file = photo_rows().where(photos.c.image_id.in_(shown), photos.c.chat_id == chat_id)
        async with self._database.reading() as connection:
            postings = [Photo.from_row(row) for row in await connection.execute(of_file)]
        # Sorted here: asked for an order, SQLite would walk the whole chat by date to spare itself sorting.
        return sorted(postings, key=lambda photo: (photo.date, photo.id))

    async def album(self, origin_chat_id: int, message_id: int, media_group_id: str) -> list[Photo]:
        """The photos of the album to which a message belongs; its other messages have ids close by."""
        nearby = photos.c.message_id.between(message_id - ALBUM_REACH, message_id + ALBUM_REACH)
        of_album = photo_rows().where(
            photos.c.origin_chat_id == origin_chat_id, nearby, photos.c.media_group_id == media_group_id
        )
        async with self._database.reading() as connection:
            return [Photo.from_row(row) for row in await connection.execute(of_album)]

    async def counts(self, chat_id: int) -> ChatCounts:
        """How many photos of a chat are in which state, and since when there are any."""
        earliest = select(photos.c.date).where(photos.c.chat_id == chat_id).order_by(photos.c.date).limit(1)
        # Of all there are, by the narrowest index, and of those that are not indexed: half the time for 134,000 photos.
        # In one statement, which sees one state of the database.
        asked = select(
            _number(chat_id).label("all"),
            _number(chat_id, PhotoState.PENDING).label("waiting"),
            _number(chat_id, PhotoState.FAILED).label("failed"),
            earliest.scalar_subquery().label("since"),
        )
        async with self._database.reading() as connection:
            found = (await connection.execute(asked)).one()
        indexed = found.all - found.waiting - found.failed
        return ChatCounts(indexed=indexed, waiting=found.waiting, failed=found.failed, since=found.since)

    @uninterrupted
    async def keep_photo_file_id(self, image_id: int, file_id: str, file_unique_id: str) -> None:
        """Remember a file id by which the image can be sent as a photo, and by what that photo is known again."""
        uploaded = {"photo_file_id": file_id, "photo_unique_id": file_unique_id}
        async with self._database.transaction() as connection:
            await connection.execute(update(images).where(images.c.id == image_id).values(uploaded))

    async def known_image(self, file_unique_id: str) -> int | None:
        """The image of a file, if any chat has posted it, or the bot has shown it as that file."""
        async with self._database.reading() as connection:
            image_id: int | None = await connection.scalar(select(images.c.id).where(is_file(file_unique_id)).limit(1))
            return image_id


async def brief(connection: AsyncConnection, rows: Select[Any], ids: Sequence[int]) -> dict[int, Posting]:
    """Of a selection of IN_BRIEF, the photos of these ids."""
    found: dict[int, Posting] = {}
    for batch in batches(ids):
        of_batch = await connection.execute(rows.where(photos.c.id.in_(batch)))
        found |= {row[0]: posting(row) for row in of_batch}
    return found


def posting(row: Any) -> Posting:
    """From a row of IN_BRIEF."""
    *others, state = row  # a thousand of them for a question: nothing is made twice
    return Posting._make((*others, STATES[state]))


async def _find(connection: AsyncConnection, origin_chat_id: int, message_id: int) -> Photo | None:
    of_message = photo_rows().where(photos.c.origin_chat_id == origin_chat_id, photos.c.message_id == message_id)
    row = (await connection.execute(of_message)).one_or_none()
    return None if row is None else Photo.from_row(row)


async def _get(connection: AsyncConnection, photo_id: int) -> Photo:
    return Photo.from_row((await connection.execute(photo_rows().where(photos.c.id == photo_id))).one())


async def _add(connection: AsyncConnection, post: PhotoPost) -> Photo | None:
    """In three statements at most where the photo is new and says nothing: a flood of photos passes through here."""
    place = await place_of(connection, post)
    if place.is_unwanted:
        return None
    image_id = place.image_id or await new_image(connection, post.file_unique_id)
    values = {
        "chat_id": place.chat_id,
        "origin_chat_id": post.chat_id,
        "message_id": post.message_id,
        **written(post),
        **to_be_indexed(image_id),
    }
    added = (
        insert(connection, photos)
        .on_conflict_do_nothing(index_elements=[photos.c.origin_chat_id, photos.c.message_id])
        .returning(photos.c.id)
    )
    photo_id = await connection.scalar(added, values)
    if photo_id is None:
        await drop_unused_image(connection, image_id)
        return None
    photo = added_photo(post, photo_id, image_id, place)
    if post.caption is not None or place.image_id is not None:
        await keep_texts(connection, photo)
    return photo


async def _edit(connection: AsyncConnection, known: Photo, post: PhotoPost) -> Edit:
    changed = known.file_unique_id != post.file_unique_id
    values = written(post)
    if changed:
        values |= to_be_indexed(await image_for(connection, post.file_unique_id))
    await connection.execute(update(photos).where(photos.c.id == known.id).values(values))
    if changed:
        await drop_unused_image(connection, known.image_id)
        await remains.note(connection, *Files)
    elif known.caption is not None and known.caption != post.caption:
        await remains.note(connection, Files.DATABASE)
    photo = await _get(connection, known.id)
    await keep_texts(connection, photo)
    return Edit(photo, known.image_id if changed else None, changed)


def to_be_indexed(image_id: int) -> dict[str, Any]:
    """The columns of a photo that waits to be indexed."""
    return {
        "image_id": image_id,
        "state": PhotoState.PENDING,
        "attempts": 0,
        "error": None,
        "due_at": AT_ONCE,
        "leased": False,
        "indexed_at": None,
    }


def written(post: PhotoPost) -> dict[str, Any]:
    """The columns that say what the message says."""
    return {
        "thread_id": post.thread_id,
        "media_group_id": post.media_group_id,
        "sender_id": post.sender.id,
        "sender_name": post.sender.name,
        "sender_username": post.sender.username,
        "date": post.date,
        "caption": post.caption,
        "kind": post.kind,
        "file_id": post.file_id,
        "mime_type": post.mime_type,
        "sizes": [size.to_json() for size in post.sizes],
        "spoiler": post.spoiler,
        "protected": post.protected,
        "source": post.source,
    }


def _number(chat_id: int, state: PhotoState | None = None) -> ScalarSelect[int]:
    """How many photos a chat has, in a state or in all."""
    of_chat = select(func.count()).where(photos.c.chat_id == chat_id)
    return (of_chat if state is None else of_chat.where(photos.c.state == state)).scalar_subquery()
