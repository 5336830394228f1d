"""A sandbox over real HTTP for every test, held against the spec."""

from collections.abc import AsyncIterator, Iterator

import pytest
import telegram

from sandbox.server import Sandbox, serve_in_thread
from tests.sandbox.people import People, patient_bot
from tests.sandbox.spec import Violations, checked


@pytest.fixture(autouse=True)
def timedeltas(monkeypatch: pytest.MonkeyPatch) -> None:
    """python-telegram-bot gives durations as it will from its next major version on, without a warning."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


@pytest.fixture
def violations() -> Violations:
    """What was not as the spec says; tests that mean it take it out."""
    return Violations()


@pytest.fixture
def sandbox(violations: Violations) -> Iterator[Sandbox]:
    """An empty world; what goes over its wire must be as the spec says."""
    with serve_in_thread() as running, checked(running, violations):
        yield running


@pytest.fixture
async def people(sandbox: Sandbox) -> AsyncIterator[People]:
    """The people's side."""
    async with People(sandbox) as side:
        yield side


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[telegram.Bot]:
    """The real python-telegram-bot."""
    async with patient_bot(sandbox) as running:
        yield running
