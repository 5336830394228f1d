"""`backup` and `restore`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.commands.figures import bytes_text
from bot.commands.terminal import console, read_settings, watch

Written = Annotated[Path, typer.Argument(metavar="FILE", help="Takes the place of an older one when it is whole.")]
Kept = Annotated[Path, typer.Argument(metavar="FILE", help="What `backup` has written.")]
Force = Annotated[bool, typer.Option("--force", help="Set aside what is in the data directory.")]


def backup(file: Written) -> None:
    """Write everything that is needed to move to another machine into one file, also while the bot runs."""
    settings = read_settings()
    from bot.backing_up import Backup, backup_alone  # noqa: PLC0415 - keeps --help quick
    from bot.remote import carry_out  # noqa: PLC0415

    target = file.absolute()
    told = watch(carry_out(settings.data_dir, Backup.NAME, lambda: backup_alone(settings), file=str(target)))
    console.print(
        f"{target}: {bytes_text(told['bytes'])}, {told['counts']['photos']:,} photos, read again and found right. "
        "It holds captions, names and file ids: keep it as you keep the data directory.",
        highlight=False,
        markup=False,
    )
    for one in _not_in_it(told):
        console.print(f"Not in it: {one}.", highlight=False, markup=False)


def _not_in_it(told: dict[str, Any]) -> Iterator[str]:
    """What must be taken along to another machine as well."""
    yield "the token and your settings (the environment, or .env)"
    if told["left_in_place"]:
        yield f"the files of {told['left_in_place']:,} imported photos, which lie where they were imported from"
    if told["model_directory"]:
        yield f"the model in {told['model_directory']}"


def restore(file: Kept, force: Force = False) -> None:
    """Bring an archive back from a backup, into an empty data directory. Stop the bot first."""
    settings = read_settings()
    from bot.restoring import restore as restored  # noqa: PLC0415 - keeps --help quick

    told = watch(restored(settings, file.absolute(), force=force))
    model = told["model"] or "none yet"
    console.print(
        f"Restored: {told['counts']['photos']:,} photos of {told['counts']['chats']:,} chats, as they were at "
        f"{told['made_at']}; indexed with the model {model}.",
        highlight=False,
        markup=False,
    )
    if told["aside"]:
        console.print(
            f"What was there before is in {told['aside']}. Delete it when all is well.", highlight=False, markup=False
        )
    if not told["is_forgotten"]:
        console.print(
            "It could not be read: photos that people had erased since the backup was made are back. Tell them to erase"
            " them again.",
            highlight=False,
        )
