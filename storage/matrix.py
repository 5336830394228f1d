"""Exact search: the nearest rows of a matrix, and a chat's matrix that grows and shrinks as its photos do.

Only NumPy here. Rows are normalised, so a product is a cosine. Float32: widening float16 at every question
was six times slower.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from storage.records import ChatMatrix, IndexEntry, Neighbour

REMOVED = -1
"""Photo id of a row that must no longer be found; SQL never gives this id."""

FEW = 4
"""Where less than this part of the rows counts, they are copied out first: 50,000 rows of 768 cost 60 ms, 100 of them
one."""

GROWTH = 1.25
"""Room made when there is none left: every row is copied a few times in all, not at every photo."""


def nearest(
    matrix: ChatMatrix,
    vector: NDArray[np.float32],
    k: int | None,
    exclude_images: Collection[int] = (),
    among: NDArray[np.int64] | None = None,
) -> list[Neighbour]:
    """The `k` rows (None: all) with the highest cosine to a [d] vector, best first, equals by photo id.

    `among` are the ids of the only photos that count; None: all do.

    Equal to the bit, that is: BLAS may give two equal rows scores that differ in the last digit.
    """
    photo_ids = matrix.photo_ids.copy()  # a photo may be removed while another thread is in here
    eligible = photo_ids != REMOVED
    if exclude_images:
        eligible &= ~np.isin(matrix.image_ids, list(exclude_images))
    if among is not None:
        eligible &= np.isin(photo_ids, among)
    if not eligible.any():
        return []
    image_ids, vectors = matrix.image_ids, matrix.vectors
    if eligible.sum() < len(eligible) // FEW:
        photo_ids, image_ids, vectors = photo_ids[eligible], image_ids[eligible], vectors[eligible]
        eligible = np.ones(len(photo_ids), np.bool_)
    scores = np.where(eligible, vectors @ vector, -np.inf)
    rows = _best_rows(scores, photo_ids, min(int(eligible.sum()), len(scores) if k is None else k))
    return [
        Neighbour(photo_id, image_id, score)
        for photo_id, image_id, score in zip(
            photo_ids[rows].tolist(),
            image_ids[rows].tolist(),
            scores[rows].tolist(),
            strict=True,
        )
    ]


def _best_rows(scores: NDArray[np.float32], photo_ids: NDArray[np.int64], k: int) -> NDArray[np.intp]:
    if k <= 0:
        return np.empty(0, np.intp)
    if k < len(scores):
        # Everything that ties with the k-th takes part, so that ties are settled by id and not by chance.
        limit = np.partition(scores, len(scores) - k)[len(scores) - k]
        candidates = np.flatnonzero(scores >= limit)
    else:
        candidates = np.arange(len(scores))
    order = np.lexsort((photo_ids[candidates], -scores[candidates]))
    return candidates[order[:k]]


class GrowingMatrix:
    """The vectors of one chat in memory. Changed on the event loop's thread only.

    A view that was handed out stays true to itself while another thread reads it: rows are added beyond its
    end and never overwritten; a removal only marks the row's photo id.
    """

    def __init__(self, loaded: ChatMatrix) -> None:
        self._photo_ids = loaded.photo_ids
        self._image_ids = loaded.image_ids
        self._vectors = loaded.vectors
        self._rows = len(loaded.photo_ids)
        self._removed = 0

    def __len__(self) -> int:
        return self._rows - self._removed

    @property
    def nbytes(self) -> int:
        """Bytes held, room for more included."""
        return self._vectors.nbytes + self._photo_ids.nbytes + self._image_ids.nbytes

    def view(self) -> ChatMatrix:
        """What it holds now, without a copy; a removed row has the photo id REMOVED."""
        rows = slice(0, self._rows)
        return ChatMatrix(self._photo_ids[rows], self._image_ids[rows], self._vectors[rows])

    def put(self, entry: IndexEntry) -> None:
        """Add a photo, in place of an earlier row of the same photo."""
        self.remove([entry.photo_id])
        if self._rows == len(self._photo_ids):
            self._rebuild(len(entry.vector))
        self._photo_ids[self._rows] = entry.photo_id
        self._image_ids[self._rows] = entry.image_id
        self._vectors[self._rows] = entry.vector
        self._rows += 1

    def remove(self, photo_ids: Collection[int]) -> None:
        """Let photos no longer be found; ids it does not hold are passed over."""
        held = self._photo_ids[: self._rows]
        gone = np.isin(held, list(photo_ids)) if len(photo_ids) > 1 else held == next(iter(photo_ids), REMOVED)
        gone &= held != REMOVED
        self._removed += int(gone.sum())
        held[gone] = REMOVED

    def _rebuild(self, dimensions: int) -> None:
        """Move what is left to new arrays with room; views go on reading the old ones."""
        left = np.flatnonzero(self._photo_ids[: self._rows] != REMOVED)
        room = int(len(left) * GROWTH) + 16
        photo_ids = np.full(room, REMOVED, np.int64)
        image_ids = np.zeros(room, np.int64)
        vectors = np.zeros((room, dimensions), np.float32)
        photo_ids[: len(left)] = self._photo_ids[left]
        image_ids[: len(left)] = self._image_ids[left]
        if len(left):
            np.take(self._vectors, left, axis=0, out=vectors[: len(left)])
        self._photo_ids, self._image_ids, self._vectors = photo_ids, image_ids, vectors
        self._rows, self._removed = len(left), 0
