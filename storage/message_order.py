"""Whether messages can be of a chat: within one, who has the higher number was posted later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import PhotoPost
from storage.schema import photos

SLACK = timedelta(minutes=1)
"""Telegram's servers number and date messages each by themselves."""


async def fit(connection: AsyncConnection, chat_id: int, posts: Sequence[PhotoPost]) -> bool:
    """Whether nothing that is known of a chat contradicts the numbers and dates of these posts, in whatever order."""
    if not posts:
        return True
    dates = {post.message_id: post.date for post in posts}
    first, last = min(dates), max(dates)
    same = (photos.c.origin_chat_id == chat_id) & photos.c.message_id.in_(dates)
    known = (await connection.execute(select(photos.c.message_id, photos.c.date).where(same))).all()
    if any(abs(row.date - dates[row.message_id]) > SLACK for row in known):
        return False
    before = await _date(connection, chat_id, photos.c.message_id < first, photos.c.message_id.desc())
    after = await _date(connection, chat_id, photos.c.message_id > last, photos.c.message_id)
    earliest, latest = min(dates.values()), max(dates.values())
    return (before is None or before - SLACK <= earliest) and (after is None or after + SLACK >= latest)


async def _date(
    connection: AsyncConnection, chat_id: int, where: ColumnElement[bool], nearest: ColumnElement[int]
) -> datetime | None:
    asked = select(photos.c.date).where(photos.c.origin_chat_id == chat_id, where).order_by(nearest).limit(1)
    date: datetime | None = await connection.scalar(asked)
    return date
