"""Telegram's HTML: a small set of tags, and an error for everything else.

https://core.telegram.org/bots/api#html-style
"""

import re
from dataclasses import dataclass
from typing import Any

from sandbox.rich_text import RichText, parse_error

_SIMPLE = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler",
    "span": "spoiler",
}  # fmt: skip
_TAGS = frozenset(_SIMPLE) | {"a", "code", "pre", "blockquote", "tg-emoji"}
_BARE_ATTRIBUTES = {("blockquote", "expandable")}
_REFERENCE = re.compile(
    r"&(?:#(?P<decimal>\d{1,7})|#x(?P<hex>[0-9a-fA-F]{1,6})|(?P<name>lt|gt|amp|quot)(?![a-zA-Z]));?"
)
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_TAG_NAME = re.compile(r"[^\s>]*")
_ATTRIBUTE_NAME = re.compile(r"[^\s=>]*")
_NAME_TOKEN = re.compile(r"[A-Za-z0-9.-]*")
_SPACE = re.compile(r"\s*")


@dataclass
class _Open:
    """A start tag that waits for its end."""

    name: str
    attributes: dict[str, str]
    offset: int


def parse_html(source: str) -> tuple[str, list[dict[str, Any]]]:
    """Text and entities. Raises BadRequest with Telegram's "can't parse entities: …"."""
    return _Parser(source).parse()


class _Parser:
    def __init__(self, source: str) -> None:
        self.source = source
        self.place = 0
        self.text = RichText()
        self.opened: list[_Open] = []

    def parse(self) -> tuple[str, list[dict[str, Any]]]:
        while self.place < len(self.source):
            if self.source.startswith("</", self.place):
                self.end_tag()
            elif self.source[self.place] == "<":
                self.start_tag()
            else:
                self.plain()
        if self.opened:
            raise parse_error(f'Can\'t find end tag corresponding to start tag "{self.opened[-1].name}"')
        return self.text.result()

    def plain(self) -> None:
        reference = _REFERENCE.match(self.source, self.place)
        if reference and (character := _character(reference)):
            self.text.add(character)
            self.place = reference.end()
            return
        found = (self.source.find(mark, self.place + 1) for mark in "<&")
        stop = min((i for i in found if i != -1), default=len(self.source))
        self.text.add(self.source[self.place : stop])
        self.place = stop

    def start_tag(self) -> None:
        at = self.bytes_before(self.place)
        name = self.take(_TAG_NAME, skip=1).lower()
        if self.place == len(self.source):
            raise parse_error(f"Unclosed start tag at byte offset {at}")
        if name not in _TAGS:
            raise parse_error(f'Unsupported start tag "{name}" at byte offset {at}')
        attributes = self.attributes(name, at)
        if name == "span" and attributes.get("class") != "tg-spoiler":
            raise parse_error(f'Tag "span" must have class "tg-spoiler" at byte offset {at}')
        self.opened.append(_Open(name, attributes, self.text.length))

    def attributes(self, tag: str, at: int) -> dict[str, str]:
        """Everything up to and with the ">"."""
        found: dict[str, str] = {}
        while True:
            self.take(_SPACE)
            if self.source.startswith(">", self.place):
                self.place += 1
                return found
            name = self.take(_ATTRIBUTE_NAME)
            if not name:
                raise parse_error(f'Empty attribute name in the tag "{tag}" at byte offset {at}')
            self.take(_SPACE)
            found[name.lower()] = self.attribute_value(tag, name, at)
            if self.place >= len(self.source):
                raise parse_error(f"Unclosed start tag at byte offset {at}")

    def attribute_value(self, tag: str, name: str, at: int) -> str:
        if not self.source.startswith("=", self.place):
            if (tag, name.lower()) in _BARE_ATTRIBUTES:
                return ""
            reason = f'Expected equal sign in declaration of an attribute of the tag "{tag}" at byte offset {at}'
            raise parse_error(reason)
        self.place += 1
        self.take(_SPACE)
        quote = self.source[self.place : self.place + 1]
        if quote not in ("'", '"') or not quote:
            return self.name_token()
        end = self.source.find(quote, self.place + 1)
        end = len(self.source) if end == -1 else end
        value = self.source[self.place + 1 : end]
        self.place = end + 1
        return _REFERENCE.sub(lambda found: _character(found) or found[0], value)

    def name_token(self) -> str:
        at = self.bytes_before(self.place)
        value = self.take(_NAME_TOKEN).lower()
        if self.place < len(self.source) and not re.match(r"[\s>]", self.source[self.place]):
            raise parse_error(f"Unexpected end of name token at byte offset {at}")
        return value

    def end_tag(self) -> None:
        at = self.bytes_before(self.place)
        if not self.opened:
            raise parse_error(f"Unexpected end tag at byte offset {at}")
        name = self.take(_TAG_NAME, skip=2).lower()
        self.take(_SPACE)
        if not self.source.startswith(">", self.place):
            raise parse_error(f"Unclosed end tag at byte offset {at}")
        self.place += 1
        tag = self.opened.pop()
        if name and name != tag.name:
            raise parse_error(f'Unmatched end tag at byte offset {at}, expected "</{tag.name}>", found "</{name}>"')
        self.close(tag)

    def close(self, tag: _Open) -> None:
        if tag.name in _SIMPLE:
            self.text.mark(_SIMPLE[tag.name], tag.offset)
        elif tag.name == "a":
            self.text.link(tag.attributes.get("href", ""), tag.offset)
        elif tag.name == "tg-emoji":
            self.close_emoji(tag)
        elif tag.name == "blockquote":
            self.text.mark("expandable_blockquote" if "expandable" in tag.attributes else "blockquote", tag.offset)
        else:
            self.close_code(tag)

    def close_emoji(self, tag: _Open) -> None:
        emoji_id = tag.attributes.get("emoji-id", "")
        if not emoji_id.isdecimal():
            raise parse_error("Invalid custom emoji identifier specified")
        self.text.custom_emoji(f"tg://emoji?id={emoji_id}", tag.offset)

    def close_code(self, tag: _Open) -> None:
        """<code class="language-…"> directly inside <pre> names the language of the block."""
        inside_pre = bool(self.opened) and self.opened[-1].name == "pre" and self.opened[-1].offset == tag.offset
        if tag.name == "code" and inside_pre:
            language = tag.attributes.get("class", "")
            self.opened[-1].attributes["language"] = language.removeprefix("language-")
            return
        language = tag.attributes.get("language", "")
        self.text.mark(tag.name, tag.offset, **({"language": language} if language else {}))

    def take(self, pattern: re.Pattern[str], skip: int = 0) -> str:
        """What matches here, after `skip` characters; the place moves behind it."""
        found = pattern.match(self.source, self.place + skip)
        text = found[0] if found else ""
        self.place += skip + len(text)
        return text

    def bytes_before(self, place: int) -> int:
        return len(self.source[:place].encode())


def _character(reference: re.Match[str]) -> str:
    if reference["name"]:
        return _NAMED[reference["name"]]
    code = int(reference["decimal"] or "0") or int(reference["hex"] or "0", 16)
    allowed = 0 < code < 0x10FFFF and not 0xD800 <= code <= 0xDFFF
    return chr(code) if allowed else ""
