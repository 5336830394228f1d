"""The sandbox's sample archive: pictures and manifest made from training/archive_posts.txt.

Only art that asks for no share-alike is drawn; sandbox/archive/CREDITS.md names it.
"""

from __future__ import annotations

import io
import json
import random
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from training.archive_paint import Item, paint_things, paint_words

ARCHIVE = Path(__file__).parents[1] / "sandbox" / "archive"
POSTS = Path(__file__).parent / "archive_posts.txt"
CREW, CHANNEL = -1001700000001, -1001700000002
TOPICS = {"Food": 2, "Trips": 3, "Pets": 4}
PEOPLE = {
    "Mira": {"id": 1001, "first_name": "Mira", "username": "mira_bakes"},
    "Tom": {"id": 1002, "first_name": "Tom", "last_name": "Berg"},
    "Lena": {"id": 1003, "first_name": "Lena", "username": "lena_and_biscuit"},
    "Kai": {"id": 1004, "first_name": "Kai"},
    "Anton": {"id": 1005, "first_name": "Антон", "username": "anton_outdoors"},
    "Wei": {"id": 1006, "first_name": "Wei", "last_name": "Lin"},
}
_EVERYBODY = [person["id"] for person in PEOPLE.values()]
CHATS: list[dict[str, Any]] = [
    {
        "id": CREW, "type": "supergroup", "title": "Weekend crew", "is_forum": True, "members": _EVERYBODY,
        "admins": [1001], "topics": [{"id": number, "name": name} for name, number in TOPICS.items()],
    },
    {
        "id": CHANNEL, "type": "channel", "title": "Community garden", "username": "community_garden_news",
        "members": [1001, 1003, 1006], "admins": [1001],
    },
    {"id": 1001, "type": "private", "members": [1001], "admins": []},
]  # fmt: skip


@dataclass(slots=True)
class Painter:
    """Makes picture files and keeps what is in them."""

    folder: Path
    scenes: dict[str, dict[str, Any]] = field(default_factory=dict)
    _named: dict[str, str] = field(default_factory=dict)

    def paint(self, kind: str, description: str) -> str:
        """Make the file a post's description asks for; returns its path inside the archive."""
        if kind == "again":
            return self._named[description]
        if kind == "recompressed":
            return self._recompress(self._named[description])
        name, _, rest = description.rpartition(" = ")
        what, _, backdrop = (part.strip() for part in rest.rpartition("/"))
        number = len(self.scenes) + 1
        rng = random.Random(number)
        if kind == "pic":
            items = [_item(text) for text in what.split("+")]
            image, scene = paint_things(items, backdrop, rng), _scene(items, backdrop)
        else:
            image, scene = paint_words(kind, what, backdrop, rng), {"text": what, "kind": kind}
        return self._keep(image, scene, f"{number:03}-{_slug(name or what)}.webp", name)

    def _keep(self, image: Image.Image, scene: dict[str, Any], file: str, name: str = "") -> str:
        path = f"pictures/{file}"
        options: dict[str, Any] = {"quality": 78} if file.endswith(".jpg") else {"quality": 84, "method": 6}
        image.save(self.folder / path, **options)
        self.scenes[path] = scene
        if name:
            self._named[name] = path
        return path

    def _recompress(self, path: str) -> str:
        """As a picture looks after another messenger had it: smaller, and JPEG twice over."""
        image = Image.open(self.folder / path).convert("RGB")
        smaller = image.resize((image.width * 4 // 5, image.height * 4 // 5), Image.Resampling.BICUBIC)
        worse = io.BytesIO()
        smaller.save(worse, "JPEG", quality=45)
        scene = self.scenes[path] | {"recompressed": path}
        return self._keep(Image.open(worse), scene, f"{len(self.scenes) + 1:03}-{Path(path).stem[4:]}.jpg")


def build_archive(folder: Path = ARCHIVE) -> None:
    """Write manifest.json, scenes.json and pictures/ anew."""
    shutil.rmtree(folder / "pictures", ignore_errors=True)
    (folder / "pictures").mkdir(parents=True)
    painter = Painter(folder)
    messages: list[dict[str, Any]] = []
    for line in _read_posts():
        messages.append(_message(line, painter, messages))
    manifest = {"people": list(PEOPLE.values()), "chats": CHATS, "messages": messages}
    for name, content in (("manifest", manifest), ("scenes", painter.scenes)):
        text = json.dumps(content, ensure_ascii=False, indent=1)
        (folder / f"{name}.json").write_text(text + "\n", "utf-8")


def _read_posts() -> list[list[str]]:
    """Columns of every post, by date; posts of one minute keep their order."""
    lines = [line for line in POSTS.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return sorted(([column.strip() for column in line.split("|")] for line in lines), key=lambda columns: columns[0])


def _message(columns: list[str], painter: Painter, earlier: list[dict[str, Any]]) -> dict[str, Any]:
    """One entry of the manifest's messages."""
    when, where, who, what, words = columns
    chat, _, topic = where.partition("/")
    message: dict[str, Any] = {"chat": {"crew": CREW, "channel": CHANNEL}.get(chat, 1001)}
    if who in PEOPLE:
        message["from"] = PEOPLE[who]["id"]
    seconds = 5 + 7 * sum(other["date"].startswith(when) for other in earlier)
    message["date"] = f"{when}:{seconds:02}Z"
    if topic:
        message["topic"] = TOPICS[topic]
    action, _, rest = what.partition(" ")
    kind, _, album = action.partition(".")
    if kind in ("say", "reply"):
        message["text"] = words
        if kind == "reply":
            message["reply_to"] = _earlier(message, int(rest), earlier)
        return message
    message["file"] = painter.paint(kind, rest)
    return message | ({"caption": words} if words else {}) | ({"album": album} if album else {})


def _earlier(message: dict[str, Any], back: int, earlier: list[dict[str, Any]]) -> int:
    """Place in the list of the message so many posts back in the same chat."""
    return [place for place, other in enumerate(earlier) if other["chat"] == message["chat"]][-back]


def _item(text: str) -> Item:
    """`red:automobile*2@noto` and the like."""
    found = re.fullmatch(r"(?:(\w+):)?([^*@]+?)(?:@([\w-]+))?(?:\*(\d))?(?:@([\w-]+))?", text.strip())
    if found is None:
        raise ValueError(f"not a thing: {text!r}")
    colour, name, style, count, later_style = found.groups()
    return Item(name, style or later_style or "noto", colour, int(count or 1))


def _scene(items: list[Item], backdrop: str) -> dict[str, Any]:
    """What can truly be said about a picture; English names as in CLDR."""
    things = [{"name": item.name, "colour": item.colour, "count": item.count, "style": item.style} for item in items]
    return {"things": things, "backdrop": backdrop}


def _slug(text: str) -> str:
    words = re.sub(r"@[\w-]+|\*\d", "", text).lower()
    return re.sub(r"[^a-z0-9]+", "-", words).strip("-")[:40] or "words"
