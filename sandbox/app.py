"""The ASGI application: Bot API, people's side and page over one world."""

from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from sandbox import bot_api
from sandbox.errors import NotFound
from sandbox.guard import Guard
from sandbox.people.routes import ROUTES as PEOPLE
from sandbox.world import World

PAGE = Path(__file__).with_name("page")
REVALIDATE = {"Cache-Control": "no-cache"}
POLICY = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
}
"""The page's own policy again, as a header: only there can it forbid to be framed by other sites."""


class PageFiles(StaticFiles):
    """Assets that browsers ask for again after an edit."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """With a header that makes browsers revalidate."""
        response = await super().get_response(path, scope)
        response.headers.update(REVALIDATE)
        return response


async def show_page(_: Request) -> Response:
    """The chat page, or a line about what is here where it is not installed."""
    index = PAGE / "index.html"
    if not index.is_file():
        return PlainTextResponse("A local Telegram. The Bot API is under /bot<token>/, the people's side under /api/.")
    return FileResponse(index, headers=REVALIDATE | POLICY)


async def not_found(request: Request, _: Exception) -> Response:
    """As Telegram answers an address it does not know."""
    body = NotFound().as_object()
    return JSONResponse(body | {"error": f"there is nothing at {request.url.path}"}, 404)


async def refused(_: Request, refusal: Exception) -> Response:
    """What Starlette refuses by itself, such as a verb or a form it cannot read, told as Telegram would."""
    if not isinstance(refusal, HTTPException):
        raise refusal
    body = {"ok": False, "error_code": refusal.status_code, "description": refusal.detail, "error": refusal.detail}
    return JSONResponse(body, refusal.status_code, refusal.headers)


async def failed(_: Request, error: Exception) -> Response:
    """A mistake of the sandbox itself, told as Telegram would; uvicorn logs where it happened."""
    told = f"Internal Server Error: {type(error).__name__}: {error}"
    return JSONResponse({"ok": False, "error_code": 500, "description": told, "error": told}, 500)


def create_app(world: World, hosts: frozenset[str] = frozenset()) -> Starlette:
    """The application. `hosts` are names beside loopback under which it may be reached."""
    app = Starlette(
        routes=[
            *bot_api.ROUTES,
            *PEOPLE,
            Route("/", show_page),
            Mount("/page", PageFiles(directory=PAGE, check_dir=False)),
        ],
        middleware=[Middleware(Guard, hosts=hosts)],
        exception_handlers={404: not_found, HTTPException: refused, 500: failed},
    )
    app.state.world = world
    world.perform = partial(bot_api.perform, world)
    return app
