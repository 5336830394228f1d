"""Photos out of exports, taken into the archive many at a time; what people said of them before holds.

What is known of a message is never overwritten: what the bot saw itself is newer, and what people had forgotten stays
so. Both are asked twice, before a file is read and again in the transaction that writes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import remains
from storage.database import Database, batches, insert
from storage.photos import to_be_indexed, written
from storage.records import FileKind, PhotoPost, PhotoSource, PhotoState
from storage.remains import Files
from storage.schema import EVERYWHERE, IS_PENDING, forgotten, images, opt_outs, photos
from storage.stand_ins import Moment, is_stand_in
from storage.texts import keep_new_texts
from storage.uninterrupted import uninterrupted

ROWS = 200
"""Images or photos in one statement: 5,000 values, and a transaction of some 20 ms in all."""

Message = tuple[int, int]
"""`origin_chat_id` and `message_id`."""


class Standing(StrEnum):
    """What the archive says to a post."""

    NEW = "new"
    IMPORTED = "imported"
    """By an earlier run."""
    LIVE = "live"
    """The bot saw it itself."""
    FORGOTTEN = "forgotten"
    OPTED_OUT = "opted out"


@dataclass(frozen=True, slots=True)
class Imported:
    """What an earlier run has stored of a post."""

    photo_id: int
    file_id: str
    file_unique_id: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A post's standing."""

    standing: Standing
    imported: Imported | None = None
    """Set where the standing is that, and the file is still one on this machine."""


