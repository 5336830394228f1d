"""The process that keeps an embedded Chroma: `python -m storage.chroma_keeper FD`, started by `storage.chroma_process`.

`upsert` holds the GIL for as long as it takes; here it holds up nobody but Chroma's own questions. And it outlives the
bot by a moment: when the bot is gone, however it went, the write in hand is finished and the index closed, for being
killed while it persists is what destroys one.

Signals that a terminal or a service manager sends to all processes at once are not for it: the bot needs it to the end.
"""

from __future__ import annotations

import logging
import os
import selectors
import signal
import socket
import sys
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from threading import Lock
from typing import Any

from storage.chroma_client import load_chroma
from storage.chroma_messages import HEADER, Call, Keep, Line, Ready, Result, Trouble, packed, unpacked
from storage.chroma_threads import Pools
from storage.collection import Collection
from storage.errors import VectorIndexUnavailable

FINISHING = 60
"""Seconds for the write in hand and for closing when the bot is gone. A call takes less than one, but now and then one
writes Chroma's files, which are 4 GB for a million vectors. The next bot answers exactly meanwhile."""
HANGING = 120
"""Seconds that calls may go on without a look at the connection, twice the bot's own patience: one that keeps the GIL
for so long will never return it, and nothing in Python could end the process then. The system does."""


class Keeper:
    """Serves one connection to its end."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._sending = Lock()
        self._pools = Pools()
        self._collection: Collection | None = None
        self._in_hand: set[int] = set()
        """Numbers of calls. While there are none, no alarm is set: a process may be frozen for hours."""
        self._bot = _descriptor_of(os.getppid())

    def serve(self) -> None:
        """Returns when the bot has hung up or is gone, and the index is closed."""
        with suppress(EOFError, OSError):
            self._send(Ready())
            while self._is_called():
                self._take(unpacked(self._received(*HEADER.unpack(self._received(HEADER.size)))))
        signal.alarm(FINISHING)
        self._pools.finish()
        if self._collection is not None:
            self._collection.close()

    def _is_called(self) -> bool:
        """Waits for a message; False where none will come."""
        with selectors.DefaultSelector() as waiting:  # select(2) knows descriptors up to 1,023 only
            waiting.register(self._connection, selectors.EVENT_READ)
            if self._bot is not None:
                waiting.register(self._bot, selectors.EVENT_READ)
            while True:
                self._set_alarm()
                found = waiting.select(HANGING / 4)
                if found:
                    return any(key.fileobj is self._connection for key, _ in found)

    def _received(self, length: int) -> bytearray:
        data = bytearray(length)
        view = memoryview(data)
        while view:
            count = self._connection.recv_into(view)
            if count == 0:
                raise EOFError
            view = view[count:]
        return data

    def _take(self, message: Keep | Call) -> None:
        if isinstance(message, Keep):
            logging.basicConfig(level=message.level, handlers=[_ToTheBot(self)], force=True)
            self._collection = message.make()
            return
        self._in_hand.add(message.number)
        self._set_alarm()
        method = getattr(self._collection, message.method)
        call = self._pools.submit(partial(method, *message.args, **message.kwargs), is_write=message.is_write)
        call.add_done_callback(partial(self._reply, message.number))

    def _set_alarm(self) -> None:
        signal.alarm(HANGING if self._in_hand else 0)  # its default action ends the process, whoever has the GIL

    def _reply(self, number: int, call: Future[Any]) -> None:
        self._in_hand.discard(number)
        if call.cancelled():
            return
        error = call.exception()
        if isinstance(error, VectorIndexUnavailable):
            self.tell(Trouble(number, error.reason, error.is_passing))
        elif error is None:
            self.tell(Result(number, call.result()))

    def tell(self, message: tuple[Any, ...]) -> None:
        """The bot, if it is still there; that it is not is noticed by whoever reads."""
        with suppress(OSError):
            self._send(message)

    def _send(self, message: tuple[Any, ...]) -> None:
        data = packed(message)
        with self._sending:
            self._connection.sendall(data)


class _ToTheBot(logging.Handler):
    """Sentences only: a trace of Chroma's may hold what people wrote."""

    def __init__(self, keeper: Keeper) -> None:
        super().__init__()
        self._keeper = keeper

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler`."""
        self._keeper.tell(Line(record.name, record.levelno, record.getMessage()))


def _descriptor_of(bot: int) -> int | None:
    """Can be read when it ends. The connection ends then, too, unless a process that the bot has forked holds it: so
    this is a second line, and not every system has it."""
    try:
        return os.pidfd_open(bot)
    except (AttributeError, OSError):
        return None


def keep(connection: socket.socket) -> None:
    """Serve a connection; the process ends with it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    load_chroma()
    Keeper(connection).serve()
    os._exit(0)  # everything is closed; a question in hand is of interest to nobody, and would be waited for


if __name__ == "__main__":
    keep(socket.socket(fileno=int(sys.argv[1])))
