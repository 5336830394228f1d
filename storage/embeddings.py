"""The vectors, in SQL: the truth from which every index of them can be made again.

One vector per image and model, however often the image is posted. Kept as float16, given out as float32.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, Select, func, select

from storage.database import Database, batches, insert
from storage.records import ChatMatrix, IndexEntry, PhotoState, Place
from storage.schema import images, photos, vectors
from storage.uninterrupted import uninterrupted

STORED = np.dtype("<f2")
ROWS_PER_READ = 4_096
"""Rows a read takes at once: 6 MB of 768-dimensional blobs."""
INLINE_ROWS = 256
"""Decoding fewer rows than this is quicker than a change of threads."""

IS_INDEXED = photos.c.state == PhotoState.INDEXED


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
        """The [d] vectors of these images; an image that has none yet is left out."""
        found: dict[int, NDArray[np.float32]] = {}
        async with self._database.reading() as connection:
            for batch in batches(image_ids):
                rows = await connection.execute(
                    select(vectors.c.image_id, vectors.c.vector).where(
                        vectors.c.model == self._model, vectors.c.image_id.in_(batch)
                    )
                )
                found |= {row.image_id: _decoded([row.vector])[0] for row in rows}
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
            "vector": _encoded(vector),
        }

    async def chat_matrix(self, chat_id: int) -> ChatMatrix:
        """Every indexed photo of a chat; read in parts, decoded off the event loop where there are many.

        The state of one moment, on PostgreSQL of a moment per part.
        """
        parts = [part async for part in self._parts(chat_id, ROWS_PER_READ)]
        if len(parts) == 1:
            return parts[0]
        return await asyncio.to_thread(_joined, parts)

    async def chat_parts(self, chat_id: int) -> AsyncIterator[ChatMatrix]:
        """The same in parts of bounded size, for a chat too large to hold."""
        async for part in self._parts(chat_id, ROWS_PER_READ):
            yield part

    async def photo_parts(self, photo_ids: NDArray[np.int64]) -> AsyncIterator[ChatMatrix]:
        """These photos in parts of bounded size; what is not indexed is left out."""
        for batch in batches(photo_ids.tolist()):
            async with self._database.reading() as connection:
                rows = (await connection.execute(self._indexed().where(photos.c.id.in_(batch)))).all()
            yield _matrix(rows) if len(rows) < INLINE_ROWS else await asyncio.to_thread(_matrix, rows)

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
            .where(photos.c.chat_id == chat_id, IS_INDEXED, vectors.c.model == self._model)
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
                rows = await connection.execute(self._indexed().where(photos.c.id.in_(batch)))
                found += _entries(rows.all())
        return found

    async def stream(self, chunk: int = 512) -> AsyncIterator[IndexEntry]:
        """Every indexed photo with its vector, in order of photo ids; holds no transaction in between."""
        last = 0
        while True:
            async with self._database.reading() as connection:
                rows = (await connection.execute(self._indexed().where(photos.c.id > last).limit(chunk))).all()
            for entry in _entries(rows):
                yield entry
            if len(rows) < chunk:
                return
            last = rows[-1].id

    async def sample(self, limit: int) -> list[IndexEntry]:
        """Some indexed photos with their vectors, from places spread at random over the archive."""
        wanted: list[int] = []
        async with self._database.reading() as connection:
            last = await connection.scalar(select(func.max(photos.c.id))) or 0
            for start in np.random.default_rng().choice(last, min(limit, last), replace=False).tolist():
                from_here = select(photos.c.id).where(photos.c.id > start, IS_INDEXED).order_by(photos.c.id).limit(1)
                wanted += (await connection.scalars(from_here)).all()
        return await self.entries(sorted(set(wanted)))

    async def places(self, after: int, limit: int) -> list[Place]:
        """Where the next indexed photos belong, by photo id from `after` on; without their vectors."""
        statement = (
            select(photos.c.id, photos.c.image_id, photos.c.chat_id)
            .join(vectors, vectors.c.image_id == photos.c.image_id)
            .where(vectors.c.model == self._model, IS_INDEXED, photos.c.id > after)
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
                of_chat = self._indexed().where(photos.c.chat_id == chat_id, photos.c.id > last)
                rows = (await connection.execute(of_chat.limit(size))).all()
                yield _matrix(rows) if len(rows) < INLINE_ROWS else await asyncio.to_thread(_matrix, rows)
                if len(rows) < size:
                    return
                last = rows[-1].id

    def _indexed(self) -> Select[Any]:
        return cast(
            "Select[Any]",
            select(photos.c.id, photos.c.image_id, photos.c.chat_id, vectors.c.vector)
            .join(vectors, vectors.c.image_id == photos.c.image_id)
            .where(vectors.c.model == self._model, IS_INDEXED)
            .order_by(photos.c.id),
        )


def _encoded(vector: NDArray[np.float32]) -> bytes:
    if vector.ndim != 1 or not np.isfinite(vector).all():
        raise ValueError(f"a vector must be finite and one-dimensional, not {vector.shape}")
    return vector.astype(STORED).tobytes()


def _decoded(blobs: Sequence[bytes]) -> NDArray[np.float32]:
    """[n, d], as in `decoded`."""
    if not blobs:
        return np.empty((0, 0), np.float32)
    return decoded(np.frombuffer(b"".join(blobs), STORED).reshape(len(blobs), -1))


def decoded(stored: NDArray[np.float16]) -> NDArray[np.float32]:
    """[n, d], normalised again: rounding to float16 moves the length by up to 0.0005."""
    wide: NDArray[np.float32] = stored.astype(np.float32)
    norms = np.linalg.norm(wide, axis=1, keepdims=True)
    wide /= np.maximum(norms, np.finfo(np.float32).tiny)
    return wide


def _entries(rows: Sequence[Row[Any]]) -> list[IndexEntry]:
    decoded = _decoded([row.vector for row in rows])
    return [IndexEntry(row.id, row.image_id, row.chat_id, vector) for row, vector in zip(rows, decoded, strict=True)]


def _matrix(rows: Sequence[Row[Any]]) -> ChatMatrix:
    return ChatMatrix(
        np.array([row.id for row in rows], np.int64),
        np.array([row.image_id for row in rows], np.int64),
        _decoded([row.vector for row in rows]),
    )


def _joined(parts: Sequence[ChatMatrix]) -> ChatMatrix:
    full = [part for part in parts if len(part.photo_ids)]
    return ChatMatrix(
        np.concatenate([part.photo_ids for part in full]),
        np.concatenate([part.image_ids for part in full]),
        np.concatenate([part.vectors for part in full]),
    )
