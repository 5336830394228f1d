"""`python -m tests.importing`: how fast a large import is, alone and beside a bot that is asked."""

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from tests.importing.history import SIZE
from tests.importing.measure import alone, beside

Photos = Annotated[int, typer.Option(help="How many photos the export has; 0: leave that out.")]
Size = Annotated[tuple[int, int], typer.Option(help="Pixels of each.")]


def main(photos: Photos = 20_000, beside_bot: Photos = 2_000, size: Size = SIZE) -> None:
    """Imports a generated export alone, once more, and another beside a bot."""
    with tempfile.TemporaryDirectory() as scratch:
        if photos:
            asyncio.run(alone(Path(scratch) / "alone", photos, size, print))
        if beside_bot:
            asyncio.run(beside(Path(scratch) / "beside", beside_bot, print))


if __name__ == "__main__":
    typer.run(main)
