"""The vectors, in SQL: the truth from which every index of them can be made again.

One vector per image and model, however often the image is posted. Kept as float16, given out as float32.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, Select, func, select

from storage.database import Database, batches, insert
from storage.half_precision import decoded, encoded
from storage.held import Held
from storage.index_records import ChatMatrix, IndexEntry, Place
from storage.schema import IS_WHOLE, images, photos, vectors
from storage.uninterrupted import uninterrupted
from storage.vector_rows import IS_INDEXED, embedded, entries_of, joined, matrix_of, rows_of

ROWS_PER_READ = 4_096
"""Rows a read takes at once: 6 MB of 768-dimensional blobs."""
INLINE_ROWS = 256
"""Decoding fewer rows than this is quicker than a change of threads."""
READERS = 2
"""Connections that read a large chat at once: SQLite takes 6 µs a photo, half of it for reading its page."""


class Embeddings:
    """Keeps the vectors of one model."""

    def __init__(self, database: Database, model: str) -> None:
        self._database = database
        self._model = model

    @property
    def database(self) -> Database:
        """Where they are."""
        return self._database

    async def vectors(self, image_ids: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        """The [d] vectors of these images; one that has none yet, or none that can be read, is left out."""
        found: dict[int, NDArray[np.float32]] = {}
        async with self._database.reading() as connection:
            for batch in batches(image_ids):
                rows = await connection.execute(
                    select(vectors.c.image_id, vectors.c.vector).where(
                        vectors.c.model == self._model, vectors.c.image_id.in_(batch), IS_WHOLE
                    )
                )
                found |= {row.image_id: decoded([row.vector])[0] for row in rows}
        return found

    @uninterrupted
    async def store(self, by_image: Mapping[int, NDArray[np.float32]]) -> None:
        """Write normalised [d] vectors, in place of earlier ones; a deleted image is passed over."""
        async with self._database.transaction() as connection:
            for batch in batches(list(by_image), 100):
                known = await connection.scalars(select(images.c.id).where(images.c.id.in_(batch)))
                values = [self._value(image_id, by_image[image_id]) for image_id in known]
                if values:
                    statement = insert(connection, vectors).values(values)
                    await connection.execute(
                        statement.on_conflict_do_update(
                            index_elements=[vectors.c.image_id, vectors.c.model],
                            set_={
                                "dimensions": statement.excluded.dimensions,
                                "vector": statement.excluded.vector,
                            },
                        )
                    )

    def _value(self, image_id: int, vector: NDArray[np.float32]) -> dict[str, Any]:
        return {
            "image_id": image_id,
            "model": self._model,
            "dimensions": len(vector),
            "vector": encoded(vector),
        }

    async def chat_held(self, chat_id: int) -> Held:
        """Every indexed photo of a chat, for the memory; what has no vector is a row that is not found.

        Who is there is the state of one moment, their vectors of a moment per part: whoever changes a photo says so.
        """
        async with self._database.reading() as connection:
            ids = (await connection.scalars(self._ids(chat_id))).all()
            dimensions = await connection.scalar(self._dimensions(chat_id)) if ids else None
        held = Held.empty(len(ids), dimensions or 0)
        starts = iter(range(0, len(ids) if dimensions else 0, ROWS_PER_READ))
        async with asyncio.TaskGroup() as readers:
            for _ in range(min(READERS, 1 + len(ids) // ROWS_PER_READ)):
                readers.create_task(self._read_into(held, chat_id, ids, starts))
        return held

    async def _read_into(self, held: Held, chat_id: int, ids: Sequence[int], starts: Iterator[int]) -> None:
        async with self._database.reading() as connection:
            for start in starts:
                wanted = ids[start : start + ROWS_PER_READ]
                within = photos.c.id.between(wanted[0], wanted[-1])
                rows = (await connection.execute(rows_of(self._model).where(photos.c.chat_id == chat_id, within))).all()
                if len(rows) < INLINE_ROWS:
                    _write(held, start, wanted, rows)
                else:
                    await asyncio.to_thread(_write, held, start, wanted, rows)

    async def chat_matrix(self, chat_id: int) -> ChatMatrix:
        """The same in float32, twice as large; for measurements."""
        parts = [part async for part in self._parts(chat_id, ROWS_PER_READ)]
        return parts[0] if len(parts) == 1 else await asyncio.to_thread(joined, parts)

    async def chat_parts(self, chat_id: int) -> AsyncIterator[ChatMatrix]:
        """The same in parts of bounded size, for a chat too large to hold."""
        async for part in self._parts(chat_id, ROWS_PER_READ):
            yield part

    async def photo_parts(self, photo_ids: NDArray[np.int64]) -> AsyncIterator[ChatMatrix]:
        """These photos in parts of bounded size; what is not indexed is left out."""
        for batch in batches(photo_ids.tolist()):
            async with self._database.reading() as connection:
                rows = (await connection.execute(rows_of(self._model).where(photos.c.id.in_(batch)))).all()
            yield matrix_of(rows) if len(rows) < INLINE_ROWS else await asyncio.to_thread(matrix_of, rows)

    async def count(self, chat_id: int) -> int:
        """How many indexed photos a chat has."""
        of_chat = select(func.count()).where(photos.c.chat_id == chat_id, IS_INDEXED)
        async with self._database.reading() as connection:
            return await connection.scalar(of_chat) or 0

    async def count_vectors(self, chat_id: int) -> int:
        """How many of them have a vector."""
        of_chat = (
            select(func.count())
            .select_from(photos)
            .join(vectors, vectors.c.image_id == photos.c.image_id)
            .where(photos.c.chat_id == chat_id, embedded(self._model))
        )
        async with self._database.reading() as connection:
            return await connection.scalar(of_chat) or 0

    async def count_by_chat(self) -> dict[int, int]:
        """How many indexed photos every chat has that has any."""
        counted = select(photos.c.chat_id, func.count().label("number")).where(IS_INDEXED).group_by(photos.c.chat_id)
        async with self._database.reading() as connection:
            return {row.chat_id: row.number for row in await connection.execute(counted)}

    async def entries(self, photo_ids: Sequence[int]) -> list[IndexEntry]:
        """These photos as they now stand in SQL, in order of ids; one that is not indexed is left out."""
        found: list[IndexEntry] = []
        async with self._database.reading() as connection:
            for batch in batches(sorted(photo_ids)):
                rows = await connection.execute(rows_of(self._model).where(photos.c.id.in_(batch)))
                found += entries_of(rows.all())
        return found

    async def dimensions(self) -> int:
        """Of the model's vectors; 0 while there are none."""
        newest = (
            select(vectors.c.dimensions)
            .where(vectors.c.model == self._model, IS_WHOLE)
            .order_by(vectors.c.image_id.desc())
        )
        async with self._database.reading() as connection:
            return await connection.scalar(newest.limit(1)) or 0

    async def images_of(self, chat_id: int, photo_ids: Sequence[int]) -> dict[int, int]:
        """The images that these photos show; only of those that are indexed in the chat."""
        found: dict[int, int] = {}
        shown = select(photos.c.id, photos.c.image_id).where(photos.c.chat_id == chat_id, IS_INDEXED)
        async with self._database.reading() as connection:
            for batch in batches(photo_ids):
                found |= {row.id: row.image_id for row in await connection.execute(shown.where(photos.c.id.in_(batch)))}
        return found

    async def stream(self, chunk: int = 512) -> AsyncIterator[IndexEntry]:
        """Every indexed photo with its vector, in order of photo ids; holds no transaction in between."""
        last = 0
        while True:
            async with self._database.reading() as connection:
                rows = (await connection.execute(rows_of(self._model).where(photos.c.id > last).limit(chunk))).all()
            for entry in entries_of(rows):
                yield entry
            if len(rows) < chunk:
                return
            last = rows[-1].id

    async def sample(self, limit: int, chats: Sequence[int]) -> list[IndexEntry]:
        """Some indexed photos of these chats with their vectors, from places spread at random."""
        wanted: list[int] = []
        rng = np.random.default_rng()
        async with self._database.reading() as connection:
            last = await connection.scalar(select(func.max(photos.c.id))) or 0
            for start in rng.choice(last, min(limit, last), replace=False).tolist() if chats else ():
                chat_id = chats[int(rng.integers(len(chats)))]
                from_here = self._ids(chat_id).where(photos.c.id > start).limit(1)
                wanted += (await connection.scalars(from_here)).all()
        return await self.entries(sorted(set(wanted)))

    async def places(self, chat_id: int, after: int, limit: int) -> list[Place]:
        """The next indexed photos of a chat that have a vector, by photo id from `after` on."""
        statement = (
            select(photos.c.id, photos.c.image_id, photos.c.chat_id)
            .join(vectors, vectors.c.image_id == photos.c.image_id)
            .where(photos.c.chat_id == chat_id, embedded(self._model), photos.c.id > after)
            .order_by(photos.c.id)
            .limit(limit)
        )
        async with self._database.reading() as connection:
            return [Place(*row) for row in await connection.execute(statement)]

    async def _parts(self, chat_id: int, size: int) -> AsyncIterator[ChatMatrix]:
        """At least one part, the last not full."""
        last = 0
        async with self._database.reading() as connection:
            while True:
                of_chat = rows_of(self._model).where(photos.c.chat_id == chat_id, photos.c.id > last)
                rows = (await connection.execute(of_chat.limit(size))).all()
                yield matrix_of(rows) if len(rows) < INLINE_ROWS else await asyncio.to_thread(matrix_of, rows)
                if len(rows) < size:
                    return
                last = rows[-1].id

    def _ids(self, chat_id: int) -> Select[Any]:
        return select(photos.c.id).where(photos.c.chat_id == chat_id, IS_INDEXED).order_by(photos.c.id)

    def _dimensions(self, chat_id: int) -> Select[Any]:
        shown = select(vectors.c.dimensions).join(photos, photos.c.image_id == vectors.c.image_id)
        return shown.where(photos.c.chat_id == chat_id, embedded(self._model)).limit(1)


def _write(held: Held, start: int, wanted: Sequence[int], rows: Sequence[Row[Any]]) -> None:
    """Without those that were indexed since: whoever did that says so."""
    known = set(wanted)
    if part := [row for row in rows if row.id in known]:
        held.write(start, matrix_of(part))
