"""A wire between browser and sandbox that can be cut."""

import asyncio
import contextlib
from typing import Self
from urllib.parse import urlsplit


class Relay:
    """Passes bytes on to a sandbox. `cut` ends every connection and refuses new ones until `mend`."""

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url).port
        self._whole = True
        self._cuts = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        """What the browser opens instead."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        await self._server.wait_closed()

    def cut(self) -> None:
        """Nobody gets through any more."""
        self._whole = False
        self._cuts += 1
        for writer in list(self._writers):
            writer.close()

    def mend(self, url: str | None = None) -> None:
        """Lets connections through again, perhaps to another sandbox."""
        self._target = urlsplit(url).port if url else self._target
        self._whole = True

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._whole:
            writer.close()
            return
        cuts = self._cuts
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        if self._cuts != cuts:  # meanwhile
            writer.close()
            far_writer.close()
            return
        self._writers |= {writer, far_writer}
        await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))
        self._writers -= {writer, far_writer}

    @staticmethod
    async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()
