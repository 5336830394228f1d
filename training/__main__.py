"""`python -m training`: make models/demo again, from fetching the art to measuring the result."""

from __future__ import annotations

import typer

from training import art

app = typer.Typer(help="Make the demo checkpoint and the sample archive again.", no_args_is_help=True)


@app.callback()
def training() -> None:
    """Commands for the parts; without them nothing runs."""


@app.command()
def images(count: int = 1_800_000, minutes: float = 75, seed: int = 1) -> None:
    """First phase: the image tower and the class vectors."""
    from training.image_phase import Plan, train_image_tower  # noqa: PLC0415 - torch is slow to import
    from training.model import new_model  # noqa: PLC0415

    art.fetch_packages()
    train_image_tower(new_model(seed).visual, Plan(count, minutes, seed))


if __name__ == "__main__":
    app()
