"""`python -m tests.importing`: how fast a large import is, alone and beside a bot that is asked."""

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from tests.importing.measure import alone, beside

Photos = Annotated[int, typer.Option(help="How many photos the export has.")]


def main(photos: Photos = 20_000, beside_bot: Photos = 2_000) -> None:
    """Imports a generated export alone, once more, and another beside a bot."""
    with tempfile.TemporaryDirectory() as scratch:
        if photos:
            asyncio.run(alone(Path(scratch) / "alone", photos, print))
        if beside_bot:
            asyncio.run(beside(Path(scratch) / "beside", beside_bot, print))


if __name__ == "__main__":
    typer.run(main)
