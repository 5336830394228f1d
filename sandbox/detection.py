"""Entities that Telegram finds by itself in plain text: commands, mentions, hashtags, links, addresses.

https://core.telegram.org/bots/api#messageentity, offsets and lengths in UTF-16 code units.
"""

import re
from typing import Any

_PATTERNS = (
    (
        "url",
        re.compile(
            r"\bhttps?://[^\s<>\"]+[^\s<>\".,;:!?)\]]|\b(?:[a-z0-9-]+\.)+(?:com|org|net|io|me|dev)\b(?:/\S*)?",
            re.IGNORECASE,
        ),
    ),
    ("email", re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.]*\w")),
    ("bot_command", re.compile(r"(?<![\w/<>])/[a-zA-Z0-9_]{1,64}(?:@[a-zA-Z0-9_]{3,32})?(?![\w/])")),
    ("mention", re.compile(r"(?<![\w/])@[a-zA-Z][a-zA-Z0-9_]{2,31}\b")),
    ("hashtag", re.compile(r"(?<![\w/])#(?=\w*[^\W\d])\w{1,256}")),
    ("cashtag", re.compile(r"(?<!\w)\$[A-Z]{1,8}\b")),
)


def utf16_length(text: str) -> int:
    """Length in UTF-16 code units, Telegram's measure of everything."""
    return len(text) + sum(1 for c in text if c > "\uffff")


def detect(text: str, taken: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """`taken` and, where they leave room, what Telegram finds, in order."""
    if not any(mark in text for mark in "/@#$."):
        return taken
    found = list(taken)
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            entity = {"type": kind, "offset": utf16_length(text[: match.start()]), "length": utf16_length(match[0])}
            if not any(_overlap(entity, other) for other in found):
                found.append(entity)
    return sorted(found, key=lambda e: (e["offset"], -e["length"]))


_MAY_HOLD_OTHERS = frozenset(
    {"bold", "italic", "underline", "strikethrough", "spoiler", "blockquote", "expandable_blockquote"}
)


def _overlap(new: dict[str, Any], old: dict[str, Any]) -> bool:
    apart = new["offset"] >= old["offset"] + old["length"] or old["offset"] >= new["offset"] + new["length"]
    inside = old["offset"] <= new["offset"] and new["offset"] + new["length"] <= old["offset"] + old["length"]
    return not apart and not (inside and old["type"] in _MAY_HOLD_OTHERS)
