"""`make load-test`: 20,000 updates as fast as the bot takes them, with searches in between, and a report."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from tests.load.play import Report, play
from tests.load.processes import running


async def _played(updates: int) -> Report:
    with TemporaryDirectory(prefix="chatlens-load-") as directory:
        async with running(Path(directory)) as both:
            return await play(both, updates)


def main(updates: Annotated[int, typer.Option(help="Updates to play.")] = 20_000) -> None:
    """Plays and prints."""
    print(asyncio.run(_played(updates)))


if __name__ == "__main__":
    typer.run(main)
