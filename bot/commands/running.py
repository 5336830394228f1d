"""`run` and `demo`."""

from typing import Annotated

import typer

from bot.commands.terminal import console, read_settings
from bot.settings import Settings

Port = Annotated[int, typer.Option(envvar="SANDBOX_PORT", min=1, max=65535, help="Where the sandbox's page is served.")]
DemoWithoutToken = Annotated[bool, typer.Option("--demo/--no-demo", help="Whether a missing token means the demo.")]


def run(port: Port = 8081, demo_without_token: DemoWithoutToken = True) -> None:
    """Run the bot: the real one where CHATLENS_TOKEN is set, else the demo."""
    settings = read_settings()
    if settings.token is None and demo_without_token:
        console.print("No [bold]CHATLENS_TOKEN[/] is set, so this is the demo: the same bot in a local Telegram.")
        _demo(settings, port)
    else:
        _poll(settings)


def demo(port: Port = 8081) -> None:
    """Run the bot in a local Telegram that holds some 150 pictures, with the small bundled model."""
    _demo(read_settings(), port)


def _demo(settings: Settings, port: int) -> None:
    from bot.demo import running  # noqa: PLC0415 - keeps --help quick

    with running(settings, port) as (pointed, url):
        console.print(f"Open [bold]{url}[/] and type [bold]/search pizza[/]. Ctrl-C ends the demo.")
        _poll(pointed)


def _poll(settings: Settings) -> None:
    from bot.application import run as poll  # noqa: PLC0415 - imports python-telegram-bot, half a second

    poll(settings)
