"""One person's flood, one chat's flood, and everybody else."""

import asyncio

import pytest

from handlers import limits
from handlers.limits import ChatIsBusy, SearchLimit, TooManySearches, Turns
from tests.people import PATIENCE

ANN, BEN = 1, 2
CREW, OTHERS = -1, -2


class Clock:
    """Moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def refused(limit: SearchLimit, asker: int) -> TooManySearches:
    with pytest.raises(TooManySearches) as caught:
        limit.admit(asker)
    return caught.value


def test_one_person_silences_another() -> None:
    """Each has a share of his own."""
    limit = SearchLimit(3, Clock())
    for _ in range(3):
        limit.admit(ANN)
    refused(limit, ANN)
    limit.admit(BEN)


def test_a_flood_is_answered_with_a_flood() -> None:
    """The refusal is said once a minute, with how long to wait."""
    clock = Clock()
    limit = SearchLimit(1, clock)
    for _ in range(2):
        limit.admit(ANN)
        clock.now += 12.5
        first = refused(limit, ANN)
        assert not first.is_known
        assert "once a minute. Please ask again in 48 s." in str(first)
        assert all(refused(limit, ANN).is_known for _ in range(100))
        clock.now += 60


def test_the_limit_lasts_for_ever() -> None:
    """When the minute is over, counting begins anew."""
    clock = Clock()
    limit = SearchLimit(2, clock)
    for _ in range(3):
        limit.admit(ANN)
        limit.admit(ANN)
        refused(limit, ANN)
        clock.now += 60


def test_a_million_askers_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Minutes that are over are forgotten, and of those that are not only so many are kept."""
    monkeypatch.setattr(limits, "ASKERS", 100)
    clock = Clock()
    limit = SearchLimit(1, clock)
    for asker in range(1_000):
        limit.admit(asker)
        assert len(limit._minutes) <= 100
    clock.now += 61
    limit.admit(ANN)
    assert len(limit._minutes) == 1


async def crowd(turns: Turns, chat: int, number: int) -> tuple[list[asyncio.Task[str]], asyncio.Event]:
    """So many questions at once, none of which ends before it is told to."""
    may_end = asyncio.Event()

    async def ask() -> str:
        try:
            async with turns.of(chat):
                await may_end.wait()
        except ChatIsBusy as exc:
            return "silence" if exc.is_known else "told"
        return "answered"

    asked = [asyncio.create_task(ask()) for _ in range(number)]
    await asyncio.sleep(0)
    return asked, may_end


async def test_a_noisy_chat_delays_the_others() -> None:
    """While hundreds ask in one chat, a question elsewhere has its turn at once."""
    turns = Turns()
    asked, may_end = await crowd(turns, CREW, 500)
    async with asyncio.timeout(PATIENCE), turns.of(OTHERS):
        pass
    may_end.set()
    await asyncio.gather(*asked)


async def test_questions_pile_up_for_ever() -> None:
    """What can be answered in a minute waits; of the rest one is told, and the chat is served again afterwards."""
    turns = Turns()
    for _ in range(2):
        asked, may_end = await crowd(turns, CREW, 100)
        may_end.set()
        said = await asyncio.gather(*asked)
        assert said.count("answered") == limits.AT_ONCE + limits.WAITING
        assert said.count("told") == 1
        assert not turns._queues


async def test_many_chats_together_pile_up_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """All questions together are bounded as well, and nothing is kept of those who were sent away."""
    monkeypatch.setattr(limits, "IN_ALL", 5)
    turns = Turns()
    asked, may_end = await crowd(turns, CREW, 5)
    with pytest.raises(ChatIsBusy):
        async with turns.of(OTHERS):
            raise AssertionError("one too many")
    assert list(turns._queues) == [CREW]
    may_end.set()
    await asyncio.gather(*asked)


async def test_a_cancelled_question_keeps_its_turn() -> None:
    """Whether it waited or was being answered."""
    turns = Turns()
    asked, _ = await crowd(turns, CREW, 10)
    for task in asked:
        task.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    async with asyncio.timeout(PATIENCE), turns.of(CREW):
        pass
    assert not turns._queues
