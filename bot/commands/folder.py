"""`index` and `search`: a folder of pictures instead of chats."""

import asyncio
import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Column, Table

from bot.commands.terminal import INTERRUPTED, console, printable, read_settings, results, watch
from bot.errors import FolderError

if TYPE_CHECKING:
    from bot.folder.searching import FolderAnswer

NAMED = 20
"""Pictures that could not be read and are named on a terminal."""

Index = Annotated[
    Path | None,
    typer.Option("--index", help="A folder for the index, where DIR cannot be written to. Default: DIR/.chatlens."),
]
AsJson = Annotated[bool, typer.Option("--json", help="For programs: JSON on standard output.")]


def index(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of pictures; those inside it count too.")],
    index: Index = None,
    as_json: AsJson = False,
) -> None:
    """Index a folder of pictures, to try a model on your own; no Telegram, no token. Again: only what has changed."""
    settings = read_settings(logging.WARNING)
    from bot.folder.indexing import index_folder  # noqa: PLC0415 - keeps --help quick
    from bot.folder.opening import Place  # noqa: PLC0415

    try:
        told = watch(index_folder(settings, Place.of(directory, index)))
    except KeyboardInterrupt:
        console.print("Stopped. What is indexed stays so, and the next run goes on from there.")
        raise typer.Exit(INTERRUPTED) from None
    if as_json:
        results.print_json(json.dumps(told), ensure_ascii=True)
    else:
        _say(told)


def search(
    question: Annotated[
        str, typer.Argument(metavar="[WORDS]", help="As after /search, in quotes: 'red car -dog n:8'.")
    ],
    directory: Annotated[Path | None, typer.Argument(metavar="DIR", help="An indexed folder.")] = None,
    like: Annotated[Path | None, typer.Option(help="A picture to find the like of, alone or with words.")] = None,
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=200, help="How many pictures.")] = 10,
    sheet: Annotated[Path | None, typer.Option(help="Write a contact sheet here, e.g. found.png.")] = None,
    index: Index = None,
    as_json: AsJson = False,
) -> None:
    """Search an indexed folder of pictures by words, or by a picture (--like)."""
    settings = read_settings(logging.WARNING)
    from bot.folder.opening import Place  # noqa: PLC0415 - keeps --help quick
    from bot.folder.searching import Asked, search_folder  # noqa: PLC0415

    words, folder = (question, directory) if directory is not None else ("", Path(question))
    if directory is None and like is None:
        raise FolderError("Two things are needed: what to look for, and the folder. python -m bot search 'red car' DIR")
    asked = Asked(words, like, count)
    answer = asyncio.run(search_folder(settings, Place.of(folder, index), asked, with_previews=sheet is not None))
    if as_json:
        results.print_json(json.dumps(_as_json(answer)), ensure_ascii=True)
    else:
        _show(answer)
    if sheet is not None and answer.found:
        _write_sheet(answer, sheet)


def _say(told: dict[str, Any]) -> None:
    kinds = ", ".join(f"{told[kind]:,} {kind}" for kind in ("new", "changed", "renamed", "gone") if told[kind])
    console.print(f"{told['indexed']:,} pictures can be searched ({kinds or 'nothing has changed'}).")
    if told["heif"]:
        console.print(f"{told['heif']:,} HEIC pictures were passed over: they need the extra `heif` (README).")
    for folder in told["unlisted"]:
        console.print(f"This folder could not be opened: {escape(folder)}")
    if told["failed"]:
        console.print(f"Passed over, because they could not be read: {told['failed']:,}.")
        table = Table(Column("picture", overflow="fold"), "why")
        for one in told["unreadable"][:NAMED]:
            table.add_row(escape(one["path"]), escape(str(one["why"])))
        console.print(table)
        if told["failed"] > NAMED:
            console.print("The first of them are listed; --json names up to 1,000.")


def _show(answer: "FolderAnswer") -> None:
    from handlers.render import NOTHING_ALIKE, UNSURE  # noqa: PLC0415 - keeps --help quick
    from search.verdict import Verdict  # noqa: PLC0415

    if answer.verdict is Verdict.NOTHING or not answer.found:
        console.print(NOTHING_ALIKE if answer.verdict is Verdict.NOTHING else "No picture is left by these filters.")
        return
    if answer.verdict is Verdict.UNSURE:
        console.print(UNSURE)
    table = Table("#", "score", "date", "files", Column("picture", overflow="fold"))
    for number, one in enumerate(answer.found, start=1):
        copies = "" if one.copies == 1 else str(one.copies)
        table.add_row(str(number), f"{one.score:.3f}", f"{one.date:%Y-%m-%d}", copies, escape(printable(str(one.path))))
    results.print(table)


def _as_json(answer: "FolderAnswer") -> dict[str, Any]:
    return {
        "model": answer.model,
        "verdict": answer.verdict,
        "found": [
            {"path": str(one.path), "score": round(one.score, 4), "date": one.date.isoformat(), "files": one.copies}
            for one in answer.found
        ],
    }


def _write_sheet(answer: "FolderAnswer", target: Path) -> None:
    from bot.folder.sheet import contact_sheet  # noqa: PLC0415 - keeps --help quick

    try:
        contact_sheet(answer.found).save(target)
    except (OSError, ValueError) as exc:  # a folder that is not there, or a suffix that is no picture's
        raise FolderError(f"The contact sheet could not be written to {target} ({exc}).") from exc
    console.print(f"Contact sheet: {target}")
