"""The stage that finds words in captions and in pictures, and says where it found them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log

from search.query import Query, Words
from search.quotation import Quotation
from search.terms import FORM, MOST, Term, literal, terms
from storage.chats import Chats
from storage.filters import Filters
from storage.folding import fold
from storage.records import EVERY_SOURCE, TextSource
from storage.texts import Found, Texts

MOST_TEXTS, MOST_SAYING = 300, 1_000
"""Texts of a chat that are looked at closely, those with the rarest words first: 0.02 ms each. More where a phrase is
demanded: as many as are ranked, for each is to be quoted."""
PHRASE = 0.05
"""Added where the words stand together as they were asked: decides between texts that have all of them."""
CONVINCING = 0.4
"""Share of the question, met in whole words or their forms, from which a text is given as the reason for a hit. Parts
of words only rank: "the party" is no evidence of "art"."""


@dataclass(frozen=True, slots=True)
class TextHit:
    """A photo whose caption or picture has words of the question in it."""

    photo_id: int
    coverage: float
    """How much of the question the text meets, 0 to 1, a rare word counting more than a frequent one."""
    rank: int
    """From 1; equal for equal texts, so that the picture decides between them."""
    reason: Quotation | None
    """Where it stands; None where that is no evidence."""


class TextSearch:
    """Looks for a question's words in the texts of its chat."""

    def __init__(self, chats: Chats, texts: Texts) -> None:
        self._chats = chats
        self._texts = texts

    async def narrowed(self, query: Query) -> Query:
        """The query, its phrases among its filters, and words looked for only where its chat wants them read."""
        settings = await self._chats.settings(query.chat_id)
        sources = EVERY_SOURCE if settings.ocr else frozenset({TextSource.CAPTION})
        return replace(query, filters=replace(query.filters, phrases=query.text, sources=sources))

    async def find(self, query: Query) -> list[TextHit]:
        """Best first; nothing for a question without words."""
        asked = [*query.text, *([query.subject.text] if isinstance(query.subject, Words) else [])]
        wanted = _wanted(query.text, asked)
        if not wanted:
            return []
        needles = [term.needle for term in wanted]
        most = MOST_SAYING if query.text else MOST_TEXTS
        matches = await self._texts.matching(query.chat_id, needles, most, query.filters)
        weights = [log(2 + matches.total / (1 + frequency)) for frequency in matches.frequencies]
        demanded = [fold(phrase) for phrase in query.text]
        judge = _Judge(wanted, weights, [fold(phrase) for phrase in asked], demanded, _unwanted(query))
        return await asyncio.to_thread(_ranked, matches.found, judge)

    async def denied(self, query: Query) -> list[int]:
        """The photos whose caption or picture says what the question steers away from, in whole words."""
        unwanted = _unwanted(query)
        if not unwanted:
            return []
        needles = [max((term.needle for term in phrase), key=len) for phrase in unwanted]  # all of a phrase must be met
        everything = Filters(sources=query.filters.sources)
        matches = await self._texts.matching(query.chat_id, needles, MOST_SAYING, everything)
        return await asyncio.to_thread(_saying, matches.found, unwanted)


@dataclass(frozen=True, slots=True)
class _Judge:
    terms: Sequence[Term]
    weights: Sequence[float]
    phrases: Sequence[str]
    demanded: Sequence[str]
    """Phrases without which a photo is not even a candidate: its filters saw to that."""
    unwanted: Sequence[Sequence[Term]]
    """Phrases that are to be left out."""

    def judged(self, folded: str) -> tuple[bool, float]:
        """Whether a text is evidence: it says what was demanded, or enough of the question in whole words. And how much
        of the question it meets: 0 where it has in it what the question steers away from."""
        whole = sum(self.weights)
        met = [(weight, term.quality(folded)) for term, weight in zip(self.terms, self.weights, strict=True)]
        share = sum(weight * quality for weight, quality in met) / whole
        if share and len(self.terms) > 1 and all(phrase in folded for phrase in self.phrases):
            share += PHRASE
        coverage = 0.0 if _is_said(folded, self.unwanted) else round(share, 6)
        in_words = sum(weight for weight, quality in met if quality >= FORM) >= CONVINCING * whole
        is_reason = in_words or any(_says(folded, phrase) for phrase in self.demanded)
        return is_reason and (coverage > 0 or bool(self.demanded)), coverage

    def place(self, folded: str) -> int:
        """Where a text meets the question: what was asked as it stands, else the word that is met best."""
        together = [at for phrase in self.phrases if (at := folded.find(phrase)) >= 0]
        met = (term.place(folded) for term in self.terms)
        return together[0] if together else max(met, key=lambda one: one[0], default=(0.0, 0))[1]


def _wanted(phrases: Sequence[str], asked: Sequence[str]) -> list[Term]:
    """Something of each phrase, be it of common words or emoji alone, and the words of the question."""
    each = MOST // max(1, len(phrases))
    of_phrases = [term for phrase in phrases for term in (terms(phrase) or literal(phrase))[:each]]
    return list({term.word: term for term in (*of_phrases, *terms(" ".join(asked)))}.values())[:MOST]


def _unwanted(query: Query) -> list[tuple[Term, ...]]:
    return [phrase for text in query.minus if (phrase := terms(text) or literal(text))]


def _is_said(folded: str, phrases: Sequence[Sequence[Term]]) -> bool:
    """Whether a text has all words of one of the phrases in it. Parts of words are no evidence: -art leaves parties."""
    return any(all(term.quality(folded) >= FORM for term in phrase) for phrase in phrases)


def _saying(found: Sequence[Found], phrases: Sequence[Sequence[Term]]) -> list[int]:
    return list({text.photo_id: None for text in found if _is_said(text.folded, phrases)})


def _says(folded: str, phrase: str) -> bool:
    """As filters have it: a phrase of several words may have lost its spaces."""
    return phrase in folded or (" " in phrase and phrase.replace(" ", "") in folded.replace(" ", ""))


def _ranked(found: Sequence[Found], judge: _Judge) -> list[TextHit]:
    """The best text of each photo: one that is a reason before one that is none."""
    best: dict[int, tuple[bool, float, Found]] = {}
    for text in found:
        is_reason, coverage = judge.judged(text.folded)
        if (is_reason, coverage) > best.get(text.photo_id, (False, 0.0))[:2]:
            best[text.photo_id] = (is_reason, coverage, text)
    levels = sorted({coverage for _, coverage, _ in best.values()}, reverse=True)
    ranks = {level: sum(coverage > level for _, coverage, _ in best.values()) + 1 for level in levels}
    hits = [
        TextHit(photo_id, min(coverage, 1.0), ranks[coverage], Quotation(text, judge.place) if is_reason else None)
        for photo_id, (is_reason, coverage, text) in best.items()
    ]
    return sorted(hits, key=lambda hit: (hit.rank, -hit.photo_id))
