"""Telegram's MarkdownV2 and the older Markdown.

https://core.telegram.org/bots/api#markdownv2-style and #markdown-style
"""

import re
from dataclasses import dataclass
from typing import Any

from sandbox.rich_text import RichText, parse_error

_RESERVED = frozenset("_*[]()~`>#+-=|{}.!")
_MARKS = (("```", "pre"), ("||", "spoiler"), ("__", "underline"), ("_", "italic"), ("*", "bold"),
          ("~", "strikethrough"), ("`", "code"), ("![", "custom_emoji"), ("[", "text_link"))  # fmt: skip
_ENDS = {kind: mark for mark, kind in _MARKS} | {"custom_emoji": "]", "text_link": "]"}
_NAMES = {"pre": "Pre", "spoiler": "Spoiler", "underline": "Underline", "italic": "Italic", "bold": "Bold",
          "strikethrough": "Strikethrough", "code": "Code", "custom_emoji": "CustomEmoji", "text_link": "TextUrl",
          "blockquote": "BlockQuote"}  # fmt: skip
_LANGUAGE = re.compile(r"[^\s`]+(?=\s)")
_VERBATIM = frozenset({"code", "pre"})


@dataclass
class _Open:
    """An entity that waits for its end."""

    kind: str
    offset: int
    place: int
    language: str = ""


def parse_markdown_v2(source: str) -> tuple[str, list[dict[str, Any]]]:
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
            self.step()
        if self.opened and self.opened[-1].kind == "blockquote":
            self.close_quote()
        if self.opened:
            raise self.unended()
        return self.text.result()

    def step(self) -> None:
        character = self.source[self.place]
        if character == "\\" and self.follows(1) and ord(self.source[self.place + 1]) <= 126:
            self.text.add(self.source[self.place + 1])
            self.place += 2
        elif character == "\n" and self.in_quote():
            self.new_line()
        elif self.opened and self.ends_here(self.opened[-1]):
            self.end()
        elif self.opened and self.opened[-1].kind in _VERBATIM:
            self.literal(character)
        elif self.starts_quote():
            self.place += self.source.startswith("**", self.place) * 2 + 1
            self.opened.append(_Open("blockquote", self.text.length, self.place - 1))
        elif character in _RESERVED:
            self.start(character)
        else:
            self.literal(character)

    def follows(self, distance: int) -> bool:
        return self.place + distance < len(self.source)

    def literal(self, character: str) -> None:
        self.text.add(character)
        self.place += 1

    def in_quote(self) -> bool:
        return any(tag.kind == "blockquote" for tag in self.opened)

    def starts_quote(self) -> bool:
        """A quotation begins at the start of a line; "**" before it parts it from the one above."""
        at_line = self.place == 0 or self.source[self.place - 1] == "\n"
        return at_line and self.source.startswith((">", "**>"), self.place) and not self.in_quote()

    def new_line(self) -> None:
        """A quotation goes on in the next line if that begins with ">"; what is open inside it must end before."""
        self.place += 1
        if self.source.startswith(">", self.place):
            self.place += 1
        elif self.opened[-1].kind == "blockquote":
            self.close_quote()
        else:
            raise self.unended()
        self.text.add("\n")

    def close_quote(self) -> None:
        """A quotation is expandable when "||" ends its last line (see `start`)."""
        tag = self.opened.pop()
        self.text.mark("expandable_blockquote" if tag.language == "expandable" else "blockquote", tag.offset)

    def start(self, character: str) -> None:
        mark, kind = next(((m, k) for m, k in _MARKS if self.source.startswith(m, self.place)), ("", ""))
        if kind == "spoiler" and self.ends_quote():
            self.opened[-1].language = "expandable"
            self.place += 2
            return
        if not kind:
            raise parse_error(f"Character '{character}' is reserved and must be escaped with the preceding '\\'")
        tag = _Open(kind, self.text.length, self.place)
        self.place += len(mark)
        if kind == "pre":
            self.block_head(tag)
        self.opened.append(tag)

    def ends_quote(self) -> bool:
        if not self.opened or self.opened[-1].kind != "blockquote":
            return False
        rest = self.source[self.place + 2 : self.place + 4]
        return not rest or (rest[0] == "\n" and rest[1:] != ">")

    def block_head(self, tag: _Open) -> None:
        """The word after ```, its language, and one line end."""
        if language := _LANGUAGE.match(self.source, self.place):
            tag.language = language[0]
            self.place = language.end()
        if self.source.startswith("\n", self.place):
            self.place += 1

    def ends_here(self, tag: _Open) -> bool:
        """Inside italics "__" is an underline, not the end."""
        if tag.kind == "italic" and self.source.startswith("__", self.place):
            return False
        return tag.kind in _ENDS and self.source.startswith(_ENDS[tag.kind], self.place)

    def end(self) -> None:
        tag = self.opened.pop()
        self.place += len(_ENDS[tag.kind])
        if tag.kind == "text_link":
            self.text.link(self.address("URL"), tag.offset)
        elif tag.kind == "custom_emoji":
            self.text.custom_emoji(self.address("custom emoji URL"), tag.offset)
        elif tag.language:
            self.text.mark(tag.kind, tag.offset, language=tag.language)
        else:
            self.text.mark(tag.kind, tag.offset)

    def address(self, what: str) -> str:
        """What stands in parentheses here, or nothing."""
        if not self.source.startswith("(", self.place):
            return ""
        self.place += 1
        start, url = self.place, ""
        while self.follows(0) and self.source[self.place] != ")":
            if self.source[self.place] == "\\" and self.follows(1):
                self.place += 1
            url += self.source[self.place]
            self.place += 1
        if not self.follows(0):
            raise parse_error(f"Can't find end of a {what} at byte offset {self.bytes_before(start)}")
        self.place += 1
        return url

    def unended(self) -> Exception:
        tag = self.opened[-1]
        return parse_error(f"Can't find end of {_NAMES[tag.kind]} entity at byte offset {self.bytes_before(tag.place)}")

    def bytes_before(self, place: int) -> int:
        return len(self.source[:place].encode())


_OLD = {"_": "italic", "*": "bold", "`": "code", "[": "text_link"}


def parse_markdown(source: str) -> tuple[str, list[dict[str, Any]]]:
    """The older mode: no nesting, and a backslash escapes only the four marks."""
    text, place = RichText(), 0
    while place < len(source):
        character = source[place]
        if character == "\\" and source[place + 1 : place + 2] in tuple(_OLD):
            text.add(source[place + 1])
            place += 2
        elif character in _OLD:
            place = _old_entity(source, place, text)
        else:
            text.add(character)
            place += 1
    return text.result()


def _old_entity(source: str, place: int, text: RichText) -> int:
    """Takes one entity in and returns the place behind it."""
    mark = "```" if source.startswith("```", place) else source[place]
    start, offset = place + len(mark), text.length
    closing = "]" if mark == "[" else mark
    end = source.find(closing, start)
    if end == -1:
        before = len(source[:place].encode())
        raise parse_error(f"Can't find end of the entity starting at byte offset {before}")
    content, behind = source[start:end], end + len(closing)
    if mark == "```":
        language = _LANGUAGE.match(content)
        text.add(content[language.end() if language else 0 :].removeprefix("\n"))
        text.mark("pre", offset, **({"language": language[0]} if language else {}))
        return behind
    text.add(content)
    if mark != "[":
        text.mark(_OLD[mark], offset)
        return behind
    url = ""
    if source.startswith("(", behind) and (close := source.find(")", behind)) != -1:
        url, behind = source[behind + 1 : close], close + 1
    text.link(url, offset)
    return behind
