"""Questions and how far their answers were turned, in each kind of database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from storage.chat_records import ChatInfo
from storage.chats import Chats
from storage.database import Database
from storage.erasure import Erasure
from storage.questions import KEPT, Questions, QuestionState, Sent, View, packed, unpacked
from tests.storage.builders import GROUP, NOON, question

NEW_GROUP = ChatInfo(-1_009_999, "supergroup", "Family")


@pytest.fixture
def questions(database: Database, monkeypatch: pytest.MonkeyPatch) -> Questions:
    """Their moment is long past: what they keep is never too old, unless they say so."""
    monkeypatch.setattr("storage.questions.KEPT", timedelta(days=36_500))
    return Questions(database)


async def test_a_restart_forgets_how_far_an_answer_was_turned(database: Database, questions: Questions) -> None:
    """Everything comes back as it was kept, by the asking message and by the message with the buttons."""
    sent = Sent("album", (11, 12, 13), 13, NOON)
    asked = replace(
        question(5, ranking=tuple(range(7, 1_007))),
        state=QuestionState.ANSWERED,
        trail=(View("earlier", start=5),),
        sent=sent,
    )
    kept = await questions.keep(asked)
    again = Questions(database)
    assert await again.asked_in(GROUP.id, 5) == kept == replace(asked, id=kept.id)
    assert await again.controlled_by(GROUP.id, 13) == kept


async def test_an_edited_question_becomes_a_second_one(questions: Questions) -> None:
    """A message has one question, whatever becomes of it."""
    first = await questions.keep(question(5))
    second = await questions.keep(replace(first, fingerprint="of blue car", view=View("blue", ranking=(9,))))
    assert second.id == first.id
    assert await questions.asked_in(GROUP.id, 5) == second


async def test_a_button_of_one_chat_finds_the_question_of_another(questions: Questions) -> None:
    """The message with the buttons counts in its own chat only."""
    await questions.keep(replace(question(5), sent=Sent("album", (11, 12), 12, NOON)))
    assert await questions.controlled_by(-42, 12) is None
    assert await questions.controlled_by(GROUP.id, 11) is None


async def test_a_closed_answer_keeps_what_was_asked(questions: Questions) -> None:
    """Words, ranking and messages are gone; the place is left, so that the message is not answered again."""
    kept = await questions.keep(replace(question(5), sent=Sent("album", (11, 12), 12, NOON)))
    await questions.close(kept.id)
    closed = await questions.asked_in(GROUP.id, 5)
    assert closed is not None
    assert (closed.state, closed.view, closed.trail, closed.sent) == (QuestionState.CLOSED, View(), (), Sent())
    assert await questions.controlled_by(GROUP.id, 12) is None


async def test_what_people_asked_is_kept_for_ever(questions: Questions, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sweep deletes what is too old and nothing else; what it has yet to delete is not found any more."""
    monkeypatch.setattr("storage.questions.KEPT", KEPT)
    old = replace(question(5), asked_at=NOON - timedelta(days=3_650), sent=Sent("photo", (11,), 11, NOON))
    await questions.keep(old)
    await questions.keep(question(6))
    assert await questions.asked_in(GROUP.id, 5) is None
    assert await questions.controlled_by(GROUP.id, 11) is None
    assert await questions.expire(NOON + timedelta(days=1)) == 1
    assert await questions.expire(NOON + timedelta(days=1)) == 0


async def test_an_erased_chat_leaves_its_questions(database: Database, questions: Questions) -> None:
    """They go, and those of other chats stay."""
    await Chats(database).joined(GROUP, NOON)
    await questions.keep(question(5))
    await questions.keep(question(5, chat_id=-42))
    async for _ in Erasure(database).purge(GROUP.id):
        pass
    assert await questions.asked_in(GROUP.id, 5) is None
    assert await questions.asked_in(-42, 5) is not None


async def test_buttons_of_a_group_act_on_messages_of_its_supergroup(database: Database, questions: Questions) -> None:
    """Message ids start again there: the group's questions are not taken along."""
    await questions.keep(question(5, chat_id=-42))
    await Chats(database).migrate(-42, NEW_GROUP, NOON)
    assert await questions.asked_in(-42, 5) is None
    assert await questions.asked_in(NEW_GROUP.id, 5) is None


def test_a_ranking_takes_eight_kilobytes() -> None:
    """A thousand ids of a large chat take less than half of that, and come back in their order."""
    ids = tuple((number * 7_919) % 1_000_003 + 5_000_000 for number in range(1_000))
    assert unpacked(packed(ids)) == ids
    assert unpacked(packed(())) == ()
    assert len(packed(ids)) < 4_000
