"""Parameters of a Bot API call, however they travel: query, form, JSON or multipart.

https://core.telegram.org/bots/api#making-requests
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from sandbox.errors import BadRequest, TooLarge

MAX_REPLY_BYTES = 1024 * 1024
MAX_DEPTH = 100
"""How deep JSON may be nested, as in Telegram's own parser."""
_FALSE = frozenset({"", "0", "false", "no", "n", "off"})


@dataclass(frozen=True)
class Upload:
    """One uploaded file, in memory."""

    content: bytes
    name: str
    mime_type: str | None


class Parameters:
    """Raw values by name, read as the type a method wants. Values may be strings (forms) or JSON values."""

    def __init__(self, values: Mapping[str, Any], files: Mapping[str, Upload] | None = None) -> None:
        self.values = dict(values)
        self.files = dict(files or {})

    def given(self, name: str) -> bool:
        """Whether there is a value or a file of this name."""
        return name in self.values or name in self.files

    def text(self, name: str, default: str = "") -> str:
        """A string; JSON numbers are taken as written."""
        value = self.values.get(name, default)
        return value if isinstance(value, str) else json.dumps(value)

    def integer(self, name: str, default: int = 0, lowest: int | None = None, highest: int | None = None) -> int:
        """A number, drawn into its range; anything that is no number is the default, as Telegram does."""
        try:
            found = int(self.values.get(name, default))
        except (TypeError, ValueError, OverflowError):
            found = default
        if lowest is not None:
            found = max(lowest, found)
        return found if highest is None else min(highest, found)

    def boolean(self, name: str) -> bool:
        """True for "true", "1", true, …"""
        return str(self.values.get(name, "")).lower() not in _FALSE

    def json(self, name: str) -> Any:
        """A JSON value, or None when not given. Raises BadRequest when it cannot be parsed."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return parsed(value)
        except ValueError as exc:
            raise BadRequest(f"can't parse {name} JSON object") from exc

    def object(self, name: str) -> dict[str, Any] | None:
        """A JSON object, or None when not given."""
        value = self.json(name)
        if value is not None and not isinstance(value, dict):
            raise BadRequest(f"object expected as {name.replace('_', ' ')}")
        return value

    def array(self, name: str) -> list[Any] | None:
        """A JSON array, or None when not given."""
        value = self.json(name)
        if value is not None and not isinstance(value, list):
            raise BadRequest(f"can't parse {name}: expected an Array")
        return value

    def numbers(self, name: str) -> list[int]:
        """A JSON array of numbers, empty when not given."""
        return [number(item, name) for item in self.array(name) or []]

    def chat_id(self, name: str = "chat_id") -> int | str:
        """A number, or @username. Raises BadRequest when empty."""
        value = self.values.get(name)
        if value is None or value == "":
            raise BadRequest(f"{name} is empty")
        return chat_reference(value, name)

    def file(self, name: str) -> "Upload | str | None":
        """An uploaded file, or the text that names one: a file_id, or `attach://name` for another part."""
        return self.files.get(name) or self.attached(self.values.get(name))

    def attached(self, reference: Any) -> "Upload | str | None":
        """The file a value stands for."""
        if not isinstance(reference, str) or not reference:
            return None
        if not reference.startswith("attach://"):
            return reference
        return self.files.get(reference.removeprefix("attach://"))


def number(value: Any, name: str) -> int:
    """An integer out of a JSON value. Raises BadRequest for anything else."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError) as exc:
        raise BadRequest(f"{name} must be an Integer") from exc


def chat_reference(value: Any, name: str) -> int | str:
    """A chat's id or @username out of a JSON value."""
    text = str(value)
    return number(text, name) if text.removeprefix("-").isdecimal() else text


def parsed(text: str) -> Any:
    """JSON. Raises ValueError for what is none, and BadRequest for half surrogate pairs, which are no text."""
    try:
        value = json.loads(text)
    except RecursionError as exc:
        raise ValueError("nested too deep") from exc
    if _is_deep(value):
        raise ValueError("nested too deep")
    if "\\u" in text:
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as exc:
            raise BadRequest("strings must be encoded in UTF-8") from exc
    return value


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for item in level for inner in _inner(item)]
        if not level:
            return False
    return True


def _inner(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def limited(request: Request, max_bytes: int) -> Request:
    """The same request; reading its body raises TooLarge above `max_bytes`, whatever its head says."""
    if int(request.headers.get("content-length") or 0) > max_bytes:
        raise TooLarge
    received = 0

    async def receive() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received > max_bytes:
            raise TooLarge
        return message

    return Request(request.scope, receive)


async def read(request: Request, max_bytes: int) -> Parameters:
    """Everything a request carries; the body wins over the query. Raises TooLarge above `max_bytes`."""
    try:
        return await _read(limited(request, max_bytes), dict(request.query_params), max_bytes)
    except HTTPException as exc:  # Starlette's word for a form that cannot be read
        raise BadRequest(exc.detail) from exc


async def read_reply(request: Request) -> Parameters:
    """The body alone; one that is not understood counts as empty."""
    try:
        return await _read(request, {}, MAX_REPLY_BYTES)
    except (BadRequest, HTTPException):
        return Parameters({})


async def _read(request: Request, values: dict[str, Any], max_bytes: int) -> Parameters:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        values |= await _read_json(request)
        return Parameters(values)
    if kind not in ("multipart/form-data", "application/x-www-form-urlencoded"):
        return Parameters(values)
    files: dict[str, Upload] = {}
    async with request.form(max_files=100, max_fields=1000, max_part_size=max_bytes) as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                files[name] = Upload(await value.read(), value.filename or name, value.content_type)
            else:
                values[name] = value
    return Parameters(values, files)


async def _read_json(request: Request) -> dict[str, Any]:
    body = await request.body()
    try:
        value = parsed(body.decode()) if body.strip() else {}
    except ValueError as exc:
        raise BadRequest("Can't parse JSON object") from exc
    if not isinstance(value, dict):
        raise BadRequest("Can't parse JSON object")
    return {name: item for name, item in value.items() if item is not None}
