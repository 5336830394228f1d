"""Exact search, against the plainest way of doing it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from storage.matrix import GrowingMatrix, nearest
from storage.records import ChatMatrix, IndexEntry
from tests.storage.builders import unit


def _matrix(seeds: list[int]) -> ChatMatrix:
    """Row i is photo i + 1 of image seeds[i]."""
    return ChatMatrix(
        np.arange(1, len(seeds) + 1),
        np.array(seeds, np.int64),
        np.array([unit(seed) for seed in seeds], np.float32).reshape(len(seeds), 16),
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


class GrowingMatrixMachine(RuleBasedStateMachine):
    """A growing matrix against a dict, while views handed out earlier stay what they were."""

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[int, int] = {1: 1, 2: 2}
        self.matrix = GrowingMatrix(_matrix([1, 2]))
        self.views: list[tuple[ChatMatrix, bytes]] = []

    @rule(photo=st.integers(1, 40), image=st.integers(1, 9))
    def put(self, photo: int, image: int) -> None:
        self.matrix.put(IndexEntry(photo, image, -1, unit(image)))
        self.model[photo] = image

    @rule(photos=st.sets(st.integers(1, 40), max_size=4))
    def remove(self, photos: set[int]) -> None:
        self.matrix.remove(photos)
        for photo in photos:
            self.model.pop(photo, None)

    @rule()
    def take_a_view(self) -> None:
        view = self.matrix.view()
        self.views.append((view, view.vectors.tobytes()))

    @invariant()
    def holds_what_was_put(self) -> None:
        found = nearest(self.matrix.view(), unit(99), None)
        assert {hit.photo_id: hit.image_id for hit in found} == self.model
        assert len(found) == len(self.matrix) == len(self.model)

    @invariant()
    def views_keep_their_vectors(self) -> None:
        assert all(view.vectors.tobytes() == before for view, before in self.views)


GrowingMatrixMachine.TestCase.settings = settings(max_examples=30, stateful_step_count=40, deadline=None)
TestGrowingMatrix = GrowingMatrixMachine.TestCase


def test_an_empty_chat_cannot_be_asked() -> None:
    """No rows, no neighbours; the first photo can be put into it."""
    matrix = GrowingMatrix(ChatMatrix(np.empty(0, np.int64), np.empty(0, np.int64), np.empty((0, 0), np.float32)))
    assert nearest(matrix.view(), unit(1), 5) == []
    matrix.put(IndexEntry(3, 4, -1, unit(1)))
    assert [hit.photo_id for hit in nearest(matrix.view(), unit(1), 5)] == [3]


def test_every_new_photo_copies_the_matrix() -> None:
    """Room is made for a share of the rows at a time, so a thousand photos cost few copies."""
    matrix = GrowingMatrix(_matrix([1]))
    sizes = set()
    for photo in range(2, 1_000):
        matrix.put(IndexEntry(photo, 1, -1, unit(1)))
        sizes.add(matrix.nbytes)
    assert len(sizes) < 25
    assert matrix.nbytes < 2 * 1_000 * (16 * 4 + 16)
