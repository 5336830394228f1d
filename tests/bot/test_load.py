"""The short form of `make load-test`."""

from pathlib import Path

from tests.load.play import play
from tests.load.processes import running


async def test_a_flood_of_updates_silences_searches(tmp_path: Path) -> None:
    """A real bot takes every update, answers every search meanwhile, and indexes every photo."""
    async with running(tmp_path) as both:
        report = await play(both, updates=400)
    assert report.updates == 400
    assert report.answered
    assert report.unanswered == 0
