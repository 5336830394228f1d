"""Words of pictures: captions, and what was read from the picture itself. Searched within one chat at a time.

A search reads the chat's texts, which lie together, from one end to the other: in memory, where there is room for them
(`storage.text_cache`), else by SQL. That finds words, parts of words and Chinese alike, on SQLite and PostgreSQL, and
leaves nothing behind that a deletion would have to seek out (docs/decisions/0011-words-by-scan.md). Rows change in the
transaction that changes their photo, and go with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, case, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database, batches, insert
from storage.filters import Filters, contains, satisfies
from storage.folding import fold
from storage.held_texts import SOURCES, HeldTexts
from storage.records import Photo, TextSource
from storage.schema import photos, readings, texts
from storage.text_cache import TextCache, note

P = ParamSpec("P")
T = TypeVar("T")

MAX_CHARACTERS = 4_000
"""Kept of one text: captions have 1,024 at most (Premium 4,096); a page of print has about 3,000."""
HELD_BYTES = 32 * 2**20
"""Of texts in memory: some 250,000."""
INLINE_BYTES = 200_000
"""Of texts that are searched where it is asked, in a fifth of a millisecond; more in a thread."""


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


@dataclass(frozen=True, slots=True, eq=False)
class _Met:
    """Texts with at least one of k needles in them, [m]."""

    photo_ids: NDArray[np.int64]
    sources: Sequence[str]
    flags: NDArray[np.bool_]
    """[m, k]"""

    def frequencies(self) -> NDArray[np.int64]:
        """[k]"""
        counted: NDArray[np.int64] = self.flags.sum(axis=0, dtype=np.int64)
        return counted

    def best(self) -> NDArray[np.intp]:
        """The rows in order: those with the most and rarest needles first, of equals the latest photo."""
        weights = self.flags @ (1.0 / np.maximum(1, self.frequencies()))
        return np.lexsort((-self.photo_ids, -weights))


class Texts:
    """Finds photos by what is said about them."""

    def __init__(self, database: Database, held_bytes: int = HELD_BYTES) -> None:
        self._database = database
        self._cache = TextCache(database, held_bytes)

    async def matching(self, chat_id: int, needles: Sequence[str], limit: int, filters: Filters) -> TextMatches:
        """The texts of photos that filters leave, with at least one of the folded needles. Which of these weigh most is
        decided by how rare they are in the chat, whatever the filters: those are asked about what is met only."""
        held = await self._cache.of(chat_id)
        searched = [texts.c.chat_id == chat_id, texts.c.source.in_(sorted(filters.sources))]
        async with self._database.reading() as connection:
            if held is None:
                total, met = await _scanned(connection, searched, needles)
            else:
                total, met = await _in_thread(held, _looked_up, held, filters.sources, needles)
            best = met.best()
            if not filters:
                best = best[:limit]
            else:
                if held is not None and filters.phrases:
                    said = await _in_thread(held, _saying, held, filters)
                    best = best[np.isin(met.photo_ids[best], said)]
                    filters = replace(filters, phrases=())
                best = await _left(connection, chat_id, filters, met.photo_ids, best, limit)
            said_by = await _said_by(connection, searched, met.photo_ids[best].tolist())
        places = [(int(met.photo_ids[row]), met.sources[row]) for row in best]
        found = tuple(said_by[place] for place in places if place in said_by)
        return TextMatches(total, tuple(met.frequencies().tolist()), found)

    async def saying(self, chat_id: int, filters: Filters) -> NDArray[np.int64] | None:
        """The photos of a chat that say the phrases of filters, ascending; None where its texts are not in memory."""
        held = await self._cache.of(chat_id)
        return None if held is None else await _in_thread(held, _saying, held, filters)


async def _in_thread(held: HeldTexts, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Unless it is soon done."""
    if len(held.said) <= INLINE_BYTES:
        return work(*arguments, **named)
    return await asyncio.to_thread(work, *arguments, **named)


def _saying(held: HeldTexts, filters: Filters) -> NDArray[np.int64]:
    return held.saying([fold(phrase) for phrase in filters.phrases], filters.sources)


def _looked_up(held: HeldTexts, sources: Collection[TextSource], needles: Sequence[str]) -> tuple[int, _Met]:
    """How many texts are searched, and those that meet needles."""
    searched = held.searched(sources)
    flags = np.stack([held.containing(needle) for needle in needles], axis=1)
    rows = np.flatnonzero(flags.any(axis=1) & searched)
    met = _Met(held.photo_ids[rows], [SOURCES[source] for source in held.sources[rows].tolist()], flags[rows])
    return int(searched.sum()), met


async def _scanned(
    connection: AsyncConnection, searched: Sequence[ColumnElement[bool]], needles: Sequence[str]
) -> tuple[int, _Met]:
    """The same by SQL."""
    total = await connection.scalar(select(func.count()).where(*searched)) or 0
    contained = [contains(needle) for needle in needles]
    flags = [case((one, 1), else_=0) for one in contained]
    asked = select(texts.c.photo_id, texts.c.source, *flags).where(*searched, or_(*contained))
    rows: Sequence[Any] = (await connection.execute(asked)).all()
    met = np.array([row[2:] for row in rows], np.bool_).reshape(len(rows), len(needles))
    return total, _Met(np.array([row[0] for row in rows], np.int64), [row[1] for row in rows], met)


async def _left(
    connection: AsyncConnection,
    chat_id: int,
    filters: Filters,
    photo_ids: NDArray[np.int64],
    best: NDArray[np.intp],
    limit: int,
) -> NDArray[np.intp]:
    """The first of the best rows whose photos are indexed and left by filters."""
    left: list[int] = []
    for batch in batches(best.tolist(), 2 * limit):
        few = photos.c.id.in_(photo_ids[batch].tolist())
        ids = set(await connection.scalars(select(photos.c.id).where(few, satisfies(chat_id, filters, of_few=True))))
        left += [row for row in batch if int(photo_ids[row]) in ids]
        if len(left) >= limit:
            break
    return np.array(left[:limit], np.intp)


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
    note(connection, photo.chat_id, [photo.id])
    await connection.execute(delete(texts).where(texts.c.photo_id == photo.id))
    rows = [_row(photo.chat_id, photo.id, source, text) for source, text in said.items() if text and fold(text)]
    if rows:
        await connection.execute(insert(connection, texts).values(rows))


async def keep_new_texts(
    connection: AsyncConnection, chat_id: int, shown: Sequence[tuple[int, int, str | None]]
) -> None:
    """The same for many photos of a chat that have none yet: (photo id, image id, caption) of each."""
    note(connection, chat_id, [photo_id for photo_id, _, _ in shown])
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
        for row in batch:
            note(connection, row.chat_id, [row.id])
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
