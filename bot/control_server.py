"""The server behind `bot.control`.

Served on loopback, to whoever knows the secret in `control.json`: nobody but the bot's own user can read it. A command
is a POST to /NAME with a JSON object of arguments; the answer is a stream of JSON objects, one a line, the last of
which has `done` or `error`. See `bot.remote` for the other side.
"""

import asyncio
import json
import logging
import secrets
import socket
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any

import anyio
import uvicorn
from anyio.abc import ObjectSendStream
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bot.control_connection import ControlConnection
from bot.control_file import ControlFile
from bot.errors import EXPECTED
from bot.job import LINES, Job, Told, listening

log = logging.getLogger(__name__)

STOPPED = "The bot was stopped before this was done."
MISTAKEN = "The bot made a mistake of its own over this: its log says which."
STOPPING = 1.0
"""Seconds for jobs to end, and again for last lines to reach those who asked: the bot has ten in all to stop."""


class ControlServer:
    """Serves jobs, from `start` to `stop`."""

    def __init__(self, data_dir: Path, jobs: Mapping[str, Job]) -> None:
        self._data_dir = data_dir
        self._jobs = jobs
        self._at_work: set[asyncio.Task[None]] = set()
        self._file: ControlFile | None = None
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listens. A bot that cannot be controlled still answers its chats: that is logged, and all."""
        try:
            accepting, self._file = _door(self._data_dir)
        except OSError as exc:
            log.error("Commands cannot reach this bot while it runs: %s", exc)
            return
        paths = [Route("/", self._alive), Route("/{name}", self._asked, methods=["POST"])]
        self._server = _Server(Starlette(routes=paths))
        self._serving = asyncio.create_task(self._server.serve(sockets=[accepting]), name="control")

    async def stop(self) -> None:
        """Cancels what is being done and says so to those who asked for it."""
        if self._server is None or self._serving is None:
            return
        ControlFile.remove(self._data_dir)
        self._server.should_exit = True
        for task in self._at_work:
            task.cancel()
        if self._at_work:
            await asyncio.wait(self._at_work, timeout=STOPPING)
        await asyncio.gather(self._serving, return_exceptions=True)
        self._server = self._serving = None

    async def _alive(self, request: Request) -> Response:
        """Whoever asks learns that this is the bot of the directory before the secret is told to it."""
        nonce = request.query_params.get("nonce")
        return _refused() if self._file is None or not nonce else JSONResponse({"proof": self._file.proof(nonce)})

    async def _asked(self, request: Request) -> Response:
        if not self._may(request):
            return _refused()
        job = self._jobs.get(request.path_params["name"])
        if job is None:
            return JSONResponse({"error": "This bot does not know that command."}, 404)
        try:
            arguments = await request.json()
        except ValueError:
            arguments = None
        if not isinstance(arguments, dict):
            return JSONResponse({"error": "Arguments are a JSON object."}, 400)
        return _Lines(self._lines(job, arguments))

    def _may(self, request: Request) -> bool:
        given = request.headers.get("authorization", "").encode()
        return self._file is not None and secrets.compare_digest(given, f"Bearer {self._file.secret}".encode())

    async def _lines(self, job: Job, arguments: dict[str, Any]) -> AsyncGenerator[bytes]:
        """What the job says. The job is a task of its own: it can be cancelled while its last word is still sent."""
        said, heard = anyio.create_memory_object_stream[Told]()
        task = asyncio.create_task(_work(job, arguments, said), name="control-job")
        task.add_done_callback(lambda _: said.close())
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)
        try:
            with heard:
                async for line in heard:
                    yield _line(line)
                if task.cancelled():
                    yield _line({"error": STOPPED})
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def _door(data_dir: Path) -> tuple[socket.socket, ControlFile]:
    """Where commands come in, and what they must know to."""
    accepting = socket.create_server(("127.0.0.1", 0))
    try:
        told = ControlFile.of(accepting.getsockname()[1])
        told.write(data_dir)
    except BaseException:
        accepting.close()
        raise
    return accepting, told


class _Lines(StreamingResponse):
    """Ends the job as soon as nobody listens any more, whichever way that becomes known."""

    def __init__(self, lines: AsyncGenerator[bytes]) -> None:
        super().__init__(lines, media_type=LINES)
        self._lines = lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._lines):
            await super().__call__(scope, receive, send)


class _Server(uvicorn.Server):
    """uvicorn as a part of a program that has signal handlers and a log of its own."""

    def __init__(self, app: Starlette) -> None:
        config = uvicorn.Config(
            app,
            http=ControlConnection,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=int(STOPPING),
        )
        super().__init__(config)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the bot's business."""
        yield


async def _work(job: Job, arguments: dict[str, Any], said: ObjectSendStream[Told]) -> None:
    try:
        async with listening(job(arguments)) as lines:
            async for line in lines:
                await said.send(line)
    except EXPECTED as exc:
        await said.send({"error": str(exc)})
    except Exception:
        log.exception("A command could not be carried out")
        await said.send({"error": MISTAKEN})


def _refused() -> Response:
    return JSONResponse({"error": "The secret is not this bot's."}, 401)


def _line(told: Told) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode() + b"\n"
