"""Telegram's HTML: a small set of tags, and an error for everything else.

https://core.telegram.org/bots/api#html-style
"""

import html
import re
from dataclasses import dataclass, field
from typing import Any

from sandbox.detection import utf16_length
from sandbox.errors import BadRequest

_TYPES = {"b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
          "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler",
          "code": "code", "pre": "pre", "a": "text_link", "span": "spoiler", "blockquote": "blockquote",
          "tg-emoji": "custom_emoji", "tg-time": "date_time"}  # fmt: skip
_ENTITY = re.compile(r"&(?:#(\d+)|#x([0-9a-fA-F]+)|(lt|gt|amp|quot));")
_ATTRIBUTE = re.compile(r"\s*([^\s=>/\"']+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+)))?")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}


@dataclass
class _Open:
    """A start tag that waits for its end."""

    name: str
    attributes: dict[str, str]
    offset: int
    size: int
    """Of the text before it, in characters."""


@dataclass
class _Parser:
    source: str
    place: int = 0
    text: list[str] = field(default_factory=list)
    units: int = 0
    opened: list[_Open] = field(default_factory=list)
    found: list[dict[str, Any]] = field(default_factory=list)

    def byte_offset(self, place: int) -> int:
        return len(self.source[:place].encode())

    def add(self, piece: str) -> None:
        self.text.append(piece)
        self.units += utf16_length(piece)


def parse_html(source: str) -> tuple[str, list[dict[str, Any]]]:
    """Text and entities. Raises BadRequest with Telegram's "can't parse entities: …"."""
    parser = _Parser(source)
    while parser.place < len(source):
        _step(parser)
    if parser.opened:
        raise _error(f'Can\'t find end tag corresponding to start tag "{parser.opened[-1].name}"')
    found = [e for e in parser.found if e["length"] > 0]
    return "".join(parser.text), sorted(found, key=lambda e: (e["offset"], -e["length"]))


def _error(reason: str) -> BadRequest:
    return BadRequest(f"can't parse entities: {reason}")


def _step(parser: _Parser) -> None:
    source, place = parser.source, parser.place
    if source[place] == "<":
        _end_tag(parser) if source.startswith("</", place) else _start_tag(parser)
        return
    entity = _ENTITY.match(source, place)
    if entity:
        parser.add(_character(entity))
        parser.place = entity.end()
        return
    stop = min((i for i in (source.find("<", place + 1), source.find("&", place + 1)) if i != -1), default=len(source))
    parser.add(source[place:stop])
    parser.place = stop


def _character(entity: re.Match[str]) -> str:
    decimal, hexadecimal, name = entity.groups()
    if name:
        return _NAMED[name]
    return html.unescape(f"&#{decimal};" if decimal else f"&#x{hexadecimal};")


def _start_tag(parser: _Parser) -> None:
    at = parser.byte_offset(parser.place)
    name_match = re.compile(r"<([^\s>]*)").match(parser.source, parser.place)
    assert name_match  # noqa: S101 - the character is a "<"
    name = name_match[1].lower()
    end = _tag_end(parser.source, name_match.end())
    if end == -1:
        raise _error(f"Unclosed start tag at byte offset {at}")
    if name not in _TYPES:
        raise _error(f'Unsupported start tag "{name}" at byte offset {at}')
    attributes = {m[1].lower(): html.unescape(next((g for g in m.groups()[1:] if g is not None), ""))
                  for m in _ATTRIBUTE.finditer(parser.source[name_match.end() : end])}  # fmt: skip
    if name == "span" and attributes.get("class") != "tg-spoiler":
        raise _error(f'Tag "span" must have class "tg-spoiler" at byte offset {at}')
    parser.opened.append(_Open(name, attributes, parser.units, len("".join(parser.text))))
    parser.place = end + 1


def _tag_end(source: str, place: int) -> int:
    """Where the tag's ">" stands, quoted ones apart; -1 when there is none."""
    quote = ""
    for i in range(place, len(source)):
        if quote:
            quote = "" if source[i] == quote else quote
        elif source[i] in "\"'":
            quote = source[i]
        elif source[i] == ">":
            return i
    return -1


def _end_tag(parser: _Parser) -> None:
    at = parser.byte_offset(parser.place)
    end = parser.source.find(">", parser.place)
    if end == -1:
        raise _error(f"Unclosed end tag at byte offset {at}")
    name = parser.source[parser.place + 2 : end].strip().lower()
    if not parser.opened:
        raise _error(f"Unexpected end tag at byte offset {at}")
    tag = parser.opened.pop()
    if name and name != tag.name:
        raise _error(f'Unmatched end tag at byte offset {at}, expected "</{tag.name}>", found "</{name}>"')
    parser.place = end + 1
    _close(parser, tag)


def _close(parser: _Parser, tag: _Open) -> None:
    entity: dict[str, Any] = {"type": _TYPES[tag.name], "offset": tag.offset, "length": parser.units - tag.offset}
    if tag.name == "a":
        url = tag.attributes.get("href") or "".join(parser.text)[tag.size :]
        if "." not in url and "://" not in url:
            return
        entity["url"] = url
    elif tag.name == "tg-emoji":
        entity["custom_emoji_id"] = tag.attributes.get("emoji-id", "")
    elif tag.name == "blockquote" and "expandable" in tag.attributes:
        entity["type"] = "expandable_blockquote"
    elif tag.name == "code" and parser.opened and parser.opened[-1].name == "pre":
        language = tag.attributes.get("class", "").removeprefix("language-")
        parser.opened[-1].attributes["language"] = language
        return
    elif tag.name == "pre" and tag.attributes.get("language"):
        entity["language"] = tag.attributes["language"]
    parser.found.append(entity)
