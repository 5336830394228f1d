"""Work in the background: it begins once, ends when it is told to, and never in silence."""

import asyncio

import pytest

from search.background import BackgroundTask
from tests.people import until


def tasks(name: str) -> list[asyncio.Task[object]]:
    return [task for task in asyncio.all_tasks() if task.get_name() == name]


class Work:
    """Goes on for ever, or until it is told to fail; counts how often it was begun and ended."""

    def __init__(self) -> None:
        self.begun = self.ended = 0
        self.fails = asyncio.Event()

    async def __call__(self) -> None:
        self.begun += 1
        try:
            await self.fails.wait()
            raise KeyError("a field nobody knew")
        finally:
            self.ended += 1

    async def has_begun(self) -> bool:
        return self.begun > self.ended


async def test_a_mistake_ends_the_work_in_silence(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged when it happens, with its trace and the name of the work, and not only at the stop; a stop and a
    start begin it anew."""
    work = Work()
    task = BackgroundTask("sweeper", work)
    task.start()
    await until(work.has_begun, "the work to begin")
    work.fails.set()

    async def is_told() -> bool:
        return "The sweeper met a mistake of its own" in caplog.text

    await until(is_told, "the sentence in the log")
    assert "KeyError" in caplog.text
    assert not task.is_at_work
    await task.stop()
    work.fails.clear()
    task.start()
    await until(work.has_begun, "the work to begin again")
    await task.stop()


async def test_work_outlives_its_stop(caplog: pytest.LogCaptureFixture) -> None:
    """It has ended when `stop` returns, which is no trouble; stopping what is not at work is none either."""
    work = Work()
    task = BackgroundTask("sweeper", work)
    await task.stop()
    task.start()
    await until(work.has_begun, "the work to begin")
    await task.stop()
    await task.stop()
    assert (work.begun, work.ended, tasks("sweeper"), caplog.text) == (1, 1, [], "")
    task.start()
    await task.stop()  # before its first step
    assert (work.begun, work.ended) == (1, 1)


async def test_work_that_is_started_twice_is_done_twice() -> None:
    """The first goes on, and one stop ends it."""
    work = Work()
    task = BackgroundTask("sweeper", work)
    task.start()
    await until(work.has_begun, "the work to begin")
    task.start()
    assert len(tasks("sweeper")) == 1
    await task.stop()
    assert (work.begun, tasks("sweeper")) == (1, [])


async def test_work_that_is_done_counts_as_at_work() -> None:
    """It came to its end by itself, and may be begun again."""
    done = 0

    async def work() -> None:
        nonlocal done
        done += 1

    async def is_done() -> bool:
        return not task.is_at_work

    task = BackgroundTask("fingerprinter", work)
    for _ in range(2):
        task.start()
        assert task.is_at_work
        await until(is_done, "the work to be done")
    assert done == 2
    await task.stop()