class Imports:
    """Takes photos in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def judged(self, archive: int, posts: Sequence[PhotoPost]) -> list[Judged]:
        """What the archive says to each of up to some hundred posts."""
        async with self._database.reading() as connection:
            return await _judged(connection, archive, posts)

    @uninterrupted
    async def add(self, archive: int, posts: Sequence[PhotoPost]) -> list[Standing]:
        """Write those that are new, as pending; what the archive said to each. Durable on return."""
        async with self._database.transaction() as connection:
            standings = [one.standing for one in await _judged(connection, archive, posts)]
            new: dict[Message, PhotoPost] = {}
            for number, post in enumerate(posts):
                message = (post.chat_id, post.message_id)
                if message in new:  # told twice by one export
                    standings[number] = Standing.IMPORTED
                elif standings[number] is Standing.NEW:
                    new[message] = post
            await _write(connection, archive, list(new.values()))
        return standings

    @uninterrupted
    async def move(self, file_ids: Mapping[int, str]) -> None:
        """The files of these photos lie elsewhere now; those that could not be read are tried again."""
        async with self._database.transaction() as connection:
            for photo_id, file_id in file_ids.items():
                this = update(photos).where(photos.c.id == photo_id, photos.c.kind == FileKind.DISK)
                await connection.execute(this.values(file_id=file_id))
                again = {"state": PhotoState.PENDING, "attempts": 0, "error": None}
                await connection.execute(this.where(photos.c.state == PhotoState.FAILED).values(again))

    async def unfinished(self, archive: int, now: datetime) -> tuple[int, int]:
        """How many imported photos of an archive were given up, and how many are put off."""
        has_failed, is_put_off = photos.c.state == PhotoState.FAILED, IS_PENDING & ~photos.c.leased
        counted = select(func.count()).where(photos.c.chat_id == archive, photos.c.source == PhotoSource.IMPORT)
        async with self._database.reading() as connection:
            failed = await connection.scalar(counted.where(has_failed))
            put_off = await connection.scalar(counted.where(is_put_off, photos.c.due_at > now))
        return failed or 0, put_off or 0

    async def waiting(self, chat_ids: Collection[int], now: datetime) -> int:
        """How many imported photos of these archives are in hand or due; not, what is put off, a file on a disk that
        is away."""
        here = (IS_PENDING, photos.c.source == PhotoSource.IMPORT, photos.c.chat_id.in_(chat_ids))
        waiting = select(func.count()).where(*here, photos.c.leased | (photos.c.due_at <= now))
        async with self._database.reading() as connection:
            return await connection.scalar(waiting) or 0

    @uninterrupted
    async def copying(self) -> None:
        """Files are about to be copied: should a crash come before their rows, the next sweep looks for them."""
        async with self._database.transaction() as connection:
            await remains.note(connection, Files.ORIGINALS)


async def _judged(connection: AsyncConnection, archive: int, posts: Sequence[PhotoPost]) -> list[Judged]:
    known = await _known(connection, posts)
    unwanted = await _forgotten(connection, posts)
    opted_out = await _opted_out(connection, archive, posts)
    seen = await _seen(connection, archive, posts)
    judged = []
    for post in posts:
        message = (post.chat_id, post.message_id)
        if message in known:
            judged.append(known[message])
        elif message in unwanted or (post.chat_id, _of_moment(post)) in unwanted:
            judged.append(Judged(Standing.FORGOTTEN))
        elif post.sender.id in opted_out:
            judged.append(Judged(Standing.OPTED_OUT))
        elif is_stand_in(post.chat_id) and _moment(post.sender.id, post.date) in seen:
            judged.append(Judged(Standing.LIVE))
        else:
            judged.append(Judged(Standing.NEW))
    return judged


async def _known(connection: AsyncConnection, posts: Sequence[PhotoPost]) -> dict[Message, Judged]:
    columns = (
        photos.c.id,
        photos.c.origin_chat_id,
        photos.c.message_id,
        photos.c.source,
        photos.c.kind,
        photos.c.file_id,
        images.c.file_unique_id,
    )
    found: dict[Message, Judged] = {}
    for origin, message_ids in _by_origin(posts).items():
        rows = await connection.execute(
            select(*columns)
            .join_from(photos, images)
            .where(photos.c.origin_chat_id == origin, photos.c.message_id.in_(message_ids))
        )
        for row in rows:
            is_ours = row.source == PhotoSource.IMPORT and row.kind == FileKind.DISK
            stored = Imported(row.id, row.file_id, row.file_unique_id) if is_ours else None
            standing = Standing.IMPORTED if row.source == PhotoSource.IMPORT else Standing.LIVE
            found[row.origin_chat_id, row.message_id] = Judged(standing, stored)
    return found


async def _forgotten(connection: AsyncConnection, posts: Sequence[PhotoPost]) -> set[Message]:
    found: set[Message] = set()
    moments = {_of_moment(post) for post in posts if is_stand_in(post.chat_id)}
    for origin, message_ids in _by_origin(posts).items():
        numbers = [*message_ids, *moments] if is_stand_in(origin) else message_ids
        rows = await connection.execute(
            select(forgotten).where(forgotten.c.origin_chat_id == origin, forgotten.c.message_id.in_(numbers))
        )
        found |= {(row.origin_chat_id, row.message_id) for row in rows}
    return found


async def _opted_out(connection: AsyncConnection, archive: int, posts: Sequence[PhotoPost]) -> set[int]:
    senders = {post.sender.id for post in posts if post.sender.id is not None}
    here = opt_outs.c.chat_id.in_([EVERYWHERE, archive])
    found = await connection.scalars(select(opt_outs.c.sender_id).where(opt_outs.c.sender_id.in_(senders), here))
    return set(found)


async def _seen(
    connection: AsyncConnection, archive: int, posts: Sequence[PhotoPost]
) -> set[tuple[int | None, datetime]]:
    """Who posted when, of photos that the bot saw itself: how a message is known again whose number says nothing. The
    photos of an album are of one second, and the bot saw all of them or none."""
    dates = {post.date.astimezone(UTC) for post in posts if is_stand_in(post.chat_id)}
    if not dates:
        return set()
    rows = await connection.execute(
        select(photos.c.sender_id, photos.c.date).where(
            photos.c.chat_id == archive, photos.c.date.in_(dates), photos.c.source == PhotoSource.LIVE
        )
    )
    return {_moment(row.sender_id, row.date) for row in rows}


async def _write(connection: AsyncConnection, archive: int, posts: Sequence[PhotoPost]) -> None:
    if not posts:
        return
    image_ids = await _images(connection, {post.file_unique_id for post in posts})
    added: list[tuple[int, PhotoPost]] = []
    for batch in batches(posts, ROWS):
        rows = [_row(archive, post, image_ids[post.file_unique_id]) for post in batch]
        of_message = {(post.chat_id, post.message_id): post for post in batch}
        made = insert(connection, photos).values(rows)
        made_rows = await connection.execute(made.returning(photos.c.id, photos.c.origin_chat_id, photos.c.message_id))
        added += [(row.id, of_message[row.origin_chat_id, row.message_id]) for row in made_rows]
    shown = [(photo_id, image_ids[post.file_unique_id], post.caption) for photo_id, post in added]
    await keep_new_texts(connection, archive, shown)


async def _images(connection: AsyncConnection, files: set[str]) -> dict[str, int]:
    """Ids of the images of these files, made where there are none: writers take turns, so nobody else makes them."""
    ids: dict[str, int] = {}
    for batch in batches(sorted(files), ROWS):
        known = select(images.c.file_unique_id, images.c.id).where(images.c.file_unique_id.in_(batch))
        ids |= {row.file_unique_id: row.id for row in await connection.execute(known)}
        missing = [{"file_unique_id": file} for file in batch if file not in ids]
        if missing:
            made = insert(connection, images).values(missing).returning(images.c.file_unique_id, images.c.id)
            ids |= {row.file_unique_id: row.id for row in await connection.execute(made)}
    return ids


def _row(archive: int, post: PhotoPost, image_id: int) -> dict[str, Any]:
    place = {"chat_id": archive, "origin_chat_id": post.chat_id, "message_id": post.message_id}
    return place | written(post) | to_be_indexed(image_id)


def _by_origin(posts: Sequence[PhotoPost]) -> dict[int, list[int]]:
    """Message ids by the chat they are of: one chat, or two where a group has become a supergroup."""
    found: dict[int, list[int]] = {}
    for post in posts:
        found.setdefault(post.chat_id, []).append(post.message_id)
    return found


def _of_moment(post: PhotoPost) -> int | None:
    """The number under which all that was posted in a post's second was forgotten, if it was."""
    sender = post.sender.id
    return Moment(sender, post.date).number if sender is not None and is_stand_in(post.chat_id) else None


def _moment(sender_id: int | None, date: datetime) -> tuple[int | None, datetime]:
    return sender_id, date.astimezone(UTC)
