"""Words of pictures: captions, and what was read from the picture itself. Searched within one chat at a time.

A search reads the chat's texts, which lie together, from one end to the other. That finds words, parts of words and
Chinese alike, on SQLite and PostgreSQL, and leaves nothing behind that a deletion would have to seek out
(docs/decisions/0011-words-by-scan.md). Rows change in the transaction that changes their photo, and go with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, case, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database, batches, insert
from storage.filters import Filters, contains, satisfies
from storage.folding import fold
from storage.records import Photo, TextSource
from storage.schema import photos, readings, texts

MAX_CHARACTERS = 4_000
"""Kept of one text: captions have 1,024 at most (Premium 4,096); a page of print has about 3,000."""


@dataclass(frozen=True, slots=True)
class Found:
    """A text with some of the wanted needles in it."""

    photo_id: int
    source: TextSource
    text: str
    folded: str


@dataclass(frozen=True, slots=True)
class TextMatches:
    """What a search for needles gives."""

    total: int
    """How many texts the chat has."""
    frequencies: tuple[int, ...]
    """In how many of them each needle is."""
    found: tuple[Found, ...]
    """Those with the most and rarest needles, at most as many as asked for."""


class Texts:
    """Finds photos by what is said about them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def matching(self, chat_id: int, needles: Sequence[str], limit: int, filters: Filters) -> TextMatches:
        """The texts of photos that filters leave, with at least one of the folded needles. Which of these weigh most is
        decided by how rare they are in the chat, whatever the filters: those are asked about what is met only."""
        searched = [texts.c.chat_id == chat_id, texts.c.source.in_(sorted(filters.sources))]
        contained = [contains(needle) for needle in needles]
        flags = [case((one, 1), else_=0) for one in contained]
        async with self._database.reading() as connection:
            total = await connection.scalar(select(func.count()).where(*searched)) or 0
            asked = select(texts.c.photo_id, texts.c.source, *flags).where(*searched, or_(*contained))
            met: Sequence[Any] = (await connection.execute(asked)).all()
            frequencies, places = _weighed(met, len(needles))
            best = await _left(connection, chat_id, filters, [met[place] for place in places], limit)
            said = await _said_by(connection, searched, [row[0] for row in best])
        found = [said[row[0], row[1]] for row in best if (row[0], row[1]) in said]
        return TextMatches(total, frequencies, tuple(found))


def _weighed(met: Sequence[Any], needles: int) -> tuple[tuple[int, ...], list[int]]:
    """Of rows of a photo and whether each needle is met: how often each is, and the rows in order, those with the most
    and rarest first, of equals the latest photo."""
    rows = np.array([(row[0], *row[2:]) for row in met], np.int64).reshape(-1, 1 + needles)
    frequencies = rows[:, 1:].sum(axis=0)
    weights = rows[:, 1:] @ (1.0 / np.maximum(1, frequencies))
    return tuple(frequencies.tolist()), np.lexsort((-rows[:, 0], -weights)).tolist()


async def _left(
    connection: AsyncConnection, chat_id: int, filters: Filters, met: Sequence[Any], limit: int
) -> list[Any]:
    """The first of the rows whose photos filters leave."""
    if not filters:
        return list(met[:limit])
    left: list[Any] = []
    for batch in batches(met):
        few = photos.c.id.in_([row[0] for row in batch])
        ids = set(await connection.scalars(select(photos.c.id).where(few, satisfies(chat_id, filters, of_few=True))))
        left += [row for row in batch if row[0] in ids]
        if len(left) >= limit:
            break
    return left[:limit]


async def _said_by(
    connection: AsyncConnection, searched: Sequence[ColumnElement[bool]], photo_ids: Sequence[int]
) -> dict[tuple[int, str], Found]:
    """Every text that is searched of these photos."""
    said: dict[tuple[int, str], Found] = {}
    columns = select(texts.c.photo_id, texts.c.source, texts.c.text, texts.c.folded)
    for batch in batches(photo_ids):
        rows = await connection.execute(columns.where(*searched, texts.c.photo_id.in_(batch)))
        said |= {(row[0], row[1]): Found(row[0], TextSource(row[1]), row[2], row[3]) for row in rows}
    return said


async def keep_texts(connection: AsyncConnection, photo: Photo) -> None:
    """Bring a photo's texts up to date, in the transaction that wrote its row."""
    was_read = select(readings.c.text).where(readings.c.image_id == photo.image_id)
    said = {
        TextSource.CAPTION: _said(photo.caption),
        TextSource.PICTURE: await connection.scalar(was_read),
    }
    await connection.execute(delete(texts).where(texts.c.photo_id == photo.id))
    rows = [_row(photo.chat_id, photo.id, source, text) for source, text in said.items() if text and fold(text)]
    if rows:
        await connection.execute(insert(connection, texts).values(rows))


async def keep_new_texts(
    connection: AsyncConnection, chat_id: int, shown: Sequence[tuple[int, int, str | None]]
) -> None:
    """The same for many photos of a chat that have none yet: (photo id, image id, caption) of each."""
    was_read: dict[int, str] = {}
    for batch in batches(sorted({image_id for _, image_id, _ in shown})):
        read = select(readings.c.image_id, readings.c.text).where(readings.c.image_id.in_(batch))
        was_read |= {row.image_id: row.text for row in await connection.execute(read) if row.text}
    rows = []
    for photo_id, image_id, caption in shown:
        said = {TextSource.CAPTION: _said(caption), TextSource.PICTURE: was_read.get(image_id)}
        rows += [_row(chat_id, photo_id, source, text) for source, text in said.items() if text and fold(text)]
    for some in batches(rows, 500):
        await connection.execute(insert(connection, texts).values(some))


async def keep_picture_text(connection: AsyncConnection, image_id: int, text: str) -> None:
    """A picture was read: every photo that shows it says so, in the transaction that keeps the reading."""
    shown = (await connection.execute(select(photos.c.id, photos.c.chat_id).where(photos.c.image_id == image_id))).all()
    for batch in batches(shown, 500):
        ids = [row.id for row in batch]
        await connection.execute(delete(texts).where(texts.c.photo_id.in_(ids), texts.c.source == TextSource.PICTURE))
        if fold(text):
            rows = [_row(row.chat_id, row.id, TextSource.PICTURE, text) for row in batch]
            await connection.execute(insert(connection, texts).values(rows))


def _said(caption: str | None) -> str | None:
    """A caption that is a command says what somebody wanted of a bot, not what is in the picture."""
    return None if caption is None or caption.lstrip().startswith("/") else caption


def _row(chat_id: int, photo_id: int, source: TextSource, text: str) -> dict[str, Any]:
    kept = text[:MAX_CHARACTERS]
    return {"chat_id": chat_id, "photo_id": photo_id, "source": source, "text": kept, "folded": fold(kept)}
