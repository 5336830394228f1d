"""`status` and `retry`: what keeps an archive well."""

import asyncio
import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from bot.commands.terminal import console, read_settings, watch
from bot.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def status(as_json: Json = False) -> None:
    """Show how the running bot does. The exit status is 1 where none runs, or it is not well."""
    from bot.errors import BotError  # noqa: PLC0415 - keeps --help quick

    settings = read_settings()
    try:
        told = {"running": True, **asyncio.run(_status(settings))}
    except BotError as exc:
        if not as_json:
            raise
        told = {"running": False, "unwell": [str(exc)]}
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        from bot.commands.figures import status_table  # noqa: PLC0415

        Console().print(status_table(told))
        for sentence in told["unwell"]:
            console.print(f"[bold red]Not well:[/] {escape(sentence)}", highlight=False)
    if told["unwell"]:
        raise typer.Exit(1)


async def _status(settings: Settings) -> dict[str, Any]:
    from bot.remote import ask  # noqa: PLC0415

    [told] = [line async for line in ask(settings.data_dir, "status")]
    del told["done"]
    return told


def retry() -> None:
    """Try every photo again that could not be read. In a chat /retry does it for that chat."""
    settings = read_settings()
    from bot.remote import carry_out  # noqa: PLC0415 - keeps --help quick
    from bot.retrying import Retry, retry_alone  # noqa: PLC0415

    told = watch(carry_out(settings.data_dir, Retry.NAME, lambda: retry_alone(settings)))
    console.print(f"Photos that will be tried again: {told['photos']}.")
