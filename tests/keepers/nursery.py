"""Forks keepers of Chroma, having imported it once: two hundred tests would each wait a second for that.

`python -m tests.keepers.nursery FD`: the listening socket on which `tests.keepers.stand_in` brings connections of bots.
Ends with its standard input.
"""

import os
import select
import signal
import socket
import sys
from dataclasses import dataclass

from storage.chroma_client import load_chroma
from storage.chroma_keeper import keep


@dataclass(frozen=True)
class _Child:
    pid: int
    stand_in: socket.socket


class Nursery:
    """Every stand-in has one child: it is told of its end, and its own end is the child's."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._by_end: dict[int, _Child] = {}
        self._by_stand_in: dict[int, _Child] = {}

    def run(self) -> None:
        """Until standard input ends."""
        while True:
            waited_for = [sys.stdin.fileno(), self._listener.fileno(), *self._by_end, *self._by_stand_in]
            found = select.select(waited_for, [], [])[0][0]  # one at a time: its descriptor may be another's then
            if found == sys.stdin.fileno():
                return
            if found == self._listener.fileno():
                self._bear()
            elif found in self._by_end:
                self._report(found)
            else:
                os.kill(self._by_stand_in.pop(found).pid, signal.SIGKILL)

    def _bear(self) -> None:
        stand_in, _ = self._listener.accept()
        _, connections, _, _ = socket.recv_fds(stand_in, 1, 1)
        if not connections:  # a bot has given it up before it could bring one
            stand_in.close()
            return
        [connection] = connections
        pid = os.fork()
        if pid == 0:
            os.setpgid(0, 0)
            for other in [self._listener, stand_in, *(child.stand_in for child in self._by_end.values())]:
                other.close()
            keep(socket.socket(fileno=connection))
        os.close(connection)
        child = _Child(pid, stand_in)
        self._by_end[os.pidfd_open(pid)] = self._by_stand_in[stand_in.fileno()] = child

    def _report(self, end: int) -> None:
        child = self._by_end.pop(end)
        os.close(end)
        self._by_stand_in.pop(child.stand_in.fileno(), None)
        _, status = os.waitpid(child.pid, 0)
        with child.stand_in:
            try:
                child.stand_in.sendall(os.waitstatus_to_exitcode(status).to_bytes(4, "big", signed=True))
            except OSError:
                return  # killed itself


if __name__ == "__main__":
    load_chroma()
    Nursery(socket.socket(fileno=int(sys.argv[1]))).run()
