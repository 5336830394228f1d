"""What the archive says to photos out of an export: known, unwanted, or new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import Table, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import FileKind, PhotoPost, PhotoSource
from storage.schema import EVERYWHERE, forgotten, images, opt_outs, photos, taken_back
from storage.stand_ins import Moment, is_stand_in

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
    TAKEN_BACK = "taken back"
    """Edited away by its author."""
    OPTED_OUT = "opted out"
    NOBODYS = "nobody's"
    """The export does not say who posted it, and somebody has opted out."""


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


async def standings(connection: AsyncConnection, archive: int, posts: Sequence[PhotoPost]) -> list[Judged]:
    """Of each of up to some hundred posts."""
    known = await _known(connection, posts)
    unwanted = await _named(connection, forgotten, posts)
    changed = await _named(connection, taken_back, posts)
    opted_out = await _opted_out(connection, archive, posts)
    seen = await _seen(connection, archive, posts)
    judged = []
    for post in posts:
        message = (post.chat_id, post.message_id)
        if message in known:
            judged.append(known[message])
        elif message in unwanted or (post.chat_id, _of_moment(post)) in unwanted:
            judged.append(Judged(Standing.FORGOTTEN))
        elif message in changed or (post.chat_id, _of_moment(post)) in changed:
            judged.append(Judged(Standing.TAKEN_BACK))
        elif post.sender.id in opted_out:
            judged.append(Judged(Standing.NOBODYS if post.sender.id is None else Standing.OPTED_OUT))
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


async def _named(connection: AsyncConnection, table: Table, posts: Sequence[PhotoPost]) -> set[Message]:
    """The messages, and moments, of these posts that stand in a table."""
    found: set[Message] = set()
    moments = {_of_moment(post) for post in posts if is_stand_in(post.chat_id)} - {None}
    for origin, message_ids in _by_origin(posts).items():
        numbers = [*message_ids, *moments] if is_stand_in(origin) else message_ids
        rows = await connection.execute(
            select(table).where(table.c.origin_chat_id == origin, table.c.message_id.in_(numbers))
        )
        found |= {(row.origin_chat_id, row.message_id) for row in rows}
    return found


async def _opted_out(connection: AsyncConnection, archive: int, posts: Sequence[PhotoPost]) -> set[int | None]:
    """None among them: of some posts nobody knows whose they are, and they may be of one who has opted out."""
    senders = {post.sender.id for post in posts}
    here = opt_outs.c.chat_id.in_([EVERYWHERE, archive])
    asked = select(opt_outs.c.sender_id).where(opt_outs.c.sender_id.in_(senders - {None}), here)
    found: set[int | None] = set(await connection.scalars(asked))
    if None in senders and await connection.scalar(select(exists().where(here))):
        found.add(None)
    return found


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
