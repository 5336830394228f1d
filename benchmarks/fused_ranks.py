"""Which picture comes first: by looks alone, by texts alone, by both. For `benchmarks.text_in_pictures`.

Questions about texts (two for each picture of one) and about things (every thing of the sample archive by its name in
three languages, and the pairs), in a chat of all pictures and in smaller ones drawn from it. The weights of
`search.fusion` were chosen with one half of both; the other half had no part in it, and is what counts.

Noise is measured on the questions themselves, in pairs: how many the fused ranking answers that the better of the two
does not, and the other way about. Fused is worse by more than noise where so uneven a split has a chance under 0.05
(McNemar's exact test, over both halves: the more pairs, the less noise). The difference of R@1 stands with its 95 %
interval over 5,000 draws of pictures, each with all of its questions; with so few uneven pairs it is rough.
"""

from __future__ import annotations

import random
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import comb
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.text_archive import Archive
from search.fusion import K, fused
from search.query import Query, Words
from search.ranking import Candidate
from search.records import Posting
from search.text_search import TextHit
from search.verdict import judged

NAMES = Path("/usr/share/unicode/cldr/common/annotations")
"""Debian's unicode-cldr-core: what the things of the sample archive are called, by language."""
WAYS = ("looks", "texts", "plain RRF", "fused", "as answered")
SIZES = (None, 10, 50)
"""Pictures of the chats that are asked; None: all."""
DRAWS = 5_000
NOISE = 0.05
"""McNemar's p from which on a difference is one."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and the pictures (by name) any of which is a right answer."""

    text: str
    right: frozenset[str]
    subject: str
    language: str
    is_held_out: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the rank of the first right answer by each way of ranking."""

    question: Question
    ranks: dict[str, int]


async def fused_ranks(archive: Archive, console: Console) -> None:
    """Asks everything and prints the tables."""
    rng = random.Random(2)
    asked: dict[int | None, list[Asked]] = {size: [] for size in SIZES}
    for question in track(list(_questions(archive)), "asking", console=console):
        looking, saying = await archive.looking(question.text), await archive.saying(question.text)
        for size, answers in asked.items():
            answers.append(await _asked(archive, question, *_drawn(archive, question, looking, saying, size, rng)))
    for size, answers in asked.items():
        chat = f"a chat of all {len(archive.names)} pictures" if size is None else f"chats of {size} pictures"
        for is_held_out, half in ((True, "the half that chose nothing"), (False, "the half that chose")):
            of_half = [one for one in answers if one.question.is_held_out is is_held_out]
            console.print(_table(f"R@1 / R@10, {chat}, {half}", of_half))
        console.print(f"Fused is worse than the better of the two by more than noise: {_worse(answers) or 'nowhere'}")


def _drawn(
    archive: Archive,
    question: Question,
    looking: list[Candidate],
    saying: list[TextHit],
    size: int | None,
    rng: random.Random,
) -> tuple[list[Candidate], list[TextHit]]:
    """Both rankings as they are among so many pictures, a right one among them; words are as rare as in the whole."""
    if size is None:
        return looking, saying
    right = [one.posting.id for one in looking if archive.names[one.posting.id] in question.right]
    wrong = [photo_id for photo_id, name in archive.names.items() if name not in question.right]
    held = {rng.choice(right), *rng.sample(wrong, size - 1)}
    left = [hit for hit in saying if hit.photo_id in held]
    ranked = [replace(hit, rank=1 + sum(other.rank < hit.rank for other in left)) for hit in left]
    return [one for one in looking if one.posting.id in held], ranked


async def _asked(archive: Archive, question: Question, looking: list[Candidate], saying: list[TextHit]) -> Asked:
    looks = await archive.looks(question.text, looking)
    postings = {one.posting.id: one.posting for one in looking if isinstance(one.posting, Posting)}
    together = fused(looking, saying, postings, looks)
    shown, _ = judged(Query(0, Words(question.text)), together, looks)
    found = {
        "looks": [one.posting.id for one in looking],
        "texts": [hit.photo_id for hit in saying],
        "plain RRF": _plain(looking, saying),
        "fused": [one.posting.id for one in together],
        "as answered": [one.posting.id for one in shown],
    }
    return Asked(question, {way: _rank(archive, ids, question) for way, ids in found.items()})


def _plain(looking: Sequence[Candidate], saying: Sequence[TextHit]) -> list[int]:
    """As in the paper: every text counts alike, whatever it meets, and as much as a look."""
    scores = {one.posting.id: 1 / (K + rank) for rank, one in enumerate(looking, start=1)}
    for hit in saying:
        scores[hit.photo_id] += 1 / (K + hit.rank)
    return sorted(scores, key=lambda photo_id: -scores[photo_id])


def _rank(archive: Archive, found: Sequence[int], question: Question) -> int:
    right = (rank for rank, photo_id in enumerate(found, start=1) if archive.names[photo_id] in question.right)
    return next(right, len(archive.names) + 1)


# -- questions ----------------------------------------------------------------------------------------------


def _questions(archive: Archive) -> Iterator[Question]:
    for made in archive.made:
        for text in made.questions:
            yield Question(text, frozenset({made.text}), "texts", made.language, made.is_held_out)
    for number, things in enumerate(sorted({shown.things for shown in archive.shown.values()})):
        is_held_out = number % 2 == 1
        files = {file for file, shown in archive.shown.items() if set(things) <= set(shown.things)}
        memes = {made.text for made in archive.made if made.drawing in files}
        right = frozenset(files | memes)
        yield Question(" and ".join(things), right, "things", "en", is_held_out)
        if len(things) == 1:
            for language in ("zh", "ru"):
                yield Question(_name(things[0], language), right, "things", language, is_held_out)


def _name(english: str, language: str) -> str:
    return _names(language)[{name: character for character, name in _names("en").items()}[english]]


@cache
def _names(language: str) -> dict[str, str]:
    """Emoji to the name for speaking aloud."""
    annotations = ET.parse(NAMES / f"{language}.xml").iter("annotation")  # noqa: S314 - Debian's own file
    return {one.attrib["cp"]: (one.text or "").strip() for one in annotations if one.get("type") == "tts"}


# -- tables -------------------------------------------------------------------------------------------------


def _table(title: str, asked: Sequence[Asked]) -> Table:
    table = Table("questions", *WAYS, "fused − better", "won, lost, p", title=title)
    for subject in ("texts", "things"):
        of_subject = [one for one in asked if one.question.subject == subject]
        for language in ("en", "zh", "ru"):
            table.add_row(*_row(f"{subject}, {language}", [o for o in of_subject if o.question.language == language]))
        table.add_row(*_row(f"{subject}, all", of_subject), end_section=True)
    return table


def _row(name: str, asked: Sequence[Asked]) -> list[str]:
    cells = [f"{_recall(asked, way, 1):.2f} / {_recall(asked, way, 10):.2f}" for way in WAYS]
    better, gains = _gains(asked)
    low, high = _interval(asked, gains)
    won, lost = gains.count(1), gains.count(-1)
    difference = f"{better} {np.mean(gains):+.3f} ({low:+.3f} … {high:+.3f})"
    return [f"{name} ({len(asked)})", *cells, difference, f"{won}, {lost}, {_mcnemar(won, lost):.2f}"]


def _worse(asked: Sequence[Asked]) -> str:
    """The subjects of which it is, of all questions together: where most of them make the least noise."""
    worse = []
    for subject in ("texts", "things"):
        of_subject = [one for one in asked if one.question.subject == subject]
        _, gains = _gains(of_subject)
        if sum(gains) < 0 and _mcnemar(gains.count(1), gains.count(-1)) < NOISE:
            worse.append(subject)
    return ", ".join(worse)


def _gains(asked: Sequence[Asked]) -> tuple[str, list[int]]:
    """The better of looks and texts, and for each question whether fused is better (1), as good, or worse than that."""
    better = max(("looks", "texts"), key=lambda way: _recall(asked, way, 1))
    return better, [int(one.ranks["fused"] == 1) - int(one.ranks[better] == 1) for one in asked]


def _recall(asked: Sequence[Asked], way: str, at: int) -> float:
    return sum(one.ranks[way] <= at for one in asked) / len(asked)


def _interval(asked: Sequence[Asked], gains: Sequence[int]) -> tuple[float, float]:
    """Of the mean gain; questions with the same right answer are drawn together."""
    by_answer: dict[frozenset[str], list[int]] = {}
    for one, gain in zip(asked, gains, strict=True):
        by_answer.setdefault(one.question.right, []).append(gain)
    groups, rng = list(by_answer.values()), random.Random(1)
    means = []
    for _ in range(DRAWS):
        drawn = [gain for group in rng.choices(groups, k=len(groups)) for gain in group]
        means.append(sum(drawn) / len(drawn))
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)


def _mcnemar(won: int, lost: int) -> float:
    """The chance of so uneven a split, or a more uneven one, were both equally good."""
    pairs = won + lost
    uneven = sum(comb(pairs, k) for k in range(min(won, lost) + 1))
    return min(1.0, 2 * uneven / (1 << pairs))
