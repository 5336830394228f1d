"""What speaks for a chat's best photos being what was asked for. Only NumPy here.

A cosine alone says little: it differs from model to model and from question to question. Two things besides it do:
whether some unrelated word describes the photo better than the question does, and among how many photos the best was
chosen, because the best of many is near to anything.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.embedder import Embedding

LOOKED_AT = 5
"""So many of the best photos are held against the words: a page of an answer."""
SYNONYMS = 0.995
"""Of all pairs of different words, this share is less alike than synonyms are: with the demo model 0.30, where "cup"
and "mug" have more."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of one question in one chat."""

    score: float
    """Cosine of the best photo."""
    margin: float
    """By how much the question describes a photo better than the best unrelated word does; negative where worse."""
    photos: int
    """Among how many the best were chosen."""

    def features(self) -> tuple[float, float, float]:
        """What a calibration weighs."""
        return self.score, self.margin, math.log(self.photos)


class Rivals:
    """Everyday words, embedded, that compete with a question for its photos."""

    def __init__(self, vectors: Embedding) -> None:
        """`vectors`: float32 `[m, d]`, of length one."""
        self._vectors = vectors
        alike = vectors @ vectors.T
        self._synonym = float(np.quantile(alike[~np.eye(len(alike), dtype=np.bool_)], SYNONYMS))

    @property
    def vectors(self) -> Embedding:
        """float32 `[m, d]`."""
        return self._vectors

    def evidence(self, question: Embedding, best: Embedding, photos: int) -> Evidence:
        """For a question `[d]`, the vectors `[k, d]` of the best photos, best first, and how many there are in all.

        The photo that counts may be another than the best: the one that the question, and no other word, describes.
        """
        scores: NDArray[np.float32] = best @ question
        is_related = self._vectors @ question >= self._synonym
        rivalling = best @ self._vectors.T
        rivalling[:, is_related] = -np.inf  # a copy of the others would take longer than all the rest
        margins = scores - rivalling.max(axis=1)
        counts = int((scores + margins).argmax())
        return Evidence(float(scores.max()), float(margins[counts]), photos)
