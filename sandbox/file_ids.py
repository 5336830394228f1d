"""`file_unique_id` (the same for every bot and every time) and `file_id` (one bot's handle to a file).

A `file_id` names its bot and its kind of file, and carries a checksum, so that a foreign, mistyped or invented
one is told apart and refused as Telegram does.
"""

import base64
import hashlib
from dataclasses import dataclass

from sandbox.errors import BadRequest

KINDS = {"photo": "AgACAgI", "document": "BQACAgI", "thumbnail": "AAMCAgI"}
_CODES = {"photo": 2, "document": 5, "thumbnail": 0}


@dataclass(frozen=True)
class FileId:
    """A decoded `file_id`."""

    bot_id: int
    kind: str
    unique_id: str


def unique_id(kind: str, content: bytes, size: str = "") -> str:
    """The same bytes as the same kind and size of file always get the same id."""
    digest = hashlib.sha256(content).digest()[:9]
    code = bytes([_CODES[kind]]) + size.encode("ascii")
    return ("AgAD" if kind == "document" else "AQAD") + text_of(digest + code)


def encode(file: FileId) -> str:
    """The `file_id` under which `file.bot_id` may use the file."""
    body = file.bot_id.to_bytes(8) + file.unique_id.encode("ascii")
    return KINDS[file.kind] + text_of(body + _checksum(file.kind, body))


def decode(text: str) -> FileId:
    """The file behind a `file_id`. Raises BadRequest as Telegram does for one that cannot be right."""
    kind = next((kind for kind, prefix in KINDS.items() if text.startswith(prefix)), None)
    if kind is None:
        raise BadRequest("wrong remote file identifier specified: can't unserialize it. Wrong last symbol")
    try:
        raw = base64.urlsafe_b64decode(text[len(KINDS[kind]) :] + "=" * (-(len(text) - len(KINDS[kind])) % 4))
    except ValueError as exc:
        raise BadRequest("wrong remote file identifier specified: Wrong padding length") from exc
    body, check = raw[:-4], raw[-4:]
    if len(body) <= 8 or check != _checksum(kind, body):
        raise BadRequest("wrong remote file identifier specified: Wrong padding in the string")
    return FileId(int.from_bytes(body[:8]), kind, body[8:].decode("ascii"))


def inline_message_id(chat_id: int, message_id: int) -> str:
    """The id under which the bot through which a message was sent may edit it."""
    return text_of(f"{chat_id}.{message_id}".encode())


def _checksum(kind: str, body: bytes) -> bytes:
    return hashlib.sha256(kind.encode("ascii") + body).digest()[:4]


def text_of(raw: bytes) -> str:
    """Bytes as Telegram writes ids: URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")
