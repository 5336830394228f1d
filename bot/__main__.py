"""The command line: `python -m bot`."""

import asyncio
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, TaskID

from bot import logs
from bot.errors import BotError, InvalidSettings
from bot.settings import Settings
from bot.stopping import leave_soon
from search.errors import ModelError, StorageError

app = typer.Typer(
    name="chatlens",
    help="A Telegram bot that remembers pictures. Settings are environment variables that start with CHATLENS_; "
    "the README lists them.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    add_completion=False,
    pretty_exceptions_show_locals=False,  # they hold the token
)
console = Console(stderr=True)

Port = Annotated[int, typer.Option(envvar="SANDBOX_PORT", min=1, max=65535, help="Where the sandbox's page is served.")]


DemoWithoutToken = Annotated[bool, typer.Option("--demo/--no-demo", help="Whether a missing token means the demo.")]


@app.command()
def run(port: Port = 8081, demo_without_token: DemoWithoutToken = True) -> None:
    """Run the bot: the real one where CHATLENS_TOKEN is set, else the demo."""
    settings = _settings()
    if settings.token is None and demo_without_token:
        console.print("No [bold]CHATLENS_TOKEN[/] is set, so this is the demo: the same bot in a local Telegram.")
        _demo(settings, port)
    else:
        _poll(settings)


@app.command()
def demo(port: Port = 8081) -> None:
    """Run the bot in a local Telegram that holds some 150 pictures, with the small bundled model."""
    _demo(_settings(), port)


@app.command()
def calibrate() -> None:
    """Learn from the archive's captions when to say that nothing looks like what was asked for. Stop the bot first."""
    settings = _settings()
    from bot.calibration import calibrate_archive  # noqa: PLC0415 - keeps --help quick

    with Progress(console=console) as bars:
        tasks: dict[str, TaskID] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done)

        calibration = asyncio.run(calibrate_archive(settings, show))
    console.print(f"Calibrated on {calibration.origin}. It holds from the bot's next start.")


@app.command()
def retry() -> None:
    """Try every photo again that could not be read, when the bot runs next. In a chat /retry does it for that chat."""
    settings = _settings()
    from bot.retrying import retry_failed  # noqa: PLC0415 - keeps --help quick

    console.print(f"Photos that will be tried again: {asyncio.run(retry_failed(settings))}.")


def main() -> None:
    """What is wrong is said in a sentence, and the exit status is 1."""
    status = 1
    try:
        app()
    except SystemExit as exc:
        status = exc.code if isinstance(exc.code, int) else 0
        raise
    except (BotError, ModelError, StorageError) as exc:
        console.print(f"[bold red]Chatlens cannot run.[/] {escape(str(exc))}", highlight=False)
        raise SystemExit(1) from exc
    finally:
        leave_soon(status)


def _settings() -> Settings:
    try:
        settings = Settings()
    except ValidationError as exc:
        wrong = "; ".join(
            f"CHATLENS_{'_'.join(str(part) for part in error['loc']).upper()}: {error['msg']}" for error in exc.errors()
        )
        raise InvalidSettings(f"These settings are wrong: {wrong}.") from exc
    logs.set_up(settings.log_level, console)
    return settings


def _demo(settings: Settings, port: int) -> None:
    from bot.demo import running  # noqa: PLC0415 - keeps --help quick

    with running(settings, port) as (pointed, url):
        console.print(f"Open [bold]{url}[/] and type [bold]/search pizza[/]. Ctrl-C ends the demo.")
        _poll(pointed)


def _poll(settings: Settings) -> None:
    from bot.application import run as poll  # noqa: PLC0415 - imports python-telegram-bot, half a second

    poll(settings)


if __name__ == "__main__":
    main()
