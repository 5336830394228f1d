"""What may be wrong in a database in which every statement succeeds: rows that belong to nothing, photos that nobody
takes up, vectors that are not there. Counts, and mends when told to.

None of it comes about by the bot's own doing; a restored disk, another program at the file or a mistake of ours may.
Each question reads a whole table: seconds for a million photos, asked by an operator a few times a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import remains
from storage.database import Database, insert
from storage.records import PhotoState
from storage.remains import Files
from storage.schema import AT_ONCE, IS_PENDING, IS_WHOLE, images, photos, readings, texts, vectors
from storage.text_cache import note
from storage.uninterrupted import uninterrupted

LATE = timedelta(hours=1)
"""After so long a due photo that waits is not on its way; a lease takes two minutes."""
FAR = timedelta(days=1)
"""Nothing is ever postponed so far: the clock was set back since."""
REASONS = 5


@dataclass(frozen=True, slots=True)
class Reason:
    """Why photos failed, and how many for that."""

    text: str
    photos: int


class Examination:
    """Looks through the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def orphans(self) -> dict[str, int]:
        """Rows that belong to nothing, by what they are; kinds without any are left out."""
        async with self._database.reading() as connection:
            counts = {name: await _count(connection, table, is_one) for name, (table, is_one) in _orphans().items()}
        return {name: count for name, count in counts.items() if count}

    @uninterrupted
    async def drop_orphans(self) -> None:
        """Delete them."""
        async with self._database.transaction() as connection:
            of_no_photo = select(texts.c.chat_id).where(_of_no_photo()).distinct()
            for chat_id in (await connection.scalars(of_no_photo)).all():
                note(connection, chat_id)
            for table, is_one in _orphans().values():
                await connection.execute(delete(table).where(is_one))
            await remains.note(connection, Files.DATABASE)

    async def without_image(self) -> int:
        """Photos whose image is not there: nothing can be done with them."""
        async with self._database.reading() as connection:
            return await _count(connection, photos, ~exists().where(images.c.id == photos.c.image_id))

    @uninterrupted
    async def give_images(self) -> None:
        """Let them have one, to be indexed anew. The file's own key went with the image: an equal file posted later
        counts as another, until the picture's looks tell."""
        async with self._database.transaction() as connection:
            lost = select(photos.c.id).where(~exists().where(images.c.id == photos.c.image_id))
            for photo_id in (await connection.scalars(lost)).all():
                made = insert(connection, images).values(file_unique_id=f"lost:{photo_id}").returning(images.c.id)
                image_id = (await connection.execute(made)).scalar_one()
                again = {**_pending(), "image_id": image_id}
                await connection.execute(update(photos).where(photos.c.id == photo_id).values(again))

    async def without_vector(self, model: str) -> int:
        """Photos that count as indexed, and have no whole vector of a model."""
        async with self._database.reading() as connection:
            return await _count(connection, photos, _lacks_vector(model))

    async def torn_vectors(self) -> int:
        """Vectors, of whatever model, that are not as long as they should be: as good as none."""
        async with self._database.reading() as connection:
            return await _count(connection, vectors, ~IS_WHOLE)

    @uninterrupted
    async def drop_torn_vectors(self) -> None:
        """Delete them: what they were of counts as not seen from now on."""
        async with self._database.transaction() as connection:
            await connection.execute(delete(vectors).where(~IS_WHOLE))

    @uninterrupted
    async def index_again(self, model: str) -> None:
        """Let them wait to be indexed."""
        async with self._database.transaction() as connection:
            await connection.execute(update(photos).where(_lacks_vector(model)).values(_pending()))
            await connection.execute(delete(vectors).where(vectors.c.model == model, ~IS_WHOLE))

    async def misfiled(self) -> int:
        """Texts that lie with another chat than their photo."""
        async with self._database.reading() as connection:
            return await _count(connection, texts, _is_misfiled())

    @uninterrupted
    async def file_rightly(self) -> None:
        """Let each lie with its photo's chat."""
        of_photo = select(photos.c.chat_id).where(photos.c.id == texts.c.photo_id).scalar_subquery()
        wrong = select(texts.c.chat_id, photos.c.chat_id).join(photos, photos.c.id == texts.c.photo_id)
        async with self._database.transaction() as connection:
            for row in (await connection.execute(wrong.where(photos.c.chat_id != texts.c.chat_id).distinct())).all():
                for chat_id in row:
                    note(connection, chat_id)
            await connection.execute(update(texts).where(_is_misfiled()).values(chat_id=of_photo))

    async def left_lying(self, now: datetime) -> int:
        """Photos that were due long ago by their own account, and those that are due at a time that nobody sets.

        Of a photo that was never tried it is not known since when it waits.
        """
        long_due = (photos.c.due_at > AT_ONCE) & (photos.c.due_at < now - LATE)
        async with self._database.reading() as connection:
            return await _count(connection, photos, IS_PENDING & (long_due | (photos.c.due_at > now + FAR)))

    async def failures(self) -> list[Reason]:
        """Why photos failed, most frequent first: the first reasons, the rest under an empty one."""
        number = func.count().label("number")
        by_reason = select(photos.c.error, number).where(photos.c.state == PhotoState.FAILED)
        async with self._database.reading() as connection:
            rows = (await connection.execute(by_reason.group_by(photos.c.error).order_by(number.desc()))).all()
        found = [Reason(row.error or "no reason was kept", row.number) for row in rows]
        others = sum(reason.photos for reason in found[REASONS:])
        return [*found[:REASONS], *([Reason("", others)] if others else [])]

    async def dimensions(self, model: str) -> int | None:
        """Of a model's vectors; None where there is none."""
        some = select(vectors.c.dimensions).where(vectors.c.model == model).limit(1)
        async with self._database.reading() as connection:
            dimensions: int | None = await connection.scalar(some)
        return dimensions

    async def files_on_disk(self) -> dict[str, int]:
        """The file ids of imported photos, each with the number of photos that have it."""
        of_disk = select(photos.c.file_id, func.count().label("number")).where(photos.c.kind == "disk")
        async with self._database.reading() as connection:
            rows = await connection.execute(of_disk.group_by(photos.c.file_id))
            return {row.file_id: row.number for row in rows}


