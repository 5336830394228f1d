"""Exact search, against the plainest way of doing it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.index_records import ChatMatrix
from storage.matrix import nearest
from tests.storage.builders import unit


def _matrix(seeds: list[int]) -> ChatMatrix:
    """Row i is photo i + 1 of image seeds[i]."""
    return ChatMatrix(
        np.arange(1, len(seeds) + 1),
        np.array(seeds, np.int64),
        np.array([unit(seed) for seed in seeds], np.float32).reshape(len(seeds), 16),
        np.zeros(len(seeds), np.int64),
        np.zeros(len(seeds), np.int64),
    )


@given(
    seeds=st.lists(st.integers(0, 5), max_size=30),
    k=st.none() | st.integers(0, 40),
    excluded=st.sets(st.integers(0, 5)),
)
@settings(max_examples=200, deadline=None)
def test_the_best_are_not_the_best(seeds: list[int], k: int | None, excluded: set[int]) -> None:
    """For any rows, also equal ones, the scores are those of sorting everything, each with its photo."""
    found = nearest(_matrix(seeds), unit(99), k, excluded)
    scores = {row: float(unit(seed) @ unit(99)) for row, seed in enumerate(seeds, 1) if seed not in excluded}
    best = sorted(scores.values(), reverse=True)[:k]
    assert [hit.score for hit in found] == pytest.approx(best, abs=1e-6)
    assert [hit.score for hit in found] == pytest.approx([scores[hit.photo_id] for hit in found], abs=1e-6)
    assert [hit.image_id for hit in found] == [seeds[hit.photo_id - 1] for hit in found]
    assert len({hit.photo_id for hit in found}) == len(found)
