"""Nobody sees what is not theirs, whatever happens before.

Random histories over several chats and users: posts, albums, edits, questions, answers' buttons (pressed, forged and
replayed), /forget, /optout, /optin, /purge, migrations, removals, returns, updates that come twice, time that passes.
After every step, everything the bot has said is held against the model of what may be seen.

`make leak-test` runs 100,000 steps; LEAK_STEPS sets another number.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.leaks.harness import Harness
from tests.leaks.histories import LENGTH, Histories

STEPS = int(os.environ.get("LEAK_STEPS", "600"))


@pytest.fixture
def harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Harness]:
    """The bot."""
    running = Harness(tmp_path / "data", monkeypatch)
    yield running
    running.close()


def histories(number: int) -> settings:
    """So many of them."""
    return settings(
        max_examples=number,
        stateful_step_count=LENGTH,
        deadline=None,
        database=None,
        phases=[Phase.generate],  # what a history did stays: a shorter one would not be the same
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )


def test_a_history_shows_what_is_not_theirs(harness: Harness) -> None:
    """No step of any history makes the bot say what may not be seen in that chat."""
    machine = type("TheseHistories", (Histories,), {"harness": harness})
    try:
        while (left := STEPS - harness.steps) > 0:  # some histories end early
            run_state_machine_as_test(machine, settings=histories(-(-left // LENGTH)))
    except Exception:
        if harness.leaks:  # tried once more, the history is another one, and Hypothesis says no more than that
            raise harness.leaks[0] from None
        raise
    world = harness.world
    print(harness.summary)  # noqa: T201 - `make leak-test` shows it
    assert world.shown > STEPS / 200, "or nothing could have leaked"
