"""Calibrating a model on the operator's own archive, without anybody saying what its pictures show.

Captions stand for questions. Most captions do not say what is to be seen ("lunch break"), so only those count that find
their own picture among many; that picture, in a chat drawn at random from the archive, is a true answer, and the
best of a chat without it a false one. That some of the latter do show what another picture's caption says makes
the bot say "not sure" more often, never refuse more often.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from search.calibration import Calibration, fit
from search.embedder import Embedder, Embedding
from search.errors import TooFewCaptions
from search.evidence import LOOKED_AT, Evidence, Rivals

SIZES = (1, 2, 5, 10, 20, 50, 100, 200)
"""Photos in the chats that are drawn."""
DRAWN = 600
"""False answers of each size; as many true ones or fewer."""
ASKED = 20
"""Questions asked in one chat, at most."""
TELLING = 0.05
"""A caption tells what its picture shows where this share of all pictures, at most, is nearer to it."""
ENOUGH = 40
"""Telling captions needed: the bounds are quantiles of what they give."""


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Pictures to draw chats from, and the questions of which one is the answer."""

    pictures: Embedding
    """float32 `[n, d]`."""
    questions: Embedding
    """float32 `[q, d]`."""
    answers: Sequence[int]
    """`[q]`: the row of each question's picture."""


@dataclass(slots=True)
class _Drawn:
    true: list[Evidence] = field(default_factory=list)
    false: list[Evidence] = field(default_factory=list)
    strangers: list[tuple[int, float]] = field(default_factory=list)


def words_of(embedder: Embedder, words: Sequence[str], done: Callable[[int], None] = lambda _: None) -> Embedding:
    """float32 `[m, d]` of many words, in batches that fit any memory; `done` is told how many after each."""
    parts: list[Embedding] = []
    for start in range(0, len(words), 16):
        parts.append(embedder.embed_texts(list(words[start : start + 16])))
        done(start + len(parts[-1]))
    return np.concatenate(parts) if parts else np.empty((0, embedder.dimensions), np.float32)


def calibrate(model: str, pool: Pool, rivals: Rivals, seed: int = 0) -> Calibration:
    """The calibration fitted to chats drawn from the pool.

    Raises:
        TooFewCaptions
    """
    telling = _telling(pool) if len(pool.questions) else []
    if len(telling) < ENOUGH:
        raise TooFewCaptions(len(telling), ENOUGH)
    rng, drawn = random.Random(seed), _Drawn()  # noqa: S311 - no secret hangs on it
    for size in (size for size in SIZES if size <= len(pool.pictures) // 2):
        for _ in range(DRAWN // min(ASKED, size)):
            _draw(pool, telling, rivals, rng, size, drawn)
    origin = f"{len(telling)} captions and {len(pool.pictures)} pictures of this archive"
    return fit(model, drawn.true, drawn.false, drawn.strangers, origin)


def _telling(pool: Pool) -> list[int]:
    """The questions that find their own picture."""
    scores = pool.questions @ pool.pictures.T
    own = scores[np.arange(len(scores)), list(pool.answers)]
    nearer = (scores > own[:, None]).mean(axis=1)
    return np.flatnonzero(nearer <= TELLING).tolist()


def _draw(pool: Pool, telling: Sequence[int], rivals: Rivals, rng: random.Random, size: int, drawn: _Drawn) -> None:
    """One chat of `size` pictures, asked what is in it and what is not."""
    stranger, *rest = rng.sample(range(len(pool.pictures)), size + 1)
    answerable = rng.sample(telling, min(ASKED, size, len(telling)))
    chat = _with(rest, [pool.answers[question] for question in answerable])
    for question in answerable:
        best = _best(pool, chat, pool.questions[question])
        if pool.answers[question] in best:
            drawn.true.append(rivals.evidence(pool.questions[question], pool.pictures[best], size))
    here = set(chat)
    others = [question for question in telling if pool.answers[question] not in here]
    for question in rng.sample(others, min(ASKED, size, len(others))):
        best = _best(pool, chat, pool.questions[question])
        drawn.false.append(rivals.evidence(pool.questions[question], pool.pictures[best], size))
    alone = [row for row in chat if row != stranger] or rest
    drawn.strangers.append((size, float((pool.pictures[alone] @ pool.pictures[stranger]).max())))


def _with(rows: Sequence[int], wanted: Sequence[int]) -> list[int]:
    """As many rows, the wanted ones among them."""
    kept: Iterator[int] = iter([*dict.fromkeys(wanted), *(row for row in rows if row not in wanted)])
    return [row for row, _ in zip(kept, rows, strict=False)]


def _best(pool: Pool, chat: Sequence[int], question: Embedding) -> list[int]:
    scores = pool.pictures[list(chat)] @ question
    return [chat[place] for place in np.argsort(-scores)[:LOOKED_AT].tolist()]
