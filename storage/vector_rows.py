"""How photos are read with their vectors: the statement, and what is made of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, cast

import numpy as np
from sqlalchemy import ColumnElement, Row, Select, and_, select

from storage.half_precision import decoded
from storage.index_records import NOBODY, ChatMatrix, IndexEntry
from storage.photo_rows import AS_STORED, stored_moments
from storage.records import PhotoState
from storage.schema import IS_WHOLE, photos, vectors

IS_INDEXED = photos.c.state == PhotoState.INDEXED
DESCRIBED = (photos.c.id, photos.c.image_id, photos.c.chat_id, photos.c.sender_id, AS_STORED)


def embedded(model: str) -> ColumnElement[bool]:
    """Of a photo joined with its vectors: it is found by that of this model. One that was torn is as good as none: a
    thousand others that are read with it must not be lost."""
    return and_(vectors.c.model == model, IS_WHOLE, IS_INDEXED)


def rows_of(model: str) -> Select[Any]:
    """Every indexed photo with its vector, in order of photo ids."""
    return cast(
        "Select[Any]",
        select(*DESCRIBED, vectors.c.vector)
        .join(vectors, vectors.c.image_id == photos.c.image_id)
        .where(embedded(model))
        .order_by(photos.c.id),
    )


def entries_of(rows: Sequence[Row[Any]]) -> list[IndexEntry]:
    """In their order."""
    if not rows:
        return []
    part = matrix_of(rows)
    columns = (part.photo_ids.tolist(), part.image_ids.tolist(), [row.chat_id for row in rows], part.vectors)
    return list(map(IndexEntry, *columns, part.senders.tolist(), part.moments.tolist()))


def matrix_of(rows: Sequence[Row[Any]]) -> ChatMatrix:
    """In their order, with vectors in float32."""
    return ChatMatrix(
        np.array([row.id for row in rows], np.int64),
        np.array([row.image_id for row in rows], np.int64),
        decoded([row.vector for row in rows]),
        np.array([NOBODY if row.sender_id is None else row.sender_id for row in rows], np.int64),
        stored_moments([row.date for row in rows]),
    )


def joined(parts: Sequence[ChatMatrix]) -> ChatMatrix:
    """One after the other; at least one is not empty."""
    full = [part for part in parts if len(part.photo_ids)]
    names = [field.name for field in fields(ChatMatrix)]
    return ChatMatrix(*(np.concatenate([getattr(part, name) for part in full]) for name in names))
