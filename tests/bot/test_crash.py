"""The short form of `make crash-test`."""

from pathlib import Path

from tests.crash.run import CrashRun


async def test_a_kill_costs_or_doubles_a_photo(tmp_path: Path) -> None:
    """A real bot is killed four times, as it starts, as it works and as Chroma persists: every photo is there, once."""
    outcome = await CrashRun(seed=5, kills=4, folder=tmp_path).run()
    print(outcome)  # noqa: T201 - the figures, with -s
    assert outcome.is_clean, f"{outcome}\n{outcome.wrong_in_chroma}"
    assert outcome.kills == 4
