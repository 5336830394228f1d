"""The language of /search: words, -words, and operators such as from:@ann. Pure: from a text to a `Question`.

    red car -dog from:@ann after:2024-05 before:2024-06-15 on:2024-05-03 text:"happy birthday" sort:new n:8

In any order. What only looks like an operator (10:30, http://…, ratio 16:9) is plain words. What is one and cannot be
understood is a `NotUnderstood` that quotes it: a filter that is silently not applied gives wrong answers.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import TypeVar

from search.errors import NotUnderstood
from search.period import Period
from search.query import MAX_PHOTOS, Filters, Sort, bounded
from search.tokens import Mention, Token, tokens
from storage.folding import fold

NAME = re.compile(r"@\w+")
"""What is only ever written of people."""
MOST = 10
"""Of each thing that may be said several times: every -word is embedded, every phrase read for in all texts of the chat
(30 ms among 134,000), every name compared with all names."""


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody named with from:. Who that is, `search.senders` knows."""

    written: str
    id: int | None = None
    """Given where the name was picked from Telegram's list, which says whom it means."""
    is_asker: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a text asks for."""

    words: str = ""
    minus: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    people: tuple[Person, ...] = ()
    """Any of them; nobody in particular where empty."""
    filters: Filters = field(default_factory=Filters)
    """Without the people, whose ids are not known yet."""
    sort: Sort | None = None
    count: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all was asked."""
        return self == Question()


def parse(text: str, mentions: Sequence[Mention] = (), zone: tzinfo = UTC) -> Question:
    """Dates are days, months and years of the time zone.

    Raises:
        NotUnderstood, QuestionTooLong: with a sentence for the asker.
    """
    reading = _Reading(zone)
    for token in tokens(text, mentions):
        if token.operator is not None:
            OPERATORS[token.operator](reading, token)
        elif token.is_minus:
            reading.add(reading.minus, token.value, token)
        else:
            reading.word(token)
    return reading.question()


class _Reading:
    """A question as far as it has been read."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        self.words: list[str] = []
        self.minus: list[str] = []
        self.text: list[str] = []
        self.people: list[Person] = []
        self.since: datetime | None = None
        self.before: datetime | None = None
        self.sort: Sort | None = None
        self.count: int | None = None

    def question(self) -> Question:
        return Question(
            words=bounded(" ".join(self.words)),
            minus=_all_bounded(self.minus),
            text=_all_bounded(self.text),
            people=tuple(self.people),
            filters=Filters(since=self.since, before=self.before),
            sort=self.sort,
            count=self.count,
        )

    def add(self, several: list[T], value: T, token: Token) -> None:
        """What may be said several times."""
        if value not in several:
            several.append(value)
        if len(several) > MOST:
            raise NotUnderstood(
                token.written, f"I take at most {MOST} of these in one question. Leave some of them out."
            )

    def word(self, token: Token) -> None:
        """A plain one, unless it looks too much like an operator to be meant as one: since:2024-05, by:@ann."""
        key, colon, value = _plain(token.value).partition(":")
        if colon and key.isalpha() and not token.is_quoted and (NAME.fullmatch(value) or Period.parse(value, UTC)):
            known = ", ".join(f"{name}:" for name in OPERATORS)
            raise NotUnderstood(token.written, f"I know {known}. Put it in quotes if you mean just these words.")
        self.words.append(token.value)

    def from_(self, token: Token) -> None:
        is_asker = not token.is_quoted and token.value.casefold() == "me" and token.mentioned is None
        self.add(self.people, Person(token.value, token.mentioned, is_asker), token)

    def after(self, token: Token) -> None:
        self._limit(token, since=self._period(token).start)

    def before_(self, token: Token) -> None:
        self._limit(token, before=self._period(token).start)

    def on(self, token: Token) -> None:
        period = self._period(token)
        self._limit(token, since=period.start, before=period.end)

    def phrase(self, token: Token) -> None:
        if not fold(token.value):  # it would stand in every text
            raise NotUnderstood(token.written, "there is nothing in it that can be read.")
        self.add(self.text, token.value, token)

    def sorted_(self, token: Token) -> None:
        wanted = SORTS.get(_plain(token.value))
        if wanted is None:
            raise NotUnderstood(token.written, "answers can be sorted with sort:new, sort:old or sort:best.")
        if self.sort not in (None, wanted):
            raise NotUnderstood(token.written, "another order was asked for before it. Leave one of them out.")
        self.sort = wanted

    def number(self, token: Token) -> None:
        value = _plain(token.value)
        if not (value.isascii() and value.isdigit() and len(value) < 4 and 1 <= int(value) <= MAX_PHOTOS):
            raise NotUnderstood(token.written, f"an answer can show 1 to {MAX_PHOTOS} photos, for example n:8.")
        if self.count not in (None, int(value)):
            raise NotUnderstood(token.written, "another number was asked for before it. Leave one of them out.")
        self.count = int(value)

    def _period(self, token: Token) -> Period:
        period = Period.parse(_plain(token.value), self.zone)
        if period is None:
            raise NotUnderstood(token.written, "that is no date I can read. Write it like 2024, 2024-05 or 2024-05-03.")
        return period

    def _limit(self, token: Token, since: datetime | None = None, before: datetime | None = None) -> None:
        if since is not None:
            self.since = since if self.since is None else max(self.since, since)
        if before is not None:
            self.before = before if self.before is None else min(self.before, before)
        if self.since is not None and self.before is not None and self.since >= self.before:
            raise NotUnderstood(token.written, "together with the other dates that leaves no day at all.")


SORTS = {
    "new": Sort.NEWEST,
    "newest": Sort.NEWEST,
    "old": Sort.OLDEST,
    "oldest": Sort.OLDEST,
    "best": Sort.BEST,
}
OPERATORS: dict[str, Callable[[_Reading, Token], None]] = {
    "from": _Reading.from_,
    "after": _Reading.after,
    "before": _Reading.before_,
    "on": _Reading.on,
    "text": _Reading.phrase,
    "sort": _Reading.sorted_,
    "n": _Reading.number,
}


def _all_bounded(phrases: Sequence[str]) -> tuple[str, ...]:
    bounded(" ".join(phrases))
    return tuple(phrases)


def _plain(value: str) -> str:
    """Full-width digits and letters as plain ones."""
    return unicodedata.normalize("NFKC", value).casefold()
