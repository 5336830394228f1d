"""Breaking connections on purpose: what ASGI has no words for, uvicorn's transport can do."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

TRANSPORT = "sandbox.transport"


class BreakableProtocol(HttpToolsProtocol):
    """Gives each request a handle on its own connection."""

    def on_message_begin(self) -> None:
        """Called by httptools for every request on the connection."""
        super().on_message_begin()
        self.scope.setdefault("extensions", {})[TRANSPORT] = {"transport": self.transport}


async def unless_gone(request: Request, work: Coroutine[Any, Any, Response]) -> Response:
    """The outcome of `work`. Cancels it and raises ClientDisconnect when the client hangs up first.

    The request's body must have been read.
    """
    task, gone = asyncio.create_task(work), asyncio.create_task(_nothing(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientDisconnect
        return task.result()
    finally:
        for ended in (task, gone):
            ended.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)


async def drop(request: Request) -> Response:
    """Closes the connection without a byte of an answer."""
    _transport(request).abort()
    return await _nothing(request)


async def send_half(request: Request, response: Response) -> Response:
    """Sends the head and half of the body, then closes the connection."""
    body = bytes(response.body)
    head = (
        f"HTTP/1.1 {response.status_code} OK\r\ncontent-type: {response.media_type}\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    transport = _transport(request)
    transport.write(head.encode("ascii") + body[: len(body) // 2])
    transport.close()
    return await _nothing(request)


async def _nothing(request: Request) -> Response:
    """Waits until the server has noticed; what is returned then goes nowhere."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    return Response()


def _transport(request: Request) -> asyncio.Transport:
    extensions: dict[str, Any] = request.scope["extensions"]
    transport: asyncio.Transport = extensions[TRANSPORT]["transport"]
    return transport
