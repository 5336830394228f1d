"""The command line: `python -m bot`."""

# NumPy reads it once, when it is imported. Its products here are of one row, in blocks: a second thread of BLAS waits
# for the first at each of them, and spins where another process has the core.
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import typer
from rich.markup import escape

from bot.commands.backups import backup, restore
from bot.commands.care import retry, status
from bot.commands.doctoring import doctor
from bot.commands.exporting import export
from bot.commands.folder import index, search
from bot.commands.importing import import_
from bot.commands.learning import calibrate
from bot.commands.reindexing import reindex
from bot.commands.running import demo, run
from bot.commands.terminal import console, printable
from bot.errors import EXPECTED
from bot.stopping import leave_soon

COMMANDS = (
    run,
    demo,
    import_,
    status,
    doctor,
    retry,
    backup,
    restore,
    export,
    calibrate,
    reindex,
    index,
    search,
)
"""In the order in which `--help` lists them."""

app = typer.Typer(
    name="chatlens",
    help="A Telegram bot that remembers pictures. Settings are environment variables that start with CHATLENS_; "
    "the README lists them.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    add_completion=False,
    pretty_exceptions_show_locals=False,  # they hold the token
)
for command in COMMANDS:
    app.command(command.__name__.rstrip("_"))(command)  # `import` is a word of Python's


def main() -> None:
    """What is wrong is said in a sentence, and the exit status is 1."""
    status = 1
    try:
        app()
    except SystemExit as exc:
        status = exc.code if isinstance(exc.code, int) else 0
        raise
    except EXPECTED as exc:
        console.print(f"[bold red]Chatlens cannot do that.[/] {escape(printable(str(exc)))}", highlight=False)
        raise SystemExit(1) from exc
    finally:
        leave_soon(status)


if __name__ == "__main__":
    main()
