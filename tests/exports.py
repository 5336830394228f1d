"""Exports as Telegram Desktop writes them, down to the order of the keys: for tests of whatever reads them."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from history.records import ExportedChat
from tests import drawings

Message = dict[str, Any]
NOT_INCLUDED = "(File not included. Change data exporting settings to download.)"
TOO_LARGE = "(File exceeds maximum size. Change data exporting settings to download.)"
UNAVAILABLE = "(File unavailable, please try again later)"
BEGINNING = datetime(2024, 5, 3, 18, 22, 7, tzinfo=UTC)
GROUP = 1234567890
ANN, BOB = ("Ann Lee", "user101"), ("Bob", "user102")


def at(number: Any) -> datetime:
    """When message `number` was written: a minute after the one before, also in what was a basic group."""
    return BEGINNING + timedelta(minutes=int(number) % 1_000_000_000)


def message(number: Any, words: str | list[Any] = "", sender: tuple[str | None, str] = ANN, **fields: Any) -> Message:
    """A message; `fields` override or, where they are None and no name, leave out."""
    date = at(number)
    made = {
        "id": number,
        "type": "message",
        "date": date.strftime("%Y-%m-%dT%H:%M:%S"),
        "date_unixtime": str(int(date.timestamp())),
        "from": sender[0],
        "from_id": sender[1],
        **fields,
        "text": words,
        "text_entities": _entities(words),
    }
    return {key: value for key, value in made.items() if value is not None or key == "from"}


def photo(number: Any, words: str | list[Any] = "", **fields: Any) -> Message:
    """A message with a photo, at the path that Telegram Desktop gives it."""
    path = f"photos/photo_{number}@{at(number):%d-%m-%Y_%H-%M-%S}.jpg"
    return message(number, words, **{"photo": path, "width": 96, "height": 72, **fields})


def document(number: int, name: str = "scan.png", mime_type: str | None = "image/png", **fields: Any) -> Message:
    """A message with a file."""
    file: Message = {"file": f"files/{name}", "mime_type": mime_type}
    return message(number, **(file | fields))


def sticker(number: int, name: str = "sticker.webp", **fields: Any) -> Message:
    file: Message = {"file": f"stickers/{name}", "media_type": "sticker", "sticker_emoji": "🙂", "width": 512}
    return message(number, **(file | fields))


def service(number: int, action: str, **fields: Any) -> Message:
    """A service message: it has an actor and no sender."""
    made = message(number, **{"from_id": None, "type": "service", "actor": ANN[0], "actor_id": ANN[1]} | fields)
    del made["from"]
    return {**made, "action": action}


def chat(
    *messages: Any, name: str | None = "Weekend crew", kind: str = "private_supergroup", number: Any = GROUP
) -> dict[str, Any]:
    """One chat, as a result.json of its own or in an account's list."""
    head = {} if kind in {"saved_messages", "replies"} else {"name": name}
    return {**head, "type": kind, "id": number, "messages": list(messages)}


def account(*chats: dict[str, Any], left: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    """A whole account: its chats stand among much else."""
    return {
        "about": "Here is the data you requested.",
        "personal_information": {"user_id": 101, "first_name": "Ann", "last_name": "Lee", "bio": "messages"},
        "profile_pictures": [{"date": "2024-01-01T00:00:00", "photo": "profile_pictures/photo_1.jpg"}],
        "contacts": {"about": "…", "list": [{"user_id": 102, "first_name": "Bob"}]},
        "frequent_contacts": {"about": "…", "list": [{"id": 102, "type": "user", "name": "Bob", "rating": 0.5}]},
        "sessions": {"about": "…", "list": []},
        "chats": {"about": "This page lists all chats from this export.", "list": list(chats)},
        **({"left_chats": {"about": "…", "list": list(left)}} if left else {}),
    }


def written(folder: Path, document: Any, *, pictures: bool = True) -> Path:
    """A folder with its result.json and, unless told otherwise, a small picture at every path the messages name."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "result.json").write_text(json.dumps(document, indent=1, ensure_ascii=False), encoding="utf-8")
    for number, path in enumerate(paths(document) if pictures else ()):
        put(folder / path, number)
    return folder


def put(path: Path, number: int) -> None:
    """A small picture, another one for every number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(small_picture(number))


def small_picture(number: int) -> bytes:
    """A JPEG of 96 by 72 pixels: two of 150 drawn halves, so that 22,500 are cheap and none is like another."""
    image = _half(number % 150).copy()
    image.paste(_half(number // 150 % 150 + 150), (48, 0))
    return drawings.file(image)


def zipped(folder: Path) -> Path:
    """What people send: the folder, packed."""
    return Path(shutil.make_archive(str(folder), "zip", folder.parent, folder.name))


def an_exported_chat(**changes: Any) -> ExportedChat:
    """As the reader gives it: an empty supergroup."""
    empty = ExportedChat(
        id=GROUP,
        name="Weekend crew",
        kind="private_supergroup",
        photos=0,
        missing={},
        skipped={},
        first=None,
        last=None,
    )
    return replace(empty, **changes)


@cache
def _half(seed: int) -> Any:
    return drawings.drawn(seed, (96, 72))


def _entities(words: str | list[Any]) -> list[Any]:
    parts = [words] if isinstance(words, str) and words else words or []
    return [{"type": "plain", "text": part} if isinstance(part, str) else part for part in parts]


def paths(document: Any) -> list[str]:
    """Of all files that messages name, as they stand there."""
    if isinstance(document, list):
        return [path for part in document for path in paths(part)]
    if not isinstance(document, dict):
        return []
    own = [document[key] for key in ("photo", "file") if isinstance(document.get(key), str)]
    return [path for path in own if not path.startswith("(")] + paths([*document.values()])
