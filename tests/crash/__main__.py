"""The long form: `make crash-test`, or `python -m tests.crash --kills 100 --seed 1`."""

import asyncio
import random
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from tests.crash.run import CrashRun


def main(
    kills: Annotated[int, typer.Option(help="How many times the bot is killed.")] = 100,
    seed: Annotated[int, typer.Option(help="For the same run again; 0 takes another one each time.")] = 1,
    folder: Annotated[Path | None, typer.Option(help="Where archive and log are kept; else they are deleted.")] = None,
) -> None:
    """Prints what was lost; the exit status is 1 where anything was."""
    seed = seed or random.randrange(1, 2**31)
    print(f"seed {seed}")
    with tempfile.TemporaryDirectory(prefix="chatlens-crash-") as scratch:
        outcome = asyncio.run(CrashRun(seed, kills, folder or Path(scratch)).run())
    print(outcome)
    for wrong in [*sorted(outcome.lost), *outcome.wrong_in_chroma]:
        print(wrong)
    raise typer.Exit(0 if outcome.is_clean else 1)


if __name__ == "__main__":
    typer.run(main)
