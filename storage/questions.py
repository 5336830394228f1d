"""Questions and how far their answers were turned: what buttons and edits need to know after a restart.

A row is committed before its answer is sent. What people asked is personal, so a row holds no more than its
buttons need, loses it when its answer is closed, and goes altogether after KEPT.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Self

import numpy as np
from sqlalchemy import ColumnElement, Row, delete, select, update

from storage import remains
from storage.database import Database, insert
from storage.remains import Files
from storage.schema import questions
from storage.uninterrupted import uninterrupted

KEPT = timedelta(days=30)
"""After it, buttons say kindly that they are too old."""
ID = np.dtype("<i8")


class QuestionState(StrEnum):
    ANSWERING = "answering"
    """Committed before anything is sent: after a crash nobody knows whether the answer arrived."""
    ANSWERED = "answered"
    CLOSED = "closed"
    """The answer was taken away; of the question only its place is left."""


@dataclass(frozen=True, slots=True)
class View:
    """What an answer shows: a page of a ranking."""

    query: str | None = None
    """JSON, as `search.stored_query` writes it; None where the question was not understood."""
    verdict: str = "sure"
    ranking: tuple[int, ...] = ()
    """Photo ids in the order of the pages. Some may be gone by now, or belong to others: ask their rows."""
    start: int = 0
    end: int = 0
    """The page shown is made of what is still there of `ranking[start:end]`."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The messages an answer is made of."""

    shape: str | None = None
    """What kind of messages; None before any is sent."""
    message_ids: tuple[int, ...] = ()
    """All of them, the one with the buttons included."""
    control_id: int | None = None
    """The message with the buttons."""
    at: datetime | None = None
    """When they were sent. A bot cannot delete what is older than 48 hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A message that asks, and its answer."""

    id: int = 0
    """Given by the database; never used again."""
    chat_id: int
    message_id: int
    """The asking message; a chat has one question for each."""
    thread_id: int | None
    asker_id: int | None
    """A person, or the chat in whose name was asked."""
    revision: datetime
    """When the message was last edited, else when it was sent."""
    fingerprint: str
    """Equal for equal questions: an edit that changes nothing is told by it."""
    asked_at: datetime
    state: QuestionState = QuestionState.ANSWERING
    view: View = View()
    trail: tuple[View, ...] = ()
    """The views from which people went on to similar photos, without their rankings."""
    sent: Sent = Sent()

    @classmethod
    def from_row(cls, row: Row[Any]) -> Self:
        return cls(
            id=row.id,
            chat_id=row.chat_id,
            message_id=row.message_id,
            thread_id=row.thread_id,
            asker_id=row.asker_id,
            revision=row.revision,
            fingerprint=row.fingerprint,
            asked_at=row.asked_at,
            state=QuestionState(row.state),
            view=View(row.query, row.verdict, unpacked(row.ranking), row.start, row.end),
            trail=tuple(View(query, start=start) for query, start in row.trail),
            sent=Sent(row.shape, tuple(row.answer_ids), row.control_id, row.sent_at),
        )


class Questions:
    """Remembers questions; one for each asking message of a chat."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def asked_in(self, chat_id: int, message_id: int) -> Question | None:
        """The question that a message asks."""
        return await self._one(questions.c.chat_id == chat_id, questions.c.message_id == message_id)

    async def controlled_by(self, chat_id: int, control_id: int) -> Question | None:
        """The question whose answer has its buttons under a message."""
        return await self._one(questions.c.chat_id == chat_id, questions.c.control_id == control_id)

    @uninterrupted
    async def keep(self, question: Question) -> Question:
        """Write a question, in place of an earlier one of the same message; durable on return."""
        values = _written(question)
        async with self._database.transaction() as connection:
            question_id: int | None = await connection.scalar(
                insert(connection, questions)
                .values(chat_id=question.chat_id, message_id=question.message_id, **values)
                .on_conflict_do_update(index_elements=[questions.c.chat_id, questions.c.message_id], set_=values)
                .returning(questions.c.id)
            )
        return replace(question, id=question_id or 0)

    @uninterrupted
    async def close(self, question_id: int) -> None:
        """Forget what was asked; the place stays, so that the message is not answered once more."""
        nothing: dict[str, Any] = {"trail": [], "answer_ids": [], "control_id": None, "sent_at": None, "shape": None}
        async with self._database.transaction() as connection:
            await connection.execute(
                update(questions)
                .where(questions.c.id == question_id)
                .values(state=QuestionState.CLOSED, **_viewed(View()), **nothing)
            )
            await remains.note(connection, Files.DATABASE)

    @uninterrupted
    async def expire(self, now: datetime) -> int:
        """Delete the questions that are too old; returns how many."""
        async with self._database.transaction() as connection:
            gone = await connection.execute(delete(questions).where(questions.c.asked_at < now - KEPT))
            if gone.rowcount:
                await remains.note(connection, Files.DATABASE)
            return gone.rowcount

    async def _one(self, *conditions: ColumnElement[bool]) -> Question | None:
        async with self._database.reading() as connection:
            row = (await connection.execute(select(questions).where(*conditions))).one_or_none()
        # What the next sweep will delete is already gone.
        too_old = row is not None and row.asked_at < datetime.now(UTC) - KEPT
        return None if row is None or too_old else Question.from_row(row)


def packed(photo_ids: Sequence[int]) -> bytes:
    """Photo ids as a blob: 1,000 of a chat with 100,000 photos take some 2.5 KB instead of 8."""
    return zlib.compress(np.asarray(photo_ids, ID).tobytes())


def unpacked(blob: bytes) -> tuple[int, ...]:
    """What `packed` was given."""
    return tuple(np.frombuffer(zlib.decompress(blob), ID).tolist())


def _written(question: Question) -> dict[str, Any]:
    sent = question.sent
    return {
        "thread_id": question.thread_id,
        "asker_id": question.asker_id,
        "revision": question.revision,
        "fingerprint": question.fingerprint,
        "asked_at": question.asked_at,
        "state": question.state,
        "trail": [[view.query, view.start] for view in question.trail],
        "shape": sent.shape,
        "answer_ids": list(sent.message_ids),
        "control_id": sent.control_id,
        "sent_at": sent.at,
        **_viewed(question.view),
    }


def _viewed(view: View) -> dict[str, Any]:
    return {
        "query": view.query,
        "verdict": view.verdict,
        "ranking": packed(view.ranking),
        "start": view.start,
        "end": view.end,
    }
