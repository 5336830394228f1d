"""A made-up history of any length, written as Telegram Desktop writes it; constant memory."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

WORDS_BETWEEN = 9
"""Messages without a picture between two with one."""
SIZE = (1280, 960)
"""As Telegram keeps photos."""
SCENES = 200
"""Pictures that are drawn; every file has a few bytes of its own behind one of them, and so is a file of its
own, in any other history, too."""
BEGINNING = datetime(2023, 1, 1, tzinfo=UTC)


def write_history(folder: Path, chat_id: int, photos: int, size: tuple[int, int] = SIZE) -> Path:
    """An export of a supergroup with so many photos, all different files."""
    (folder / "photos").mkdir(parents=True)
    scenes = [_scene(number, size) for number in range(min(SCENES, photos))]
    head = f'{{"name": "Weekend crew", "type": "private_supergroup", "id": {chat_id}, "messages": ['
    with (folder / "result.json").open("w", encoding="utf-8") as file:
        file.write(head)
        for number, message in enumerate(_messages(photos)):
            file.write(",\n" * (number > 0) + json.dumps(message, ensure_ascii=False))
            if "photo" in message:
                own = f"picture of message {message['id']} of {chat_id}".encode()
                (folder / message["photo"]).write_bytes(scenes[number % len(scenes)] + own)
        file.write("]}")
    return folder


def _messages(photos: int) -> Iterator[dict[str, Any]]:
    """Ids begin where a chat that the sandbox has just made never comes."""
    for number in range(photos):
        first = 100_000 + number * (WORDS_BETWEEN + 1)
        for further in range(WORDS_BETWEEN):
            yield _message(first + further, "what people write to each other between two photos, in a line or two")
        path = f"photos/photo_{number + 1}@01-01-2023_00-00-00.jpg"
        width, height = SIZE
        yield {
            **_message(first + WORDS_BETWEEN, f"photo number {number}"),
            "photo": path,
            "width": width,
            "height": height,
        }


def _message(number: int, words: str) -> dict[str, Any]:
    date = BEGINNING + timedelta(seconds=number)
    person = number % 7
    return {
        "id": number,
        "type": "message",
        "date": date.strftime("%Y-%m-%dT%H:%M:%S"),
        "date_unixtime": str(int(date.timestamp())),
        "from": f"Person {person}",
        "from_id": f"user{1_000 + person}",
        "text": words,
        "text_entities": [{"type": "plain", "text": words}],
    }


def _scene(number: int, size: tuple[int, int]) -> bytes:
    """Soft colours with some grain: about 100 kB at 1280×960, as a photo has."""
    chance = np.random.default_rng(number)
    small = Image.fromarray(chance.integers(0, 255, (9, 12, 3), np.uint8))
    soft = np.asarray(small.resize(size, Image.Resampling.BICUBIC), np.int16)
    grain = chance.integers(-6, 7, (size[1], size[0], 1), np.int16)
    buffer = io.BytesIO()
    Image.fromarray((soft + grain).clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=80)
    return buffer.getvalue()
