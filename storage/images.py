"""The rows of images, one for each file however often it is posted; within whoever's transaction."""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import insert
from storage.schema import images, photos


def is_file(file_unique_id: str) -> ColumnElement[bool]:
    """Of images: the file as it was posted, or as the bot has uploaded it to show it."""
    return or_(images.c.file_unique_id == file_unique_id, images.c.photo_unique_id == file_unique_id)


async def _image(connection: AsyncConnection, file_unique_id: str) -> int | None:
    image_id: int | None = await connection.scalar(select(images.c.id).where(images.c.file_unique_id == file_unique_id))
    return image_id


async def image_for(connection: AsyncConnection, file_unique_id: str) -> int:
    """The image of a file, made where there is none."""
    image_id = await _image(connection, file_unique_id)
    return await new_image(connection, file_unique_id) if image_id is None else image_id


async def new_image(connection: AsyncConnection, file_unique_id: str) -> int:
    """Of a file that has none: writers take turns, so nobody else makes it meanwhile."""
    made = insert(connection, images).returning(images.c.id)
    image_id: int = (await connection.execute(made, {"file_unique_id": file_unique_id})).scalar_one()
    return image_id


async def drop_unused_image(connection: AsyncConnection, image_id: int) -> None:
    """Delete an image that no photo shows any more; its vectors go with it."""
    used = exists().where(photos.c.image_id == image_id)
    await connection.execute(delete(images).where(images.c.id == image_id, ~used))
