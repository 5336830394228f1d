"""`reindex`."""

import time
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from bot.commands.terminal import INTERRUPTED, console, read_settings, watch
from search.model_spec import ModelSpec


def reindex(
    model: Annotated[str, typer.Option(help="As in CHATLENS_MODEL: NAME:TAG, hf-hub:ORG/REPO, local-dir:/path.")],
    accept_lost: Annotated[
        bool, typer.Option("--accept-lost", help="Change over even if many photos, or some just now, cannot be had.")
    ] = False,
    drop_old: Annotated[
        bool, typer.Option("--drop-old", help="Delete what other models saw; without it, changing back takes a moment.")
    ] = False,
) -> None:
    """Change over to another model: every photo is fetched again and seen by it; until then the old one answers."""
    settings = read_settings()
    from bot.reindexing import Reindex, reindex_alone  # noqa: PLC0415 - keeps --help quick
    from bot.remote import carry_out  # noqa: PLC0415

    setting = ModelSpec.parse(model).whole  # the bot that does it runs elsewhere
    lines = carry_out(
        settings.data_dir,
        Reindex.NAME,
        lambda: reindex_alone(settings),
        model=setting,
        accept_lost=accept_lost,
        drop_old=drop_old,
    )
    try:
        told = watch(lines)
    except KeyboardInterrupt:
        console.print("Stopped. What the new model has seen is kept: run the same command to go on from there.")
        raise typer.Exit(INTERRUPTED) from None
    _say(told)


def _say(told: dict[str, Any]) -> None:
    console.print(f"{told['images']:,} images were seen by {escape(told['model'])} in {_span(told['seconds'])}.")
    if told["before"] == told["model"]:
        console.print("It is the archive's model already: only what it had not seen was missing.")
    elif told["is_running"]:
        console.print(
            f"The bot answers by it from now on. New photos waited for {told['rested']} s, questions did not."
        )
    else:
        console.print("The bot answers by it from its next start on.")
    console.print(
        f"Set [bold]CHATLENS_MODEL={escape(told['setting'])}[/] before its next start, or its log reminds you."
    )
    others = {name: count for name, count in told["kept"].items() if name != told["model"]}
    if told["dropped"]:
        console.print(f"Vectors of other models that were deleted: {told['dropped']:,}.")
        if others:
            console.print(f"{sum(others.values()):,} are kept: of images that this model has not seen.")
    elif others:
        console.print(f"Vectors of {escape(', '.join(others))} are kept, to change back to; --drop-old deletes them.")
    console.print("When to say that nothing fits is the model's own: see `python -m bot calibrate`.")
    if told["lost"]:
        _say_lost(told)


def _say_lost(told: dict[str, Any]) -> None:
    console.print(
        f"Photos whose file could not be had: {told['lost']:,}. They are kept, and found by the words of their "
        f"captions only; the next `reindex` tries again. All of them are listed in {escape(told['file'])}."
    )
    table = Table("chat", "message", "date", "why")
    for one in told["named"]:
        table.add_row(str(one["chat"]), str(one["message"]), one["date"][:10], escape(one["why"]))
    console.print(table)


def _span(seconds: float) -> str:
    return f"{seconds} s" if seconds < 60 else time.strftime("%H:%M:%S", time.gmtime(seconds))
