"""A chat in memory: what is found among eight bits of each number is what a look at all of them finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from numpy.typing import NDArray

from storage.held import BESIDE, GrowingChat, Held
from storage.index_records import ChatMatrix, IndexEntry
from tests.storage.builders import unit

DIMENSIONS = 64
NEAR = 2e-5
"""Sixteen bits of 64 numbers; of 768 it is a tenth."""


def _rows(vectors: NDArray[np.float32]) -> Held:
    """Row i is photo i + 1, all of one picture."""
    count = len(vectors)
    zeros = np.zeros(count, np.int64)
    held = Held.empty(count, vectors.shape[1])
    held.write(0, ChatMatrix(np.arange(1, count + 1), zeros, vectors, zeros, zeros))
    return held


def _alike(seed: int, count: int, spread: float) -> NDArray[np.float32]:
    """[n, d] of length one around one direction."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=DIMENSIONS) + spread * rng.normal(size=(count, DIMENSIONS))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


@given(seed=st.integers(0, 10_000), count=st.integers(1, 900), k=st.integers(1, 40), spread=st.sampled_from([1, 0.01]))
@settings(max_examples=100, deadline=None)
def test_eight_bits_hide_one_of_the_best(seed: int, count: int, k: int, spread: float) -> None:
    """Scores are those of the best, also where rows differ by less than eight bits can tell, whatever is eligible."""
    vectors = _alike(seed, count, spread)
    question = _alike(seed + 1, 1, 1)[0]
    eligible = np.random.default_rng(seed).random(count) < np.random.default_rng(seed).random()
    for left in (None, eligible):
        found = _rows(vectors).nearest(question, k, (), left)
        counts = np.arange(count) if left is None else np.flatnonzero(left)
        best = np.sort(vectors[counts] @ question)[::-1][:k]
        assert [hit.score for hit in found] == pytest.approx(best.tolist(), abs=NEAR)
        assert {hit.photo_id - 1 for hit in found} <= set(counts.tolist())


def test_a_coarse_score_is_further_off_than_it_says() -> None:
    """`slack` bounds it: nothing beyond it is left out."""
    vectors, question = _alike(1, 2_000, 1), _alike(2, 1, 1)[0]
    planes = _rows(vectors).vectors
    exact = planes.exact(question, slice(None))
    assert np.abs(planes.coarse(question, slice(None)) - exact).max() > 1e-4
    assert (np.abs(planes.coarse(question, slice(None)) - exact) <= planes.slack).all()
    assert np.abs(exact - vectors @ question).max() < NEAR


def test_a_vector_of_zeros_is_divided_by_its_length() -> None:
    """A sick one has no direction, and no score but 0."""
    vectors = _alike(3, 3, 1)
    vectors[1] = 0
    found = _rows(vectors).nearest(vectors[0], 3)
    assert found[0].photo_id == 1
    assert {hit.photo_id: hit.score for hit in found}[2] == 0


def _growing(seeds: list[int]) -> GrowingChat:
    """Photo i + 1 is of image seeds[i]."""
    held = Held.empty(len(seeds), 16)
    held.write(0, ChatMatrix.of([IndexEntry(row, seed, -1, unit(seed)) for row, seed in enumerate(seeds, 1)]))
    return GrowingChat(held)


def _bytes(view: Held) -> bytes:
    planes = view.vectors
    return b"".join(one.tobytes() for one in (planes.high, planes.low, planes.scales, planes.slack))


class GrowingChatMachine(RuleBasedStateMachine):
    """A growing chat against a dict, while views handed out earlier stay what they were."""

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[int, int] = {1: 1, 2: 2}
        self.matrix = _growing([1, 2])
        self.views: list[tuple[Held, bytes]] = []

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
        self.views.append((view, _bytes(view)))

    @invariant()
    def holds_what_was_put(self) -> None:
        found = self.matrix.view().nearest(unit(99), None)
        assert {hit.photo_id: hit.image_id for hit in found} == self.model
        assert len(found) == len(self.matrix) == len(self.model)

    @invariant()
    def views_keep_their_vectors(self) -> None:
        assert all(_bytes(view) == before for view, before in self.views)


GrowingChatMachine.TestCase.settings = settings(max_examples=30, stateful_step_count=40, deadline=None)
TestGrowingChat = GrowingChatMachine.TestCase


def test_an_empty_chat_cannot_be_asked() -> None:
    """No rows, no neighbours; the first photo can be put into it."""
    matrix = GrowingChat(Held.empty(0, 0))
    assert matrix.view().nearest(unit(1), 5) == []
    matrix.put(IndexEntry(3, 4, -1, unit(1)))
    assert [hit.photo_id for hit in matrix.view().nearest(unit(1), 5)] == [3]


def test_every_new_photo_copies_the_matrix() -> None:
    """Room is made for a share of the rows at a time, so a thousand photos cost few copies."""
    matrix = _growing([1])
    sizes = set()
    for photo in range(2, 1_000):
        matrix.put(IndexEntry(photo, 1, -1, unit(1)))
        sizes.add(matrix.nbytes)
    assert len(sizes) < 25
    assert matrix.nbytes < 2 * 1_000 * (16 * 2 + BESIDE)