def _orphans() -> dict[str, tuple[Table, ColumnElement[bool]]]:
    """In the order in which they are deleted."""
    return {
        "texts of no photo": (texts, _of_no_photo()),
        "readings of no image": (readings, ~exists().where(images.c.id == readings.c.image_id)),
        "vectors of no image": (vectors, ~exists().where(images.c.id == vectors.c.image_id)),
        "images of no photo": (images, ~exists().where(photos.c.image_id == images.c.id)),
    }


def _lacks_vector(model: str) -> ColumnElement[bool]:
    has_image = exists().where(images.c.id == photos.c.image_id)
    whole = exists().where(vectors.c.image_id == photos.c.image_id, vectors.c.model == model, IS_WHOLE)
    return (photos.c.state == PhotoState.INDEXED) & has_image & ~whole


def _of_no_photo() -> ColumnElement[bool]:
    return ~exists().where(photos.c.id == texts.c.photo_id)


def _is_misfiled() -> ColumnElement[bool]:
    return exists().where(photos.c.id == texts.c.photo_id, photos.c.chat_id != texts.c.chat_id)


def _pending() -> dict[str, object]:
    return {
        "state": PhotoState.PENDING,
        "attempts": 0,
        "error": None,
        "due_at": AT_ONCE,
        "leased": False,
        "indexed_at": None,
    }


async def _count(connection: AsyncConnection, table: Table, which: ColumnElement[bool]) -> int:
    return await connection.scalar(select(func.count()).select_from(table).where(which)) or 0
