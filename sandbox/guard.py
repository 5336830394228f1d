"""Keeps other people's web pages out: requests must name a loopback host and come from the sandbox's own page.

Any page in a browser can send requests to 127.0.0.1. DNS rebinding is refused by the Host header, forged requests of
other sites by Origin and Sec-Fetch-Site. Bots send neither of the latter two.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
BOT_API = "/bot"
"""Here a GET can send messages."""


class Guard:
    """ASGI middleware. `hosts` are further names under which the sandbox may be reached."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str] = frozenset()) -> None:
        self._app = app
        self._hosts = LOOPBACK | hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or answers 403."""
        if scope["type"] == "http" and (refusal := self._refusal(scope)):
            response = JSONResponse({"ok": False, "error_code": 403, "error": refusal, "description": refusal}, 403)
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if _name(host) not in self._hosts:
            return f"Forbidden: the sandbox answers to loopback addresses only, not to {host!r}"
        origin = headers.get("origin")
        foreign = origin is not None and urlsplit(origin).netloc != host
        foreign = foreign or headers.get("sec-fetch-site") in ("cross-site", "same-site")
        if foreign and (scope["method"] not in SAFE_METHODS or scope["path"].startswith(BOT_API)):
            return "Forbidden: requests from other sites are refused"
        return None


def _name(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].lower()
