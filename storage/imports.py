"""Photos out of exports, taken into the archive many at a time; what people said of them before holds.

What is known of a message is never overwritten: what the bot saw itself is newer, and what people had forgotten stays
so. Both are asked twice, before a file is read and again in the transaction that writes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import admission, remains
from storage.admission import successor
from storage.database import Database, batches, insert
from storage.message_order import fit
from storage.photos import to_be_indexed, written
from storage.records import FileKind, PhotoPost, PhotoSource, PhotoState
from storage.remains import Files
from storage.schema import IS_PENDING, chats, images, photos
from storage.standings import Judged, Message, Standing, standings
from storage.texts import keep_new_texts
from storage.uninterrupted import uninterrupted

ROWS = 200
"""Images or photos in one statement: 5,000 values, and a transaction of some 20 ms in all."""


class Imports:
    """Takes photos in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def purges(self, archive: int) -> int:
        """How often the archive was purged until now: for `add`."""
        async with self._database.reading() as connection:
            return await admission.purges(connection, await successor(connection, archive))

    async def judged(self, archive: int, posts: Sequence[PhotoPost]) -> list[Judged]:
        """What the archive says to each of up to some hundred posts."""
        async with self._database.reading() as connection:
            return await standings(connection, await successor(connection, archive), posts)

    async def people(self, archive: int) -> dict[str, int]:
        """Whoever has posted in a chat under a name that nobody else there has had, by that name."""
        who = photos.c.sender_id
        asked = (
            select(photos.c.sender_name, func.min(who).label("id"))
            .where(photos.c.chat_id == archive, who.is_not(None))
            .group_by(photos.c.sender_name)
            .having(func.min(who) == func.max(who))
        )
        async with self._database.reading() as connection:
            return {row.sender_name: row.id for row in await connection.execute(asked)}

    async def fits(self, archive: int, posts: Sequence[PhotoPost]) -> bool:
        """Whether the numbers and dates of messages said to be of this chat agree with those that are known of it."""
        async with self._database.reading() as connection:
            return await fit(connection, archive, [post for post in posts if post.chat_id == archive])

    @uninterrupted
    async def add(self, archive: int, posts: Sequence[PhotoPost], purged_before: int = 0) -> list[Standing]:
        """Write those that are new, as pending; what the archive said to each. Durable on return.

        Args:
            archive: the chat they go to; what it has become, if it became a supergroup since
            posts: up to some hundred
            purged_before: how often the archive had been purged as the import began
        Raises:
            ArchiveClosed: it takes nothing more.
        """
        async with self._database.transaction() as connection:
            archive = await successor(connection, archive)
            await admission.admit(connection, archive, purged_before)
            said = [one.standing for one in await standings(connection, archive, posts)]
            new: dict[Message, PhotoPost] = {}
            for number, post in enumerate(posts):
                message = (post.chat_id, post.message_id)
                if message in new:  # told twice by one export
                    said[number] = Standing.IMPORTED
                elif said[number] is Standing.NEW:
                    new[message] = post
            await _write(connection, archive, list(new.values()))
        return said

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
        imported = photos.c.source == PhotoSource.IMPORT
        async with self._database.reading() as connection:
            counted = select(func.count()).where(photos.c.chat_id == await successor(connection, archive), imported)
            failed = await connection.scalar(counted.where(has_failed))
            put_off = await connection.scalar(counted.where(is_put_off, photos.c.due_at > now))
        return failed or 0, put_off or 0

    async def waiting(self, chat_ids: Collection[int], now: datetime) -> int:
        """How many imported photos of these archives are in hand or due; not, what is put off, a file on a disk that
        is away."""
        moved = select(func.coalesce(chats.c.migrated_to, chats.c.id)).where(chats.c.id.in_(chat_ids))
        here = (IS_PENDING, photos.c.source == PhotoSource.IMPORT, photos.c.chat_id.in_(moved))
        waiting = select(func.count()).where(*here, photos.c.leased | (photos.c.due_at <= now))
        async with self._database.reading() as connection:
            return await connection.scalar(waiting) or 0

    @uninterrupted
    async def copying(self) -> None:
        """Files are about to be copied: should their rows not follow, after a crash or because they are not wanted any
        more, the next sweep looks for them."""
        async with self._database.transaction() as connection:
            await remains.note(connection, Files.ORIGINALS)


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
