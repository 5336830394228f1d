"""The picture inside a picture: without an even border, and without the bars and words of the app it was shown in."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Box = tuple[int, int, int, int]
"""Left, top, right, bottom, as Pillow has it."""
Colours = NDArray[np.int16]
"""int16 `[height, width, 3]` or `[n, 3]`."""

APART = 16
"""A pixel that differs by more in any channel is not the ground: JPEG of quality 87 moves an even ground by up to 8."""
LEAST_SHARE = 0.08
"""Of the whole, that the ground must cover, and the picture inside."""
LEAST_SHARE_OF_EDGE = 0.3
LEAST_SIDE = 32
FRINGE = 4
DEPTH = 3
"""A screenshot has bars around a page around a picture."""


def framed(image: Image.Image) -> Image.Image:
    """The picture that stands in an even frame, or in a screenshot; the image itself where there is none.

    Looks for the largest thing that stands out from an even ground and has four straight sides: a thing *in* a
    picture, an emoji before a wall, touches its bounding box with its tips only.
    """
    for _ in range(DEPTH):
        box = _frame(np.asarray(image, np.int16))
        if box is None:
            break
        left, top, right, bottom = box
        image = image.crop((left + 1, top + 1, right - 1, bottom - 1))  # the outermost pixels are mixed with the ground
    return image


def _frame(pixels: Colours) -> Box | None:
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    grounds = [*_common(edge, LEAST_SHARE_OF_EDGE), *_common(pixels.reshape(-1, 3), LEAST_SHARE)]
    boxes = [box for ground in grounds if (box := _standing_out(pixels, ground)) is not None]
    return max(boxes, key=lambda box: (box[2] - box[0]) * (box[3] - box[1]), default=None)


def _common(colours: Colours, share: float) -> list[Colours]:
    """The two most frequent colours, where they are frequent."""
    coarse = (colours >> 3).astype(np.int32)
    keys = coarse[:, 0] * 1024 + coarse[:, 1] * 32 + coarse[:, 2]
    counts = np.bincount(keys)  # not `np.unique`, which sorts every pixel: 2 of 10 ms a picture
    found = np.flatnonzero(counts)
    best = [key for key in found[np.argsort(-counts[found])[:2]] if counts[key] >= share * len(colours)]
    return [np.median(colours[keys == key], axis=0).astype(np.int16) for key in best]


def _standing_out(pixels: Colours, ground: Colours) -> Box | None:
    from scipy import ndimage  # noqa: PLC0415 - takes a fifth of a second

    height, width = pixels.shape[:2]
    labels, count = ndimage.label(np.abs(pixels - ground).max(axis=2) > APART, np.ones((3, 3)))
    if not count:
        return None
    largest = int(np.bincount(labels.ravel())[1:].argmax()) + 1
    rows, columns = ndimage.find_objects(labels)[largest - 1]
    thing = labels[rows, columns] == largest
    left, right = _trimmed(thing.mean(axis=0))
    top, bottom = _trimmed(thing.mean(axis=1))
    thing = thing[top:bottom, left:right]
    is_whole = thing.shape[0] >= height - 2 and thing.shape[1] >= width - 2
    if is_whole or thing.size < LEAST_SHARE * height * width or min(thing.shape) < LEAST_SIDE:
        return None
    box = (columns.start + left, rows.start + top, columns.start + right, rows.start + bottom)
    return box if _has_straight_sides(thing, box, width, height) else None


def _trimmed(cover: NDArray[np.float64]) -> tuple[int, int]:
    """Where the thing begins and ends, without the few pixels that compression has blown over its sides."""
    return _thin(cover), len(cover) - _thin(cover[::-1])


def _thin(cover: NDArray[np.float64]) -> int:
    """How many of the first lines are half empty, as far as that is a fringe and no shape."""
    full = np.flatnonzero(cover[: FRINGE + 1] >= 0.5)
    return int(full[0]) if len(full) else 0


def _has_straight_sides(thing: NDArray[np.bool_], box: Box, width: int, height: int) -> bool:
    """How much of each side of its box the thing fills; a side at the edge of the image counts as straight."""
    left, top, right, bottom = box
    sides = [
        1.0 if top <= 2 else thing[:2].any(axis=0).mean(),
        1.0 if bottom >= height - 2 else thing[-2:].any(axis=0).mean(),
        1.0 if left <= 2 else thing[:, :2].any(axis=1).mean(),
        1.0 if right >= width - 2 else thing[:, -2:].any(axis=1).mean(),
    ]
    return bool(min(sides) >= 0.5 and np.mean(sides) >= 0.8 and thing.mean() >= 0.4)
