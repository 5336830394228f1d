"""What makes two files the same picture: recompressed, resized, bordered, cropped a little, shown in a screenshot.

A fingerprint is made of a picture once, when it is indexed, and two of them are compared without the pictures. Two
questions must both be answered with yes (docs/decisions, "the same picture", has the figures):

- Is the structure the same? Perceptual hashes of the whole, of what a frame holds, and of that cropped by 7 % at five
  places: any view of one against the whole or the framed picture of the other.
- Are the colours in the same places, but for a fraction of the picture? A hash sees no colour: a red car and a green
  one are the same to it. After a filter's even change has been taken out, few cells of a 12×12 thumbnail may differ.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from search.frames import framed

Hashes = NDArray[np.uint64]
"""uint64 `[…, VIEWS, WORDS]`: 256 bits a view."""
Thumbnail = NDArray[np.uint8]
"""uint8 `[CELLS, CELLS, 3]`, YCbCr."""

CANVAS = 320
"""Pixels of the longer side on which everything is computed."""
BASES = 2
"""The first views: the whole, and what its frame holds (the whole again, where there is no frame)."""
CROP = 0.93
CORNERS = ((0.5, 0.5), (0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0))
VIEWS = BASES + len(CORNERS)
WORDS = 4
HASHES_SIZE = VIEWS * WORDS * 8
HASHED = 64
"""Pixels of a side of what a hash is computed from."""
HASHED_GAP = 1.2
"""Averaged first to so many times that: a third of the time. Of 162 hashes 0.7 bits of 256 changed on average, 4 at
most, so that they go with those that were made without it."""
CELLS = 12
THUMBNAIL_SIZE = CELLS * CELLS * 3

NEAR = 72
"""Bits of 256 in which the hashes of the same picture may differ."""
NEAR_CROPPED = 52
"""The same where one of them is a crop: there are ten times as many chances to be near by accident."""
CHANGED = 0.09
"""The share of cells that may show something else: a caption, a sticker."""
TOLERANCE = np.array([22.0, 11.0, 11.0], np.float32)
"""How far a cell may lie outside of what the other picture has there and next to it, of 256."""
GREY = np.array([0.0, 128.0, 128.0], np.float32)
MOST_SHIFT = np.array([30.0, 8.0, 8.0], np.float32)
"""What a filter changes evenly; further off it is another picture."""
LEAST_CONTRAST = 6.0
"""Standard deviation of brightness, of 256. With less, a hash is made of noise: an empty page equals every other."""


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprint:
    """See the module."""

    hashes: Hashes
    """`[VIEWS, WORDS]`"""
    thumbnails: tuple[Thumbnail, Thumbnail]
    """Of the whole and of what its frame holds."""

    @classmethod
    def of(cls, image: Image.Image) -> Self | None:
        """Of an RGB picture, in 4 ms; None for one that is too even to be told from others."""
        whole = image.copy()
        whole.thumbnail((CANVAS, CANVAS), Image.Resampling.BILINEAR, reducing_gap=2.0)
        inner = framed(whole)
        grey = whole.convert("L")
        held = grey if inner is whole else inner.convert("L")
        bases = [grey] if inner is whole else [grey, held]
        if min(map(_contrast, bases)) < LEAST_CONTRAST:
            return None
        hashes = [_hash(base) for base in bases] * (BASES // len(bases))
        hashes += [_hash(_cropped(held, *corner)) for corner in CORNERS]
        thumbnail = _thumbnail(whole)
        return cls(np.stack(hashes), (thumbnail, thumbnail if inner is whole else _thumbnail(inner)))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """From what `to_bytes` gave."""
        hashes = np.frombuffer(data[:HASHES_SIZE], "<u8").reshape(VIEWS, WORDS).astype(np.uint64)
        pixels = np.frombuffer(data[HASHES_SIZE:], np.uint8).reshape(-1, CELLS, CELLS, 3)
        return cls(hashes, (pixels[0], pixels[-1]))

    def to_bytes(self) -> bytes:
        """656 bytes, 1,088 with a frame; the hashes come first."""
        whole, inner = self.thumbnails
        kept = [whole] if np.array_equal(whole, inner) else [whole, inner]
        return self.hashes.astype("<u8").tobytes() + b"".join(one.tobytes() for one in kept)

    def is_same(self, other: "Fingerprint") -> bool:
        """Whether both are of one picture."""
        near = _near(self.hashes[:, None, :], other.hashes[None, :, :])
        pairs = {(min(a, BASES - 1), min(b, BASES - 1)) for a, b in np.argwhere(near)}
        return any(_changed(self.thumbnails[a], other.thumbnails[b]) <= CHANGED for a, b in pairs)


def limits() -> NDArray[np.int64]:
    """`[VIEWS, VIEWS]`, bits in which views may differ; negative where nothing is near: two crops are never the same
    picture."""
    bits = np.full((VIEWS, VIEWS), -1)
    bits[:BASES] = bits[:, :BASES] = NEAR_CROPPED
    bits[:BASES, :BASES] = NEAR
    return bits


def _near(first: Hashes, second: Hashes) -> NDArray[np.bool_]:
    """`[VIEWS, VIEWS]`: which views are near enough."""
    near: NDArray[np.bool_] = _distance(first, second) <= limits()
    return near


def _distance(first: Hashes, second: Hashes) -> NDArray[np.uint16]:
    """Bits that differ, over the last axis."""
    counts = np.bitwise_count(first ^ second).astype(np.uint16)
    distance: NDArray[np.uint16] = counts[..., 0] + counts[..., 1] + counts[..., 2] + counts[..., 3]
    return distance


def _hash(grey: Image.Image) -> Hashes:
    import imagehash  # noqa: PLC0415 - with scipy a fifth of a second, which no start should take

    small = grey.resize((HASHED, HASHED), Image.Resampling.LANCZOS, reducing_gap=HASHED_GAP)
    bits = imagehash.phash(small, hash_size=16, highfreq_factor=4).hash
    return np.packbits(bits).view("<u8").astype(np.uint64)


def _contrast(grey: Image.Image) -> float:
    return float(np.asarray(grey, np.float32).std())


def _cropped(image: Image.Image, across: float, down: float) -> Image.Image:
    width, height = image.size
    left, top = across * (1 - CROP) * width, down * (1 - CROP) * height
    return image.crop((round(left), round(top), round(left + CROP * width), round(top + CROP * height)))


def _thumbnail(image: Image.Image) -> Thumbnail:
    return np.asarray(image.convert("YCbCr").resize((CELLS, CELLS), Image.Resampling.BOX), np.uint8)


def _changed(first: Thumbnail, second: Thumbnail) -> float:
    """The share of cells of either that the other does not have there or next to it: a crop moves them a little."""
    one = first.astype(np.float32)
    other = _adapted(second.astype(np.float32), one)
    return max(_unexplained(one, other), _unexplained(other, one))


def _unexplained(cells: NDArray[np.float32], by: NDArray[np.float32]) -> float:
    from scipy import ndimage  # noqa: PLC0415 - as in `_hash`

    low = ndimage.minimum_filter(by, (3, 3, 1), mode="nearest") - TOLERANCE
    high = ndimage.maximum_filter(by, (3, 3, 1), mode="nearest") + TOLERANCE
    return float(((cells < low) | (cells > high)).any(axis=2).mean())


def _adapted(cells: NDArray[np.float32], to: NDArray[np.float32]) -> NDArray[np.float32]:
    """With the even change taken out that a filter makes, within what filters do: brightness, contrast, saturation,
    warmth."""
    cells, level = cells - GREY, to - GREY
    mean = cells[..., 0].mean()
    contrast = np.clip((level[..., 0].std() + 4) / (cells[..., 0].std() + 4), 0.75, 1.33)
    saturation = np.clip((np.abs(level[..., 1:]).mean() + 3) / (np.abs(cells[..., 1:]).mean() + 3), 0.7, 1.4)
    cells[..., 0] = (cells[..., 0] - mean) * contrast + mean
    cells[..., 1:] *= saturation
    shift = np.median((level - cells).reshape(-1, 3), axis=0)
    adapted: NDArray[np.float32] = (cells + np.clip(shift, [-30, -8, -8], [30, 8, 8]) + [0, 128, 128]).astype(
        np.float32
    )
    return adapted
