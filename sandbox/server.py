"""Serving a world over HTTP: in the foreground, or in a thread beside tests and other programs."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from sandbox.app import create_app
from sandbox.connection import BreakableProtocol
from sandbox.seeding import ARCHIVE, seed
from sandbox.world import DEFAULT_TOKEN, World

LOOPBACK = "127.0.0.1"
DEFAULT_PORT = 8081


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox and where to reach it."""

    world: World
    """Read it freely from tests; change it through HTTP only, it lives in the server's thread."""
    token: str
    url: str

    @property
    def bot_url(self) -> str:
        """For ApplicationBuilder.base_url."""
        return f"{self.url}/bot"

    @property
    def file_url(self) -> str:
        """For ApplicationBuilder.base_file_url."""
        return f"{self.url}/file/bot"


class Server(uvicorn.Server):
    """uvicorn, which lets long polls and event streams go before it stops, and says when it has started."""

    def __init__(self, world: World, hosts: frozenset[str] = frozenset()) -> None:
        app = create_app(world, hosts)
        super().__init__(
            uvicorn.Config(
                app,
                http=BreakableProtocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=5,
                timeout_keep_alive=75,
            )
        )
        self._world = world
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Also wakes who waits for the start."""
        await super().startup(sockets)
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Also ends everything that waits."""
        try:
            await self._world.close()
        finally:  # the event loop cannot be closed while it still listens
            await super().shutdown(sockets)


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any free one. Raises OSError when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio sets TCP_NODELAY on what it accepts; else every answer waits 40 ms for an ACK.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except OSError:
        listening.close()
        raise
    return listening


async def serve(server: Server, world: World, listening: socket.socket, *, archive: Path | None) -> None:
    """Fills the world from an archive, then serves it until `server.should_exit`."""
    if archive is not None:
        seed(world, archive)
    await server.serve(sockets=[listening])


class ServerThread(threading.Thread):
    """Runs a server with its own event loop and keeps what went wrong."""

    def __init__(self, server: Server, world: World, listening: socket.socket, *, archive: Path | None) -> None:
        super().__init__(name="sandbox", daemon=True)
        self.server = server
        self.error: BaseException | None = None
        self._work = (world, listening, archive)

    def run(self) -> None:
        """Until the server is told to exit."""
        world, listening, archive = self._work
        try:
            with asyncio.Runner(loop_factory=self.server.config.get_loop_factory()) as runner:
                runner.run(serve(self.server, world, listening, archive=archive))
        except BaseException as error:  # noqa: BLE001 - raised again by `serve_in_thread`
            self.error = error
        finally:
            self.server.ready.set()


@contextmanager
def serve_in_thread(*, archive: bool | Path = False, port: int = 0, token: str = DEFAULT_TOKEN) -> Iterator[Sandbox]:
    """A sandbox on 127.0.0.1 in a thread of its own, until the block ends.

    With `archive` it holds the sample archive (or one in another folder), whose messages wait as updates for the
    bot. Raises ArchiveMissing when that is not on disk, OSError when the port is taken, and at the end
    of the block whatever ended the server.
    """
    folder = archive if isinstance(archive, Path) else ARCHIVE if archive else None
    world = World(token)
    listening = bind(LOOPBACK, port)
    server = Server(world)
    thread = ServerThread(server, world, listening, archive=folder)
    thread.start()
    try:
        server.ready.wait()
        if thread.error:
            raise thread.error
        yield Sandbox(world, token, f"http://{LOOPBACK}:{listening.getsockname()[1]}")
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
    if thread.error:
        raise thread.error
