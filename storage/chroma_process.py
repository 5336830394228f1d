"""A collection called in a process of its own (`storage.chroma_keeper`): started when it is opened, gone when it is
closed, started again by the next opening where it died.

`chroma run` would be another process too. But its port is open to every user of the machine, and Chroma asks for no
password; it cannot be told to give one directory up and begin another; and nothing ends it with the bot
(docs/decisions/0024-chroma-apart.md).
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from storage.chroma_calls import Calls
from storage.chroma_errors import unavailable
from storage.chroma_messages import HEADER, Call, Keep, Line, Ready, Result, Trouble, packed, unpacked
from storage.collection import Collection
from storage.errors import VectorIndexUnavailable

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

REAPING = 5.0
"""Seconds between a process's last word and its end; it takes a hundredth of one."""
LIMIT = 2**20
"""Bytes read ahead."""
PACKAGES = Path(__file__).parent.parent
PROGRAM = ("-m", "storage.chroma_keeper")
CRASHES = frozenset({signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL, signal.SIGFPE})
"""What a broken index may do to whoever opens it: it is made anew. Any other end is somebody else's doing."""
KEPT = ("PATH", "LD_LIBRARY_PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "SQLITE_TMPDIR")


class ChromaProcess(Calls):
    """Calls a collection that another process makes and keeps. Every method raises VectorIndexUnavailable."""

    batch = 256
    """Half as many again a second as by 32. A question that falls beside such a call waits for it, 0.4 s; but so many
    are written only where the index is made anew, and is not asked."""

    def __init__(self, make: Callable[[], Collection]) -> None:
        self._make = make
        """Is sent there, so it must be something that can be pickled."""
        self._keeper: Keeper | None = None

    @property
    def keeper(self) -> Keeper | None:
        """The process, if one was started and not closed."""
        return self._keeper

    async def begin(self, call: Callable[Concatenate[Collection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """A write that can be the first call of all: it starts the process, if there is none."""
        if self._keeper is None or not self._keeper.is_there:
            try:
                self._keeper = Keeper(self._make)
            except OSError as error:
                raise unavailable(f"its process cannot be started: {error}", is_passing=True) from error
        return await self.write(call, *args, **kwargs)

    async def drop(self) -> None:
        """Nothing: a directory is set aside by whoever opens it for another model."""

    async def close(self) -> None:
        """Returns when the write in hand is done, the collection closed, and the process gone."""
        if self._keeper is not None:
            await self._keeper.close()
            self._keeper = None

    def give_up(self) -> None:
        """Of a call that does not come back: the next beginning starts another process."""
        self.stop()

    def stop(self) -> None:
        """Without waiting: the process, if there is one, finishes its write, closes the collection and goes."""
        if self._keeper is not None:
            self._keeper.leave()
            self._keeper = None

    async def _on(self, name: str, args: Any, kwargs: Any, *, is_write: bool) -> Any:
        if self._keeper is None:
            raise unavailable("it is not open", is_passing=True)
        return await self._keeper.call(name, args, kwargs, is_write=is_write)


class Keeper:
    """One process, from its start to its end."""

    def __init__(self, make: Callable[[], Collection]) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = _started(theirs)
            except BaseException:
                ours.close()
                raise
        self._numbers = count()
        self._calls: dict[int, asyncio.Future[Any]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._is_ready = asyncio.Event()
        """It has imported Chroma, or ended before. Until then it has nothing open, nor has it been asked to."""
        self._is_leaving = False
        self._has_ended = False
        self._listening = asyncio.create_task(self._listen(ours, make), name="chroma-keeper")

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def is_there(self) -> bool:
        """It has not ended."""
        return not self._has_ended

    async def call(self, method: str, args: tuple[Any, ...], kwargs: dict[str, Any], *, is_write: bool) -> Any:
        """What the collection's method returns. Raises VectorIndexUnavailable."""
        await self._is_ready.wait()
        if self._writer is None or self._is_leaving or self._has_ended:
            raise self._death()
        number = next(self._numbers)
        answer = self._calls[number] = asyncio.get_running_loop().create_future()
        try:
            self._writer.write(packed(Call(number, method, args, kwargs, is_write)))
            with suppress(OSError):  # it is gone, and `_listen` says so
                await self._writer.drain()
            return await answer
        finally:
            del self._calls[number]

    async def close(self) -> None:
        """See `ChromaProcess.close`."""
        if self._is_ready.is_set() and self.is_there:
            await self.call("close", (), {}, is_write=True)
        self.leave()
        await self.ended()

    async def ended(self) -> None:
        """Returns when it is gone."""
        await asyncio.shield(self._listening)

    def leave(self) -> None:
        """Nothing more will be asked: it finishes what it has in hand, and goes."""
        self._is_leaving = True
        if not self._is_ready.is_set():
            self._process.kill()
        elif self._writer is not None and self.is_there:
            self._writer.write_eof()
            self._process.send_signal(signal.SIGCONT)  # if somebody has stopped it: it is to see that

    async def _listen(self, connection: socket.socket, make: Callable[[], Collection]) -> None:
        """To its last word."""
        try:
            reader, self._writer = await asyncio.open_connection(sock=connection, limit=LIMIT)
            self._writer.write(packed(Keep(make, log.getEffectiveLevel())))
            while True:
                (length,) = HEADER.unpack(await reader.readexactly(HEADER.size))
                self._take(unpacked(await reader.readexactly(length)))
        except (asyncio.IncompleteReadError, OSError):
            with suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(self._process.wait, REAPING)
        finally:
            self._end()

    def _take(self, message: Ready | Result | Trouble | Line) -> None:
        if isinstance(message, Ready):
            self._is_ready.set()
        elif isinstance(message, Line):
            logging.getLogger(message.logger).log(message.level, "%s", message.text)
        elif (call := self._calls.get(message.number)) is not None and not call.done():
            if isinstance(message, Result):
                call.set_result(message.value)
            else:
                call.set_exception(unavailable(message.reason, is_passing=message.is_passing))

    def _end(self) -> None:
        self._has_ended = True
        for call in self._calls.values():
            if not call.done():
                call.set_exception(self._death())
        self._is_ready.set()
        if self._writer is not None:
            self._writer.close()
        if self._process.returncode is None:
            self._process.returncode = 0  # the event loop ends before it does, which then ends by itself: nobody waits

    def _death(self) -> VectorIndexUnavailable:
        status = self._process.returncode
        if status is None or status >= 0:
            return unavailable(f"its process has ended (status {status})", is_passing=True)
        by = signal.Signals(-status)
        return unavailable(f"its process was ended by {by.name}", is_passing=by not in CRASHES)


def _started(connection: socket.socket) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, *PROGRAM, str(connection.fileno())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        pass_fds=[connection.fileno()],
        cwd="/",  # Chroma reads settings from a file `.env` where it is
        env=environment(),
        # A terminal sends Ctrl-C to all of a group. In the same session, the system wakes a group that somebody has
        # stopped when the bot is gone.
        process_group=0,
    )


def environment() -> dict[str, str]:
    """Without the bot's token and whatever else the operator has set.

    hnswlib writes all the memory that its graph has taken to its file, used or not: 116 kB for a collection of one
    vector. What stood there before goes along, vectors of erased photos among it (seen in 4 of 6 runs of
    tests/bot/test_erased_bytes on a busy machine). So glibc is told to fill memory with zeros when it hands it out.
    """
    kept = {name: value for name, value in os.environ.items() if name in KEPT}
    packages = [str(PACKAGES), *(str(Path(place).absolute()) for place in sys.path if place)]
    return kept | {"PYTHONPATH": os.pathsep.join(packages), "OPENBLAS_NUM_THREADS": "1", "MALLOC_PERTURB_": "255"}
