"""`import`."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from bot.commands.export_table import export_list
from bot.commands.terminal import INTERRUPTED, console, read_settings, results, watch

EXPORT = typer.Argument(help="What Telegram Desktop exported: a folder, its result.json or messages.html, or a ZIP.")
CHAT = typer.Option(help="Where the photos go: id, @username or title of a chat that the bot is in.")
MAP = typer.Option("--map", help="EXPORTID=CHAT, of an export with several chats; may be repeated.")
ALL = typer.Option("--all", help="Every chat of the export that the bot is in, as far as their ids tell.")
LIST = typer.Option("--list", help="Only show what the export holds.")
COPY = typer.Option(
    "--copy/--leave",
    help="Copy the files into the data directory, or read them from where they are ever after. "
    "Default: CHATLENS_IMPORT_COPY.",
)
ZONE = typer.Option(help="Time zone of the computer that exported, for exports whose dates have none. Default: UTC.")
STICKERS = typer.Option("--stickers", help="Take stickers for pictures, too.")


def import_(
    path: Annotated[Path, EXPORT],
    chat: Annotated[str | None, CHAT] = None,
    mapped: Annotated[list[str] | None, MAP] = None,
    everything: Annotated[bool, ALL] = False,
    only_list: Annotated[bool, LIST] = False,
    copy: Annotated[bool | None, COPY] = None,
    stickers: Annotated[bool, STICKERS] = False,
    zone: Annotated[str | None, ZONE] = None,
) -> None:
    """Bring a chat's history: photos that were posted before the bot came, from an export of Telegram Desktop.

    The exit status is 0 where photos of the export are in the archive now, 1 where none is, where nothing could be done
    or the export is damaged, and 130 where it was cut off.
    """
    if chat is not None and (mapped or everything):
        raise typer.BadParameter("--chat goes neither with --map nor with --all")
    settings = read_settings()
    from bot.importing import Import, import_alone  # noqa: PLC0415 - keeps --help quick
    from bot.remote import carry_out  # noqa: PLC0415

    lines = carry_out(
        settings.data_dir,
        Import.NAME,
        lambda: import_alone(settings),
        path=str(path.absolute()),
        chat=chat,
        map=dict(map(_pair, mapped or [])),
        all=everything,
        list=only_list,
        copy=copy,
        stickers=stickers,
        zone=zone,
    )
    try:
        told = watch(lines)
    except KeyboardInterrupt as exc:
        console.print("Cut off. What was taken in is kept; run the same again, and it goes on from there.")
        raise typer.Exit(INTERRUPTED) from exc
    if only_list:
        results.print(export_list(told["chats"]))
    else:
        _summarise(told)
    if told["damage"]:
        console.print(f"[yellow]{escape(told['damage'])}[/]", highlight=False)
    if told["damage"] or not (only_list or any(one["in_archive"] for one in told["taken"])):
        raise typer.Exit(1)


def _pair(said: str) -> tuple[str, str]:
    number, _, name = said.partition("=")
    if not number.lstrip("-").isdecimal() or not name:
        raise typer.BadParameter(f"--map takes EXPORTID=CHAT, not {said!r}")
    return number, name


def _summarise(told: dict[str, Any]) -> None:
    for one in told["taken"]:
        console.print(f"[bold]{escape(one['chat'])}[/] ({one['chat_id']}):", highlight=False)
        for outcome, count in one["counts"].items():
            console.print(f"  {count:,} {escape(outcome)}", highlight=False)
        if not one["counts"]:
            console.print("  The export holds no photo of it.")
        _tell_unfinished(one)
        if one["is_of_pages"]:
            console.print(
                "  [yellow]HTML does not say who posted what: photos were given to those who have posted under the "
                "same name here; others only admins can have forgotten by the bot's answer. JSON tells.[/]"
            )
        elif one["is_its_own"] is None:
            console.print("  [yellow]The export does not tell its chat's id; its photos have no links.[/]")
        elif not one["is_its_own"]:
            console.print(
                f"  [yellow]By its id the export is of another chat, “{escape(one['name'])}”; taken as told.[/]"
            )
    for one in told["left_out"]:
        console.print(f"Left out: {escape(one['name'])} ({one['id']}): {escape(one['why'])}.", highlight=False)


def _tell_unfinished(one: dict[str, Any]) -> None:
    """Of all that was ever imported there: what is in the archive and nevertheless not found."""
    if one["failed"]:
        console.print(
            f"  [yellow]Of all photos imported there, {one['failed']:,} could not be indexed; /stats in the chat tells "
            "its admins why, and `python -m bot retry` tries again.[/]"
        )
    if one["put_off"]:
        console.print(
            f"  [yellow]Of all photos imported there, {one['put_off']:,} are put off until their files can be read: "
            "the folder or disk that they lie on is not there.[/]"
        )
