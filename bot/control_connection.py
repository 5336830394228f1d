"""How many may knock at the control channel, and for how long: everybody on the machine can, before any secret is asked
for.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

MOST = 32
"""Connections at a time: a command makes two, and a file descriptor that it takes is one less for Telegram's files."""
FIRST_WORD = 5.0
"""Seconds from the connection to a whole request; those who ask have it ready. Later uvicorn's own limits count."""


class ControlConnection(H11Protocol):
    """Closed at once where there are too many, and soon where nothing is asked."""

    _silence: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """See `asyncio.Protocol`."""
        if len(self.connections) >= MOST:
            transport.abort()
            return
        super().connection_made(transport)
        self._silence = asyncio.get_running_loop().call_later(FIRST_WORD, self._hang_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        if self._silence is None:  # it was never taken
            return
        self._silence.cancel()
        super().connection_lost(exc)

    def _hang_up(self) -> None:
        asked: Any = self.cycle
        if asked is None:
            self.transport.abort()
