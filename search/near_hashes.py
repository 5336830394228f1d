"""Which of many pictures have the structure of a few others: hashes, compared as bits. Only NumPy here.

What is near here may be the same picture, and nothing else can: `Fingerprint.is_same` decides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from search.fingerprint import BASES, VIEWS, WORDS, Hashes, limits

AT_ONCE = 65_536
"""Pairs compared at a time: what fits a processor's cache."""
TELLING = 3
"""Words after which nearly every pair that differs is known to: 72 bits of 128 would let nine in ten pass, of 192 one
in 3,000."""

Pairs = tuple[NDArray[np.intp], NDArray[np.intp]]


@dataclass(frozen=True, slots=True, eq=False)
class HeldHashes:
    """The hashes of a chat's images, 224 bytes each."""

    ids: NDArray[np.int64]
    columns: NDArray[np.uint64]
    """`[VIEWS, WORDS, n]`: in the order in which they are compared."""
    framed: NDArray[np.intp]
    """The rows whose second view is not the first once more."""

    @classmethod
    def empty(cls) -> Self:
        """Of no images."""
        return cls(np.empty(0, np.int64), np.empty((VIEWS, WORDS, 0), np.uint64), np.empty(0, np.intp))

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def nbytes(self) -> int:
        return self.columns.nbytes + self.ids.nbytes + self.framed.nbytes

    def with_more(self, image_ids: Sequence[int], hashes: bytes) -> HeldHashes:
        """The same and images that are not here yet, with what `Fingerprint.to_bytes` begins with of each."""
        rows = np.frombuffer(hashes, "<u8").reshape(-1, VIEWS, WORDS).astype(np.uint64)
        columns = np.concatenate([self.columns, rows.transpose(1, 2, 0)], axis=2)
        return HeldHashes(np.concatenate([self.ids, np.array(image_ids, np.int64)]), columns, _framed(columns))

    def lacking(self, image_ids: Collection[int]) -> set[int]:
        """Those of these images that are not here."""
        wanted = set(image_ids)
        return wanted.difference(self.ids[self._rows(wanted)].tolist())

    def of(self, image_ids: Collection[int]) -> dict[int, Hashes]:
        """`[VIEWS, WORDS]` of those of these images that are here."""
        rows = self._rows(image_ids)
        return dict(zip(self.ids[rows].tolist(), self.columns[:, :, rows].transpose(2, 0, 1), strict=True))

    def near(self, asked: Hashes) -> list[list[int]]:
        """The images that are near to each of `[k, VIEWS, WORDS]`; five of them in a chat of 134,000 take 20 ms."""
        found = [set[int]() for _ in asked]
        for numbers, rows in _near(asked, self.columns, self.framed):
            for number, image_id in zip(numbers.tolist(), self.ids[rows].tolist(), strict=True):
                found[number].add(image_id)
        return [sorted(one) for one in found]

    def _rows(self, image_ids: Collection[int]) -> NDArray[np.intp]:
        return np.flatnonzero(np.isin(self.ids, np.fromiter(image_ids, np.int64)))


def near_pairs(hashes: Hashes) -> list[tuple[int, int]]:
    """Rows `i < j` of `[n, VIEWS, WORDS]` that are near: 5 ms for 300."""
    columns = np.ascontiguousarray(hashes.transpose(1, 2, 0))
    near = np.zeros((len(hashes), len(hashes)), np.bool_)
    for first, second in _near(
        hashes, columns, _framed(columns), views=BASES
    ):  # what is left is the same, turned round
        near[first, second] = True
    return [(int(i), int(j)) for i, j in np.argwhere(near | near.T) if i < j]


def _near(asked: Hashes, columns: NDArray[np.uint64], framed: NDArray[np.intp], views: int = VIEWS) -> Iterator[Pairs]:
    """Rows of `[k, VIEWS, WORDS]` by one of their first `views`, and of `[VIEWS, WORDS, n]`, that are near. Without
    a frame the second view is the first once more."""
    has_frame = np.flatnonzero((asked[:, 1:BASES] != asked[:, :1]).any(axis=(1, 2)))
    every, everyone = np.arange(len(asked)), np.arange(columns.shape[2])
    for view, other in np.argwhere(limits()[:views] >= 0).tolist():
        numbers = has_frame if 0 < view < BASES else every
        rows = framed if 0 < other < BASES else everyone
        words = columns[other] if rows is everyone else columns[other][:, framed]
        for first, second in _within(asked[numbers, view], words, int(limits()[view, other])):
            yield numbers[first], rows[second]


def _within(asked: NDArray[np.uint64], words: NDArray[np.uint64], limit: int) -> Iterator[Pairs]:
    """Rows of `[k, WORDS]` and of `[WORDS, n]` that differ in at most so many bits."""
    if not len(asked):
        return
    size = max(1, AT_ONCE // len(asked))
    for start in range(0, words.shape[1], size):
        block = words[:, start : start + size]
        bits = np.bitwise_count(asked[:, :1] ^ block[0])
        for word in range(1, TELLING):
            bits += np.bitwise_count(asked[:, word : word + 1] ^ block[word])
        near = bits <= limit
        if near.any():
            first, second = np.nonzero(near)
            rest = np.bitwise_count(asked[first, TELLING:] ^ block[TELLING:, second].T).sum(axis=1, dtype=np.int64)
            left = bits[first, second] + rest <= limit
            yield first[left], second[left] + start


def _framed(columns: NDArray[np.uint64]) -> NDArray[np.intp]:
    return np.flatnonzero((columns[1] != columns[0]).any(axis=0))
