"""`make fuzz`: many mutants, and a report."""

import asyncio
import logging
from pathlib import Path
from typing import Annotated

import typer

from search.images import DecodingLimits
from tests.fuzzing.run import fuzz


def main(
    count: Annotated[int, typer.Option(help="How many mutated files.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Another seed makes other mutants.")] = 1,
    keep: Annotated[Path, typer.Option(help="Where files that broke their decoder go.")] = Path("var/fuzz"),
) -> None:
    """Mutated pictures of every accepted format, through the bot's own door."""
    logging.disable()
    print(asyncio.run(fuzz(count, seed, DecodingLimits(), keep)))


if __name__ == "__main__":
    typer.run(main)
