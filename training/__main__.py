"""`python -m training all` makes models/demo again, from fetching the art to measuring the result."""

from __future__ import annotations

import typer

from training import art

app = typer.Typer(help="Make the demo checkpoint and the sample archive again.", no_args_is_help=True)


@app.command(name="all")
def make_all(seed: int = 1, minutes: float = 120) -> None:
    """Everything, in about two hours of one core."""
    images(minutes=minutes * 0.6, seed=seed)
    texts(minutes=minutes * 0.27, seed=seed)
    joint(minutes=minutes * 0.13, seed=seed)
    report(held_out=True)


@app.command()
def images(
    count: int = 1_800_000, minutes: float = 75, seed: int = 1, rate: float = 2e-3, resume: bool = False
) -> None:
    """First phase: the image tower and the class vectors."""
    from training.image_phase import Plan, train_image_tower  # noqa: PLC0415 - torch is slow to import
    from training.model import new_model  # noqa: PLC0415

    art.fetch_packages()
    train_image_tower(new_model(seed).visual, Plan(count, minutes, seed, rate), resume)


@app.command()
def texts(count: int = 1_500_000, minutes: float = 30, seed: int = 1, beside: bool = False) -> None:
    """Second phase: tokenizer and text tower; may run `--beside` the first phase."""
    from training.text_phase import make_text_tower  # noqa: PLC0415 - as above

    make_text_tower(count, minutes, seed, beside)


@app.command()
def joint(count: int = 300_000, minutes: float = 15, seed: int = 1) -> None:
    """Third phase: both towers together; writes models/demo."""
    from training.joint_phase import finish_model  # noqa: PLC0415 - as above

    finish_model(count, minutes, seed)


@app.command()
def archive() -> None:
    """Paint the sandbox's sample archive."""
    from training.archive import build_archive  # noqa: PLC0415 - as above

    art.fetch_packages()
    build_archive()


@app.command()
def report(held_out: bool = False) -> None:
    """Measure models/demo and write REPORT.md; `--held-out` opens the held-out style as well."""
    from training.report import write_report  # noqa: PLC0415 - as above

    art.fetch_packages()
    write_report(held_out)


if __name__ == "__main__":
    app()
