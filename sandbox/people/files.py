"""Pictures for the page, and the stream of events."""

from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from sandbox import file_ids
from sandbox.errors import BadRequest, NotFound
from sandbox.parameters import number
from sandbox.people.request import PeopleRequest

SHOWN = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
"""What browsers show in place; everything else could be a page in disguise."""
FOR_EVER = "private, max-age=31536000, immutable"


async def show_file(request: PeopleRequest) -> Response:
    """The bytes behind a file_unique_id, or a file_id. Only pictures are shown in place."""
    name = request.raw.path_params["file_id"]
    stored = request.world.files.stored(name) or request.world.files.stored(_unique_id(name))
    if stored is None:
        raise NotFound("there is no such file")
    headers = {"Cache-Control": FOR_EVER, "X-Content-Type-Options": "nosniff"}
    document = request.world.files.document(name)
    kind = stored.mime_type
    if kind not in SHOWN:
        kind = "application/octet-stream"
        called = quote(document.name if document else name)
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{called}"
    return Response(await stored.content(), media_type=kind, headers=headers)


def _unique_id(file_id: str) -> str:
    try:
        return file_ids.decode(file_id).unique_id
    except BadRequest:
        return ""


async def stream_events(request: PeopleRequest) -> Response:
    """Server-sent events: message, edit, delete, action, reaction, chat, call."""
    last_id = request.raw.headers.get("last-event-id", "")
    stream = request.world.events.stream(number(last_id, "Last-Event-ID") if last_id.isdecimal() else None)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)
