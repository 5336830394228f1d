"""What is known of how a model's scores lie: its figures and its words' vectors, kept as facts; and what of the archive
they are fitted to. Holds nothing of any chat."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select

from storage.database import Database, insert
from storage.half_precision import STORED, decoded, widened
from storage.schema import facts, photos, vectors
from storage.uninterrupted import uninterrupted
from storage.vector_rows import IS_INDEXED


@dataclass(frozen=True, slots=True, eq=False)
class Captioned:
    """A picture and what was written under it."""

    image_id: int
    caption: str | None
    vector: NDArray[np.float32]
    """[d], normalised."""


class Calibrations:
    """Keeps the calibration of each model as an opaque text, and its words as float16."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, model: str) -> tuple[str, NDArray[np.float32]] | None:
        """The figures and the vectors [m, d] of the words they hold for; None where the model has none."""
        wanted = select(facts.c.key, facts.c.value).where(facts.c.key.in_(_keys(model)))
        async with self._database.reading() as connection:
            values = {row.key: row.value for row in await connection.execute(wanted)}
        figures, words = (values.get(key) for key in _keys(model))
        if figures is None or words is None:
            return None
        rows, _, blob = words.partition(":")
        return figures, widened(np.frombuffer(base64.b64decode(blob), STORED).reshape(int(rows), -1))

    @uninterrupted
    async def keep(self, model: str, figures: str, words: NDArray[np.float32]) -> None:
        """Both, in place of earlier ones."""
        blob = base64.b64encode(words.astype(STORED).tobytes()).decode("ascii")
        values = zip(_keys(model), (figures, f"{len(words)}:{blob}"), strict=True)
        async with self._database.transaction() as connection:
            statement = insert(connection, facts).values([{"key": key, "value": value} for key, value in values])
            await connection.execute(
                statement.on_conflict_do_update(index_elements=[facts.c.key], set_={"value": statement.excluded.value})
            )

    async def sample(self, model: str, limit: int, *, captioned: bool) -> list[Captioned]:
        """Up to so many pictures of all chats, drawn at random; with captions only, or whatever they have."""
        drawn = (
            select(photos.c.image_id, func.max(photos.c.caption).label("caption"))
            .where(IS_INDEXED, *([photos.c.caption.is_not(None)] if captioned else []))
            .group_by(photos.c.image_id)
            .order_by(func.random())
            .limit(limit)
            .subquery()
        )
        rows = select(drawn, vectors.c.vector).join(vectors, vectors.c.image_id == drawn.c.image_id)
        async with self._database.reading() as connection:
            found = (await connection.execute(rows.where(vectors.c.model == model))).all()
        if not found:
            return []
        together = decoded([row.vector for row in found])
        return [Captioned(row.image_id, row.caption, vector) for row, vector in zip(found, together, strict=True)]


def _keys(model: str) -> tuple[str, str]:
    return f"calibration:{model}", f"words:{model}"
