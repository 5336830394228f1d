"""The text of a question in pieces: words, quoted phrases, what stands behind a minus, operators. Pure.

Keyboards turn quotes and dashes into typographic ones, and Chinese ones have full-width colons: all are taken. A quote
or a dash inside a word (t-shirt, 5" screen) is a part of it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from search.errors import NotUnderstood

NAMES = ("from", "after", "before", "on", "text", "sort", "n")
"""The operators."""
MINUS = "-−–—－﹣"
QUOTES = {
    '"': '"＂”',
    "＂": '＂"',
    "“": '”“"',
    "”": '”"',
    "„": '“”"',
    "«": "»",
    "»": "«",
    "「": "」",
    "『": "』",
}
"""What closes a phrase, by what opens it."""
INVISIBLE = dict.fromkeys([0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF], " ")
"""What clients put around names to keep directions apart. One character for one, so that places stay."""
WIDE = {0xFEE0 + ord(letter): letter for letter in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"}
"""Full-width letters, one for one."""

_NAME = f"(?:{'|'.join(NAMES)})[:：]"
_OPERATOR = re.compile(_NAME, re.IGNORECASE | re.ASCII)
_WORD = re.compile(rf"\S+?(?=(?<=[^\x00-\x7f]){_NAME}|\s|$)", re.IGNORECASE)
"""To the next blank; or, where people write without blanks, to the next operator: 红色的车from:@ann."""
_BLANKS = re.compile(r"\s*")


@dataclass(frozen=True, slots=True)
class Mention:
    """A name that was picked from Telegram's list: it carries whom it means."""

    start: int
    """Index of its first character."""
    end: int
    user_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One piece."""

    written: str
    """As people wrote it, to be pointed at."""
    value: str
    """Never blank."""
    operator: str | None = None
    """One of `NAMES`."""
    is_minus: bool = False
    is_quoted: bool = False
    mentioned: int | None = None
    """Whom the value names, where it was picked from a list."""


def tokens(text: str, mentions: Sequence[Mention] = ()) -> Iterator[Token]:
    """The pieces in order.

    Raises:
        NotUnderstood: an operator has no value, cannot be left out, or its quote is not closed.
    """
    scanner = _Scanner(text.translate(INVISIBLE), mentions)
    while scanner.has_more():
        token = scanner.token()
        if token is not None:
            yield token


class _Scanner:
    """Reads from left to right; `_place` is what comes next."""

    def __init__(self, text: str, mentions: Sequence[Mention]) -> None:
        self._text = text
        self._plain = text.translate(WIDE)
        self._mentions = {mention.start: mention for mention in mentions}
        self._place = 0

    def has_more(self) -> bool:
        """Skips blanks."""
        self._place = _end(_BLANKS, self._text, self._place)
        return self._place < len(self._text)

    def token(self) -> Token | None:
        """None for a mark that means nothing by itself."""
        start = self._place
        while self._next() and self._next() in MINUS:
            self._place += 1
        is_minus = self._place > start
        if is_minus and not self._next().strip():
            return None  # a dash between words
        operator = _OPERATOR.match(self._plain, self._place)
        if operator is not None:
            return self._operator(start, operator, is_minus=is_minus)
        if self._next() in QUOTES:
            return self._quoted(start, is_minus=is_minus)
        self._place = _end(_WORD, self._plain, self._place)
        return Token(written=self._since(start), value=self._since(start).lstrip(MINUS), is_minus=is_minus)

    def _quoted(self, start: int, *, is_minus: bool) -> Token | None:
        phrase = self._phrase()
        if phrase is None:
            if is_minus:
                raise NotUnderstood(self._with_word(start), "its quote is not closed.")
            self._place += 1  # nothing closes it: what stands behind it is read as if it were not there
            return None
        if not phrase:
            return None
        return Token(written=self._since(start), value=phrase, is_minus=is_minus, is_quoted=True)

    def _operator(self, start: int, match: re.Match[str], *, is_minus: bool) -> Token:
        name = match.group()[:-1].lower()
        self._place = match.end()
        if is_minus:
            raise NotUnderstood(self._with_word(start), f"only words can be left out with a minus, not {name}:.")
        self.has_more()  # a blank behind the colon is forgiven
        value_start = self._place
        mention = self._mentions.get(value_start)
        if mention is not None:
            self._place = max(mention.end, value_start + 1)
            value, is_quoted = self._since(value_start), False
        else:
            value, is_quoted = self._value(start)
        if not value.strip():
            raise NotUnderstood(
                self._since(start), f"something must stand behind the colon, for example {EXAMPLES[name]}."
            )
        return Token(
            written=self._since(start),
            value=value,
            operator=name,
            is_quoted=is_quoted,
            mentioned=None if mention is None else mention.user_id,
        )

    def _value(self, start: int) -> tuple[str, bool]:
        """The operator's value, and whether it is quoted; empty at the end of the text."""
        if self._next() not in QUOTES:
            value_start = self._place
            self._place = _end(_WORD, self._plain, self._place)
            return self._since(value_start), False
        phrase = self._phrase()
        if phrase is None:
            raise NotUnderstood(self._with_word(start), "its quote is not closed.")
        return phrase, True

    def _phrase(self) -> str | None:
        """What the quotes here enclose, blanks folded; None where nothing closes them."""
        closing = QUOTES[self._next()]
        ends = [end for mark in closing if (end := self._text.find(mark, self._place + 1)) >= 0]
        if not ends:
            return None
        inside = self._text[self._place + 1 : min(ends)]
        self._place = min(ends) + 1
        return " ".join(inside.split())

    def _next(self) -> str:
        """The next character; empty at the end."""
        return self._text[self._place : self._place + 1]

    def _since(self, start: int) -> str:
        return self._text[start : self._place].rstrip()

    def _with_word(self, start: int) -> str:
        """To the end of the word that begins here."""
        return self._text[start : _end(_WORD, self._plain, self._place)]


EXAMPLES = {
    "from": "from:@name or from:me",
    "after": "after:2024-05",
    "before": "before:2024-06-15",
    "on": "on:2024-05-03",
    "text": 'text:"happy birthday"',
    "sort": "sort:new",
    "n": "n:8",
}


def _end(pattern: re.Pattern[str], text: str, place: int) -> int:
    match = pattern.match(text, place)
    return place if match is None else match.end()
