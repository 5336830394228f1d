"""The images that can be found but have no vector of a model: what is left to do before it can answer, and what never
will be.

An image counts once, however many photos show it, and only as long as an indexed photo does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, func, select

from storage.database import Database
from storage.photo_rows import photo_rows
from storage.records import Photo, PhotoState
from storage.schema import IS_WHOLE, images, photos, vectors

SOURCES = 5
"""Photos of one image whose files are tried: the same file is there under each of them, or gone under each."""


@dataclass(frozen=True, slots=True)
class Unembedded:
    """An image without a vector, and the photos by which its file may be had."""

    image_id: int
    photos: tuple[Photo, ...]


class UnembeddedImages:
    """Asks for those of one model."""

    def __init__(self, database: Database, model: str) -> None:
        self._database = database
        self._model = model

    async def total(self) -> int:
        """How many images can be found, whatever they have."""
        async with self._database.reading() as connection:
            return await connection.scalar(select(func.count()).select_from(images).where(_is_shown())) or 0

    async def count(self) -> int:
        """How many of them lack a vector."""
        async with self._database.reading() as connection:
            lacking = select(func.count()).select_from(images).where(_is_shown(), ~self._has_vector())
            return await connection.scalar(lacking) or 0

    async def missed(self, model: str) -> list[int]:
        """Those that lack a vector and have one of another model: by its pictures they are found, by this one's not."""
        lacking = select(images.c.id).where(_is_shown(), ~self._has_vector(), _has_vector(model)).order_by(images.c.id)
        async with self._database.reading() as connection:
            return list(await connection.scalars(lacking))

    async def after(self, image_id: int, limit: int) -> list[Unembedded]:
        """The next ones in order of ids."""
        lacking = (
            select(images.c.id)
            .where(images.c.id > image_id, _is_shown(), ~self._has_vector())
            .order_by(images.c.id)
            .limit(limit)
        )
        async with self._database.reading() as connection:
            ids = (await connection.scalars(lacking)).all()
            shown = photo_rows().where(photos.c.image_id.in_(ids), photos.c.state == PhotoState.INDEXED)
            rows = sorted((await connection.execute(shown)).all(), key=lambda row: int(row.id))
        by_image: defaultdict[int, list[Photo]] = defaultdict(list)
        for row in rows:
            if len(by_image[row.image_id]) < SOURCES:
                by_image[row.image_id].append(Photo.from_row(row))
        return [Unembedded(image_id, tuple(by_image[image_id])) for image_id in ids if by_image[image_id]]

    async def photos(self, after: int, limit: int) -> list[Photo]:
        """The photos that show such images, in order of their ids."""
        lacking = photo_rows().where(
            photos.c.id > after,
            photos.c.state == PhotoState.INDEXED,
            ~exists().where(vectors.c.image_id == photos.c.image_id, vectors.c.model == self._model, IS_WHOLE),
        )
        async with self._database.reading() as connection:
            return [Photo.from_row(row) for row in await connection.execute(lacking.order_by(photos.c.id).limit(limit))]

    async def showing(self, image_ids: Sequence[int]) -> list[Photo]:
        """The indexed photos of images."""
        shown = photo_rows().where(photos.c.image_id.in_(image_ids), photos.c.state == PhotoState.INDEXED)
        async with self._database.reading() as connection:
            return [Photo.from_row(row) for row in await connection.execute(shown)]

    def _has_vector(self) -> ColumnElement[bool]:
        return _has_vector(self._model)


def _has_vector(model: str) -> ColumnElement[bool]:
    return exists().where(and_(vectors.c.image_id == images.c.id, vectors.c.model == model, IS_WHOLE))


def _is_shown() -> ColumnElement[bool]:
    return exists().where(and_(photos.c.image_id == images.c.id, photos.c.state == PhotoState.INDEXED))
