"""Changing the model of an archive, in tests."""

from pathlib import Path
from typing import Any

from bot.reindexing import reindex_alone
from bot.remote import ask
from bot.settings import Settings
from tests.bot.test_command_line import ARCHIVE
from tests.conftest import Archive
from tests.people import People

PICTURES = sorted((ARCHIVE / "pictures").iterdir())[:30]


async def post_all(people: People, user: int, pictures: list[Path]) -> list[dict[str, Any]]:
    """One message each."""
    return [(await people.post(user, user, photos=[one.read_bytes()]))[0] for one in pictures]


async def changed(settings: Settings, model: Path, **more: Any) -> dict[str, Any]:
    """Has the running bot change over; what it says at the end."""
    last: dict[str, Any] = {}
    async for told in ask(settings.data_dir, "reindex", model=f"local-dir:{model}", **more):
        last = told
    return last


async def alone(settings: Settings, model: Path) -> dict[str, Any]:
    """The same where no bot runs."""
    last: dict[str, Any] = {}
    async with reindex_alone(settings) as job:
        async for told in job({"model": f"local-dir:{model}"}):
            last = told
    return last


async def downloads_take(people: People, seconds: float) -> None:
    """From now on, each; those under way that took longer come to their end."""
    await people.ask("DELETE", "/api/faults")
    await people.ask("POST", "/api/faults", json={"method": "getFile", "delay": seconds, "times": 0})


def vectors(archive: Archive) -> dict[str, int]:
    """How many there are of each model."""
    return dict(archive.rows("SELECT model, count(*) FROM vectors GROUP BY model"))
