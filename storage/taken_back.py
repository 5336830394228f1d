"""Photos that their authors edited away: an older export still has them, and must not bring them back.

Unlike what was forgotten, they come back if the message shows a photo again.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import insert
from storage.records import PhotoPost
from storage.schema import taken_back
from storage.stand_ins import Moment, needs_stand_in, stand_in


async def note_taken_back(
    connection: AsyncConnection, origin_chat_id: int, message_id: int, sender_id: int | None, date: datetime
) -> None:
    """A message holds its photo no more."""
    rows = [
        {"origin_chat_id": chat_id, "message_id": number}
        for chat_id, number in messages(origin_chat_id, message_id, sender_id, date)
    ]
    await connection.execute(insert(connection, taken_back).values(rows).on_conflict_do_nothing())


async def lift_taken_back(connection: AsyncConnection, post: PhotoPost) -> None:
    """A message holds a photo again."""
    known = messages(post.chat_id, post.message_id, post.sender.id, post.date)
    of_message = tuple_(taken_back.c.origin_chat_id, taken_back.c.message_id).in_(known)
    await connection.execute(delete(taken_back).where(of_message))


def messages(origin_chat_id: int, message_id: int, sender_id: int | None, date: datetime) -> list[tuple[int, int]]:
    """By which a photo is known if it comes again: its message, and in an export perhaps its moment."""
    known = [(origin_chat_id, message_id)]
    if sender_id is not None and needs_stand_in(origin_chat_id):
        known.append((stand_in(origin_chat_id), Moment(sender_id, date).number))
    return known
