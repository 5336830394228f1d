"""How much evidence a model's answers need: figures of one model, fitted to questions whose answers are known."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from search.evidence import Evidence

TRUE_ANSWERS_LOST = 0.045
"""The share of true answers that may be refused when calibrating; less than the 5 % aimed at, for what is asked later
is never quite what was calibrated with."""
FALSE_ANSWERS_ASSURED = 0.08
"""The share of false answers that may be given without "not sure"; likewise, for an aim of 10 %."""
RIDGE = 1e-3
STEPS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What to make of evidence about one model's answers."""

    model: str
    """The id of the model, see `Embedder`."""
    score: float
    margin: float
    log_photos: float
    """Weights of `Evidence.features`, of a logistic regression."""
    nothing: float
    """Weighed evidence below this: nothing in the chat looks like what was asked for."""
    sure: float
    """Weighed evidence of this or more: no doubt is mentioned."""
    alike: float
    alike_log_photos: float
    """The best of n photos is like the one asked about where its cosine is at least alike + alike_log_photos · ln n."""
    origin: str
    """What it was fitted to, for the operator."""

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises ValueError, TypeError where the text is none of ours."""
        return cls(**json.loads(text))

    def to_json(self) -> str:
        """One line a figure."""
        return json.dumps(asdict(self), indent=1) + "\n"

    def weigh(self, evidence: Evidence) -> float:
        """Higher is better."""
        return float(np.dot(evidence.features(), (self.score, self.margin, self.log_photos)))

    def alike_bound(self, photos: int) -> float:
        """The cosine from which on the best of `photos` photos is like the one asked about."""
        return self.alike + self.alike_log_photos * math.log(photos)


def fit(
    model: str,
    true: Sequence[Evidence],
    false: Sequence[Evidence],
    strangers: Sequence[tuple[int, float]],
    origin: str,
) -> Calibration:
    """The calibration that tells evidence of true answers from that of false ones best, both counting the same.

    Args:
        strangers: how many photos there were, and the best one's cosine to a photo that none of them is like.
    """
    features = np.array([one.features() for one in (*true, *false)])
    is_true = np.arange(len(features)) < len(true)
    weights = _logistic(features, is_true)
    weighed = features @ weights
    alike, slope = _upper_line(strangers)
    return Calibration(
        model=model,
        score=float(weights[0]),
        margin=float(weights[1]),
        log_photos=float(weights[2]),
        nothing=float(np.quantile(weighed[is_true], TRUE_ANSWERS_LOST)),
        sure=float(np.quantile(weighed[~is_true], 1 - FALSE_ANSWERS_ASSURED)),
        alike=alike,
        alike_log_photos=slope,
        origin=origin,
    )


def _logistic(features: NDArray[np.float64], is_true: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weights of the features as they are, by Newton's method; the intercept has no meaning here and is left out."""
    mean, deviation = features.mean(axis=0), features.std(axis=0) + 1e-9
    scaled = np.column_stack([(features - mean) / deviation, np.ones(len(features))])
    share = np.where(is_true, 0.5 / is_true.mean(), 0.5 / (~is_true).mean())
    ridge = RIDGE * len(features)
    weights = np.zeros(scaled.shape[1])
    for _ in range(STEPS):
        predicted = 1 / (1 + np.exp(-scaled @ weights))
        gradient = scaled.T @ (share * (predicted - is_true)) + ridge * weights
        curvature = (scaled * (share * predicted * (1 - predicted))[:, None]).T @ scaled
        weights -= np.linalg.solve(curvature + ridge * np.eye(len(weights)), gradient)
    return np.asarray(weights[:-1] / deviation)


def _upper_line(strangers: Sequence[tuple[int, float]]) -> tuple[float, float]:
    """The line over ln n under which all but the allowed share of strangers stay, n by n."""
    sizes = sorted({photos for photos, _ in strangers})
    bounds = [
        np.quantile([cosine for photos, cosine in strangers if photos == size], 1 - FALSE_ANSWERS_ASSURED)
        for size in sizes
    ]
    slope, alike = np.polyfit(np.log(sizes), bounds, 1)
    return float(alike), float(slope)
