"""Breaking connections on purpose: what ASGI has no words for, uvicorn's transport can do."""

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

TRANSPORT = "sandbox.transport"


class BreakableProtocol(HttpToolsProtocol):
    """Gives each request a handle on its own connection."""

    def on_message_begin(self) -> None:
        """Called by httptools for every request on the connection."""
        super().on_message_begin()
        self.scope.setdefault("extensions", {})[TRANSPORT] = {"transport": self.transport}


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
