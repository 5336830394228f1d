"""The Bot API over HTTP: /bot<token>/<method> and /file/bot<token>/<file_path>.

https://core.telegram.org/bots/api#making-requests
"""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import connection, parameters
from sandbox.calls import Call
from sandbox.errors import ApiError, TooManyRequests
from sandbox.faults import FILE_DOWNLOAD, Fault
from sandbox.methods.call import MethodCall
from sandbox.methods.files import download
from sandbox.methods.table import method_of, proper_name
from sandbox.parameters import Parameters
from sandbox.users import Bot
from sandbox.world import World

logger = logging.getLogger(__name__)
MULTIPART_OVERHEAD = 1024 * 1024


async def call_method(request: Request) -> Response:
    """Any method of any bot."""
    world: World = request.app.state.world
    name = proper_name(request.path_params["method"])
    try:
        bot = world.bot_by_token(request.path_params["token"])
    except ApiError as error:
        return _json(error.as_object(), error.status)
    with _logged(world, bot, name) as call:
        return await _answer(request, world, bot, call)


async def perform(world: World, bot: Bot, method: str, given: Parameters) -> None:
    """A call that came as a reply to a webhook: carried out and logged, its result told to no one."""
    with _logged(world, bot, proper_name(method)) as call:
        _note(call, given)
        try:
            await _carried_out(world, bot, call, given)
        except Exception as error:
            logger.exception("%s, the reply to a webhook, broke", call.method)
            told = f"Internal Server Error: {type(error).__name__}: {error}"
            _answered(call, {"ok": False, "error_code": 500, "description": told}, 500)


@contextmanager
def _logged(world: World, bot: Bot, method: str) -> Iterator[Call]:
    """A call in the log, with the time it took."""
    call = world.calls.begin(bot.id, method, world.clock.now())
    started = time.perf_counter()
    try:
        yield call
    finally:
        call.seconds = time.perf_counter() - started
        world.calls.finish(call)
        world.events.publish("call", call.as_object)


def _note(call: Call, given: Parameters) -> None:
    call.is_read = True
    call.parameters = given.values
    call.files = {name: len(upload.content) for name, upload in given.files.items()}


async def _answer(request: Request, world: World, bot: Bot, call: Call) -> Response:
    fault = world.faults.take(call.method)
    call.fault = fault is not None
    try:
        given = await parameters.read(request, world.settings.max_upload_bytes + MULTIPART_OVERHEAD)
    except ApiError as error:
        return _answered(call, error.as_object(), error.status)
    _note(call, given)
    if fault and (scripted := await _scripted(request, call, fault)):
        return scripted
    work = _carried_out(world, bot, call, given)
    response = await (connection.unless_gone(request, work) if call.method == "getUpdates" else work)
    if fault and (fault.drop_after or fault.half_body):
        return await _cut(request, response, half=fault.half_body)
    return response


async def _carried_out(world: World, bot: Bot, call: Call, given: Parameters) -> Response:
    try:
        result = await method_of(call.method)(MethodCall(world, bot, given))
    except ApiError as error:
        return _answered(call, error.as_object(), error.status)
    return _answered(call, {"ok": True, "result": result}, 200)


async def _scripted(request: Request, call: Call, fault: Fault) -> Response | None:
    """The answer a fault puts in place of the method's, if any."""
    if fault.delay:
        await request.app.state.world.faults.delay(fault)
    if fault.drop:
        return await connection.drop(request)
    if fault.garbage:
        call.status = 200
        return Response("<html>this is not JSON", media_type="text/html")
    if fault.status or fault.retry_after:
        return _answered(call, *_failure(fault))
    return None


def _failure(fault: Fault) -> tuple[dict[str, Any], int]:
    if fault.retry_after and fault.status in (None, 429):
        body = TooManyRequests(fault.retry_after).as_object()
        return body | ({"description": fault.description} if fault.description else {}), 429
    status = fault.status or 500
    body = {"ok": False, "error_code": status, "description": fault.description or "Internal Server Error"}
    return body | ({"parameters": {"retry_after": fault.retry_after}} if fault.retry_after else {}), status


async def _cut(request: Request, response: Response, *, half: bool) -> Response:
    return await (connection.send_half(request, response) if half else connection.drop(request))


async def send_file(request: Request) -> Response:
    """The bytes behind a `file_path` that getFile gave."""
    world: World = request.app.state.world
    try:
        bot = world.bot_by_token(request.path_params["token"])
    except ApiError as error:
        return _json(error.as_object(), error.status)
    with _logged(world, bot, FILE_DOWNLOAD) as call:
        call.parameters = {"file_path": request.path_params["file_path"]}
        return await _sent(request, world, bot, call)


async def _sent(request: Request, world: World, bot: Bot, call: Call) -> Response:
    fault = world.faults.take(FILE_DOWNLOAD)
    call.fault = fault is not None
    if fault and (scripted := await _scripted(request, call, fault)):
        return scripted
    try:
        content = await download(world, bot, request.path_params["file_path"]).content()
    except ApiError as error:
        return _answered(call, error.as_object(), error.status)
    call.status = 200
    response = Response(content, media_type="application/octet-stream")
    if fault and (fault.drop_after or fault.half_body):
        return await _cut(request, response, half=fault.half_body)
    return response


def _answered(call: Call, body: dict[str, Any], status: int) -> Response:
    call.response, call.status = body, status
    return _json(body, status)


def _json(body: dict[str, Any], status: int) -> Response:
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(content.encode(), status, media_type="application/json")


async def _guarded(request: Request) -> Response:
    """A client that hangs up in the middle of its request, or while it polls, gets no answer."""
    try:
        return await call_method(request)
    except ClientDisconnect:
        return Response(status_code=400)


ROUTES = [
    Route("/bot{token}/{method}", _guarded, methods=["GET", "POST"]),
    Route("/file/bot{token}/{file_path:path}", send_file, methods=["GET"]),
]
