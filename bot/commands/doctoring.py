"""`doctor`."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from bot.commands.terminal import read_settings, watch

Fix = Annotated[bool, typer.Option("--fix", help="Mend what can be mended.")]
STYLES = {"mended": "green", "wrong": "red", "note": "yellow"}
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def doctor(fix: Fix = False, as_json: Json = False) -> None:
    """Look through the archive and say what is wrong. The exit status is 0 where all is well, else 1."""
    settings = read_settings()
    from bot.doctor import Doctor, doctor_alone  # noqa: PLC0415 - keeps --help quick
    from bot.remote import carry_out  # noqa: PLC0415

    told = watch(carry_out(settings.data_dir, Doctor.NAME, lambda: doctor_alone(settings), fix=fix))
    if as_json:
        typer.echo(json.dumps({name: told[name] for name in told if name != "done"}, ensure_ascii=False, indent=2))
    else:
        _show(told, fix)
    if not told["is_well"]:
        raise typer.Exit(1)


def _show(told: dict[str, Any], is_fixed: bool) -> None:
    out = Console()
    for finding in told["findings"]:
        sign = "mended" if finding["is_mended"] else "wrong" if finding["is_wrong"] else "note"
        out.print(Text.assemble((f"{sign:<8}", STYLES[sign]), finding["sentence"]))
        if finding["why_not_mended"]:
            out.print(Text(f"        It could not be mended: {finding['why_not_mended']}"))
    can_be = [one for one in told["findings"] if one["can_be_mended"] and not one["is_mended"]]
    if can_be and not is_fixed:
        out.print(Text(f"`doctor --fix` mends {len(can_be)} of these."))
    if told["is_well"]:
        out.print(Text("All is well." if told["is_running"] else "All is well. No bot is running."))
