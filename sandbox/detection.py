"""Entities that Telegram finds by itself in plain text: commands, mentions, hashtags, links, addresses.

https://core.telegram.org/bots/api#messageentity, offsets and lengths in UTF-16 code units.
"""

import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

Span = tuple[int, int]
_WEB = re.compile(r"\bhttps?://[^\s<>\"]+[^\s<>\".,;:!?)\]]", re.IGNORECASE)
_HOST = re.compile(r"(?<![\w@.-])[a-z0-9.-]++(?![\w@])", re.IGNORECASE)
"""A whole run, never a part of one: trying every label of it as a beginning would take quadratic time."""
_PATH = re.compile(r"/\S*")
_TOP_LEVEL = frozenset({"com", "org", "net", "io", "me", "dev"})
_EMAIL = re.compile(r"(?<![\w.+-])[.+-]*+(\w[\w.+-]*+@[\w-]++\.[\w.]*\w)")
_PATTERNS = (
    ("bot_command", re.compile(r"(?<![\w/<>])/[a-zA-Z0-9_]{1,64}(?:@[a-zA-Z0-9_]{3,32})?(?![\w/])")),
    ("mention", re.compile(r"(?<![\w/])@[a-zA-Z][a-zA-Z0-9_]{2,31}\b")),
    ("hashtag", re.compile(r"(?<![\w/])#(?=\w*[^\W\d])\w{1,256}")),
    ("cashtag", re.compile(r"(?<!\w)\$[A-Z]{1,8}\b")),
)
_MAY_HOLD_OTHERS = frozenset(
    {"bold", "italic", "underline", "strikethrough", "spoiler", "blockquote", "expandable_blockquote"}
)


def utf16_length(text: str) -> int:
    """Length in UTF-16 code units, Telegram's measure of everything."""
    return len(text) + sum(1 for c in text if c > "\uffff")


def detect(text: str, taken: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """`taken`, which must lie within the text, and, where they leave room, what Telegram finds, in order.

    The time grows with the length of the text alone.
    """
    if not any(mark in text for mark in "/@#$."):
        return taken
    offsets = [0, *accumulate(2 if character > "\uffff" else 1 for character in text)]
    room = _Room(offsets[-1], taken)
    found = list(taken)
    for kind, (start, end) in _candidates(text):
        if room.take(offsets[start], offsets[end]):
            found.append({"type": kind, "offset": offsets[start], "length": offsets[end] - offsets[start]})
    return sorted(found, key=lambda e: (e["offset"], -e["length"]))


class _Room:
    """What of a text is not covered yet."""

    def __init__(self, length: int, taken: list[dict[str, Any]]) -> None:
        self._covered = bytearray(length)
        self._edges = bytearray(length + 1)
        """Where entities that may hold others begin and end: nothing may reach across."""
        for entity in taken:
            start, end = entity["offset"], entity["offset"] + entity["length"]
            if entity["type"] in _MAY_HOLD_OTHERS:
                self._edges[start] = self._edges[end] = 1
            else:
                self._cover(start, end)

    def take(self, start: int, end: int) -> bool:
        """Covers a stretch, unless something is in the way."""
        if self._covered.find(1, start, end) != -1 or self._edges.find(1, start + 1, end) != -1:
            return False
        self._cover(start, end)
        return True

    def _cover(self, start: int, end: int) -> None:
        self._covered[start:end] = b"\x01" * (end - start)


def _candidates(text: str) -> Iterator[tuple[str, Span]]:
    """What looks like an entity, what goes first when two overlap first."""
    yield from (("url", match.span()) for match in _WEB.finditer(text))
    yield from (("url", span) for span in _hosts(text))
    yield from (("email", match.span(1)) for match in _EMAIL.finditer(text))
    for kind, pattern in _PATTERNS:
        yield from ((kind, match.span()) for match in pattern.finditer(text))


def _hosts(text: str) -> Iterator[Span]:
    """Addresses without a protocol, told by how they end: "example.com", "example.com/path"."""
    for match in _HOST.finditer(text):
        host = match[0].rstrip(".-").rpartition("..")[2].lstrip(".-")
        if "." not in host or host.rpartition(".")[2].lower() not in _TOP_LEVEL:
            continue
        end = match.end() - len(match[0]) + len(match[0].rstrip(".-"))
        path = _PATH.match(text, end)
        yield end - len(host), path.end() if path else end
