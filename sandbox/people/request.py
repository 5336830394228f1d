"""One request of the people's side: its world, its fields, and the people and chats it names."""

from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse

from sandbox.chats import Chat
from sandbox.errors import BadRequest, NotFound
from sandbox.messages import Message
from sandbox.parameters import Parameters, Upload, chat_reference, limited, number, parsed
from sandbox.users import Bot, User
from sandbox.world import World

MAX_BODY_BYTES = 120 * 1024 * 1024
"""An album of the ten largest photos goes through."""


class PeopleRequest:
    """Fields of the query and of a JSON or form body, and uploads by name."""

    def __init__(self, request: Request, fields: Parameters, uploads: dict[str, list[Upload]]) -> None:
        self.raw = request
        self.fields = fields
        self.uploads = uploads

    @classmethod
    async def read(cls, request: Request) -> "PeopleRequest":
        """Takes the body in. Raises BadRequest when it is neither JSON nor a form, TooLarge above `MAX_BODY_BYTES`."""
        request = limited(request, MAX_BODY_BYTES)
        values: dict[str, Any] = dict(request.query_params)
        uploads: dict[str, list[Upload]] = {}
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind in ("multipart/form-data", "application/x-www-form-urlencoded"):
            async with request.form(max_files=100, max_part_size=MAX_BODY_BYTES) as form:
                values |= await _split(form, uploads)
        elif body := await request.body():
            values |= _json(body)
        return cls(request, Parameters(values), uploads)

    @property
    def world(self) -> World:
        """The world this request is about."""
        world: World = self.raw.app.state.world
        return world

    @property
    def bot(self) -> Bot:
        """The bot whose dialogs are meant: the first, or the one named by `bot_id`."""
        bot_id = self.fields.integer("bot_id")
        return (self.world.bot_by_id(bot_id) if bot_id else None) or self.world.bot

    def chat(self) -> Chat:
        """The chat of the path or of `chat_id`. Raises NotFound."""
        text = str(self.raw.path_params.get("chat_id") or self.fields.text("chat_id"))
        found = self.world.chats.find(chat_reference(text, "chat_id"), self.bot.id)
        if found is None:
            raise NotFound(f"there is no chat {text}")
        return found

    def message(self, chat: Chat) -> Message:
        """The message of the path or of `message_id`. Raises NotFound."""
        text = str(self.raw.path_params.get("message_id") or self.fields.text("message_id"))
        found = chat.messages.get(number(text, "message_id")) if text.isdecimal() else None
        if found is None:
            raise NotFound(f"there is no message {text} in this chat")
        return found

    def path_number(self, name: str) -> int:
        """A number of the path. Raises BadRequest."""
        return number(self.raw.path_params[name], name)

    def person(self, name: str = "user_id") -> User:
        """The person who acts. Raises BadRequest when not given or unknown."""
        user_id = self.fields.integer(name)
        if not user_id:
            raise BadRequest(f"{name} is needed: who does this?")
        return self.world.person(user_id)

    def photos(self) -> list[Upload]:
        """The uploaded parts called `photo`."""
        return self.uploads.get("photo", [])


def answer(value: Any, status: int = 200) -> JSONResponse:
    """A JSON response."""
    return JSONResponse(value, status)


async def _split(form: FormData, uploads: dict[str, list[Upload]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            upload = Upload(await value.read(), value.filename or name, value.content_type)
            uploads.setdefault(name, []).append(upload)
        else:
            values[name] = value.replace("\r\n", "\n")  # browsers send line breaks in forms as CR LF
    return values


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = parsed(body.decode()) if body.strip() else {}
    except ValueError as exc:
        raise BadRequest("the body is neither JSON nor a form") from exc
    if not isinstance(value, dict):
        raise BadRequest("the body must be a JSON object")
    return {name: item for name, item in value.items() if item is not None}
