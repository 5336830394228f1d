"""Exact search: the nearest rows of float32 vectors as they come from SQL. Rows are normalised, so a product is a
cosine. Only NumPy here; what stays in memory is searched in `storage.held`.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from storage.index_records import ChatMatrix, Neighbour


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
    eligible = np.ones(len(matrix.photo_ids), np.bool_)
    if exclude_images:
        eligible &= ~np.isin(matrix.image_ids, list(exclude_images))
    if among is not None:
        eligible &= np.isin(matrix.photo_ids, among)
    if not eligible.any():
        return []
    rows = np.flatnonzero(eligible)
    return ranked(matrix.photo_ids[rows], matrix.image_ids[rows], (matrix.vectors @ vector)[rows], k)


def ranked(
    photo_ids: NDArray[np.int64],
    image_ids: NDArray[np.int64],
    scores: NDArray[np.float32],
    k: int | None,
    moments: NDArray[np.int64] | None = None,
) -> list[Neighbour]:
    """The `k` best (None: all) by score, equals by photo id; with their moments, where those are known."""
    rows = _best_rows(scores, photo_ids, len(scores) if k is None else k)
    columns = (photo_ids[rows].tolist(), image_ids[rows].tolist(), scores[rows].tolist())
    return list(map(Neighbour, *columns, repeat(None) if moments is None else moments[rows].tolist()))


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
