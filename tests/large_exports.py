"""Exports of many photos, every variant among them, the same each time: for measurements, and for whoever tries it.

python -m tests.large_exports FOLDER [PHOTOS]
"""

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests import exports
from tests.exports import Message

WORDS = (
    "the",
    "boat",
    "on",
    "the",
    "lake",
    "looked",
    "small",
    "from",
    "up",
    "there",
    "and",
    "nobody",
    "believed",
    "it",
)
VARIANTS = 50
"""Of so many photos, each of these is one."""
_ODD = {
    7: "not included",
    13: "absent",
    19: "empty",
    23: "deleted account",
    29: "in the channel's name",
    31: "a list for a caption",
    37: "document",
    41: "posted again",
    43: "sticker",
    47: "spoiler",
}


class LargeExport:
    """A supergroup with so many photos, and with messages between them."""

    def __init__(self, folder: Path, photos: int, *, between: int = 3, padding: int = 0, linked: bool = False) -> None:
        """Writes nothing yet.

        Args:
            between: text messages behind each photo
            padding: characters added to each of them
            linked: whether files are links to some hundred pictures, for who reads messages and no pictures
        """
        self.folder = folder
        self.counts: Counter[str] = Counter()
        """Photos by variant, "plain" among them; known when it is written."""
        self._photos = photos
        self._between = between
        self._padding = padding
        self._linked = linked

    def write(self) -> Path:
        """A message at a time: what is written may be larger than memory."""
        for name in ("photos", "files", "stickers"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        head = json.dumps(exports.chat()).removesuffix("[]}")
        with (self.folder / "result.json").open("w", encoding="utf-8") as file:
            file.write(head + "[")
            for place, message in enumerate(self._messages()):
                file.write(f"{',' if place else ''}\n{json.dumps(message, ensure_ascii=False, indent=1)}")
            file.write("\n]}")
        return self.folder

    @property
    def readable(self) -> int:
        """Photos whose file can be read, stickers left out."""
        return self.counts.total() - sum(self.counts[name] for name in ("not included", "absent", "empty", "sticker"))

    def _messages(self) -> Iterator[Message]:
        yield exports.service(1, "create_channel", title="Weekend crew")
        number = 1
        for place in range(self._photos):
            number += 1
            variant = _ODD.get(place % VARIANTS, "plain")
            self.counts[variant] += 1
            message = _photo(number, place, variant)
            self._put(message, place, variant)
            yield message
            for _ in range(self._between):
                number += 1
                sender = exports.ANN if number % 3 else exports.BOB
                yield exports.message(number, _words(number) + "x" * self._padding, sender=sender)

    def _put(self, message: Message, place: int, variant: str) -> None:
        path = self.folder / (message.get("photo") or message["file"])
        if variant in {"not included", "absent"}:
            return
        if variant == "empty":
            path.write_bytes(b"")
        elif self._linked:
            self._link(path, place % 100)
        else:
            exports.put(path, place - 1 if variant == "posted again" else place)

    def _link(self, path: Path, number: int) -> None:
        original = self.folder / "photos" / f"original_{number}.jpg"
        if not original.exists():
            exports.put(original, number)
        path.unlink(missing_ok=True)
        os.link(original, path)


def _photo(number: int, place: int, variant: str) -> Message:
    words = _words(number)
    odd: dict[str, dict[str, Any]] = {
        "not included": {"photo": exports.NOT_INCLUDED},
        "deleted account": {"sender": (None, "user103")},
        "in the channel's name": {"sender": ("Weekend crew", f"channel{exports.GROUP}")},
        "spoiler": {"media_spoiler": True},
    }
    if variant == "document":
        return exports.document(number, f"IMG_{place}.jpg", "image/jpeg")
    if variant == "sticker":
        return exports.sticker(number, f"sticker_{place}.webp")
    if variant == "a list for a caption":
        return exports.photo(number, [words, {"type": "hashtag", "text": "#lake"}])
    return exports.photo(number, words if place % 3 == 0 else "", **odd.get(variant, {}))


def _words(number: int) -> str:
    start = number * 7 % len(WORDS)
    return " ".join((WORDS * 2)[start : start + 3 + number % 9])


if __name__ == "__main__":
    made = LargeExport(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20_000)
    made.write()
    print(f"{made.folder}: {made.counts.total():,} photos, {made.readable:,} of them with a file")  # noqa: T201
