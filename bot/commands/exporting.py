"""`export`."""

from pathlib import Path
from typing import Annotated

import typer

from bot.commands.terminal import console, read_settings, watch

Name = Annotated[str, typer.Option("--chat", metavar="CHAT", help="Its id, @username or title.")]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A folder of its own, or one of an export that was ended.")]


def export(chat: Name, folder: Folder) -> None:
    """Give people their data: all that is kept of a chat, as JSON, and its photos."""
    settings = read_settings()
    from bot.exporting import Export, export_alone  # noqa: PLC0415 - keeps --help quick
    from bot.remote import carry_out  # noqa: PLC0415

    target = folder.absolute()
    told = watch(
        carry_out(settings.data_dir, Export.NAME, lambda: export_alone(settings), chat=chat, folder=str(target))
    )
    console.print(f"{target}: {told['photos']:,} photos of {told['chat']}.", highlight=False, markup=False)
    if told["missing"]:
        console.print(
            f"Of {told['missing']:,} there is no picture; photos.json says why of each. Run it again to try once more.",
            highlight=False,
            markup=False,
        )
