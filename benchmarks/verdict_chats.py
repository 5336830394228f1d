"""Chats drawn from the demo's art, asked for what is in them and for what is not."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.verdict_questions import Asked, Questions
from search.calibrating import ASKED
from search.clip import ClipEmbedder
from search.embedder import Embedding
from search.evidence import LOOKED_AT, Evidence, Rivals
from training.exhibits import exhibit_all

FALSE_OF_GIBBERISH = 0.15


@dataclass(frozen=True, slots=True)
class Outcome:
    """Evidence of one question, and what it was."""

    evidence: Evidence
    is_true: bool
    kind: str
    z: float
    """Standard deviations of the best above the chat's mean, as other programs would decide."""


class Gallery:
    """Pictures by concept and style, embedded."""

    def __init__(self, embedder: ClipEmbedder, styles: Sequence[str]) -> None:
        self.by_style: dict[str, dict[int, Embedding]] = {}
        for style in styles:
            pictures, shown = exhibit_all(style)
            prepared = [embedder.prepare(picture) for picture in pictures]
            vectors = np.concatenate([embedder.embed_images(prepared[i : i + 32]) for i in range(0, len(prepared), 32)])
            self.by_style[style] = dict(zip(shown, vectors, strict=True))

    def chat(
        self, styles: Sequence[str], pool: Sequence[int], size: int, rng: random.Random
    ) -> tuple[list[int], Embedding]:
        """Concepts and vectors of a chat; a concept may come twice."""
        drawn = [(concept, style) for concept in rng.choices(pool, k=3 * size + 9) for style in [rng.choice(styles)]]
        held = [(concept, self.by_style[style][concept]) for concept, style in drawn if concept in self.by_style[style]]
        return [concept for concept, _ in held[:size]], np.stack([vector for _, vector in held[:size]])


def ask(
    questions: Questions, rivals: Rivals, chat: tuple[Sequence[int], Embedding], pool: Sequence[int], rng: random.Random
) -> Iterator[Outcome]:
    """What is in a chat, and what is not."""
    shown, pictures = chat
    for concept in rng.sample(sorted(set(shown)), min(ASKED, len(set(shown)))):
        asked = questions.about(concept, rng)
        best = nearest(pictures, asked.vector)
        if any(asked.fits(shown[row]) for row in best):
            yield judged(asked, pictures, best, rivals, is_true=True)
    absent = [concept for concept in pool if not any(questions.related(concept, other) for other in set(shown))]
    for concept in rng.sample(absent, min(ASKED, len(shown), len(absent))):
        asked = questions.gibberish(rng) if rng.random() < FALSE_OF_GIBBERISH else questions.about(concept, rng)
        if not any(asked.fits(other) for other in shown):
            yield judged(asked, pictures, nearest(pictures, asked.vector), rivals, is_true=False)


def judged(asked: Asked, pictures: Embedding, best: list[int], rivals: Rivals, *, is_true: bool) -> Outcome:
    """The evidence for a question's best pictures."""
    scores = pictures @ asked.vector
    z = float((scores.max() - scores.mean()) / (scores.std() + 1e-3))
    return Outcome(rivals.evidence(asked.vector, pictures[best], len(pictures)), is_true, asked.kind, z)


def nearest(pictures: Embedding, vector: Embedding) -> list[int]:
    """The rows of the pictures that are looked at, best first."""
    return [int(place) for place in np.argsort(-(pictures @ vector))[:LOOKED_AT]]
