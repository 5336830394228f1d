"""The command line of the sandbox: `python -m sandbox --help`."""

import asyncio
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from sandbox.errors import ApiError
from sandbox.seeding import ARCHIVE, ArchiveMissing
from sandbox.server import DEFAULT_PORT, LOOPBACK, Server, bind, serve
from sandbox.world import DEFAULT_NAME, DEFAULT_TOKEN, World

app = typer.Typer(add_completion=False)

Host = Annotated[str, typer.Option(help="Address to listen on. Anything but loopback lets others in.")]
Port = Annotated[int, typer.Option(envvar="SANDBOX_PORT", help="Port to listen on; 0 takes any free one.")]
Token = Annotated[str, typer.Option(help="The bot's token.")]
BotName = Annotated[str, typer.Option("--bot-name", help="The bot's name; its username is made of it.")]
Archive = Annotated[bool, typer.Option("--archive/--empty", help="Start with the sample archive, or with nobody.")]
Folder = Annotated[Path, typer.Option("--archive-from", help="Another archive's folder, with its manifest.json.")]
OtherHosts = Annotated[list[str] | None, typer.Option("--allow-host", help="Another name it is reached by.")]
ExitWithStdin = Annotated[bool, typer.Option("--exit-with-stdin", help="End when standard input closes.")]


@app.command()
def main(
    host: Host = LOOPBACK,
    port: Port = DEFAULT_PORT,
    token: Token = DEFAULT_TOKEN,
    bot_name: BotName = DEFAULT_NAME,
    archive: Archive = True,
    archive_from: Folder = ARCHIVE,
    allow_host: OtherHosts = None,
    exit_with_stdin: ExitWithStdin = False,
) -> None:
    """A local Telegram: Bot API server and chat page, in memory.

    Point any bot at it: its base address is http://127.0.0.1:8081/bot, its files' http://127.0.0.1:8081/file/bot.
    """
    try:
        world = World(token, bot_name)
        listening = bind(host, port)
    except ApiError as error:
        raise typer.BadParameter(error.reason, param_hint="--token") from error
    except OSError as error:
        told = f"Cannot listen on {host}:{port}: {error.strerror}. Choose another with --port or SANDBOX_PORT."
        print(told, file=sys.stderr)
        raise typer.Exit(1) from error
    server = Server(world, hosts=frozenset(name.lower() for name in [host, *(allow_host or [])]))
    if exit_with_stdin:
        threading.Thread(target=_follow_stdin, args=(server,), daemon=True).start()
    named = f"[{host}]" if ":" in host else host
    line = f"Chat page http://{named}:{listening.getsockname()[1]}/  bot token {token}"
    threading.Thread(target=_announce, args=(server, line), daemon=True).start()
    try:
        asyncio.run(serve(server, world, listening, archive=archive_from if archive else None))
    except ArchiveMissing as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    finally:
        listening.close()


def _announce(server: Server, line: str) -> None:
    server.ready.wait()
    print(line, flush=True)


def _follow_stdin(server: Server) -> None:
    while sys.stdin.read(4096):
        pass
    server.should_exit = True


if __name__ == "__main__":
    app(prog_name="python -m sandbox")
