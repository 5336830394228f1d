"""What nobody waits for gives way, and is not held for ever."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from search import quiet
from search.quiet import Quiet


async def test_an_import_goes_on_while_somebody_waits() -> None:
    """It waits for the last of them, and whatever else is to be held is held as well."""
    held: list[str] = []

    @contextmanager
    def also() -> Iterator[None]:
        held.append("begun")
        yield
        held.append("ended")

    silence = Quiet(also)
    assert not silence.is_lively
    await silence.wait()
    with silence.held():
        with silence.held():
            waiting = asyncio.create_task(silence.wait())
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not waiting.done()
    await waiting
    assert held == ["begun", "begun", "ended", "ended"]
    assert silence.is_lively, "another question is likely"


async def test_questions_without_end_stop_an_import(monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes on after a while, slowly."""
    monkeypatch.setattr(quiet, "LONGEST", 0.01)
    silence = Quiet()
    with silence.held():
        await silence.wait()
