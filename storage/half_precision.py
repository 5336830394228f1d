"""Vectors as SQL keeps them: float16 in half of float32's bytes, given out as float32.

Rounding moves a cosine by less than 0.001. What memory keeps of them is `storage.fixed_point`. Only NumPy here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from storage.fixed_point import BLOCK

STORED = np.dtype("<f2")


def encoded(vector: NDArray[np.float32]) -> bytes:
    """Of a normalised [d] vector."""
    if vector.ndim != 1 or not np.isfinite(vector).all():
        raise ValueError(f"a vector must be finite and one-dimensional, not {vector.shape}")
    return vector.astype(STORED).tobytes()


def decoded(blobs: Sequence[bytes]) -> NDArray[np.float32]:
    """[n, d], as in `widened`."""
    if not blobs:
        return np.empty((0, 0), np.float32)
    return widened(np.frombuffer(b"".join(blobs), STORED).reshape(len(blobs), -1))


def widened(stored: NDArray[np.float16]) -> NDArray[np.float32]:
    """[n, d], normalised again: rounding to float16 moves the length by up to 0.0005."""
    wide = np.empty(stored.shape, np.float32)
    for start in range(0, len(stored), BLOCK):
        _widen(stored[start : start + BLOCK], wide[start : start + BLOCK])
    norms = np.sqrt(np.einsum("ij,ij->i", wide, wide))[:, np.newaxis]
    wide /= np.maximum(norms, np.finfo(np.float32).tiny)
    return wide


def _widen(stored: NDArray[np.float16], wide: NDArray[np.float32]) -> None:
    """The numbers of `stored`, which are finite, to `wide`; NumPy's own conversion takes three times as long.

    A float16 has its sign, exponent and fraction in the order of a float32, whose exponent counts from 112 lower.
    """
    signed = stored.view("<i2").astype(np.int32)
    bits = (signed & 0x7FFF) << 13
    bits |= signed & np.int32(-(2**31))
    np.multiply(bits.view(np.float32), np.float32(2.0**112), out=wide)
