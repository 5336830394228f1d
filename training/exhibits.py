"""Pictures to measure with: every concept once in a style, composed as training never does."""

from __future__ import annotations

import io
import random
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from training.archive_paint import paint_backdrop
from training.art import Style, load_style
from training.palette import BACKDROPS, COLOURS

SIDE = 160
"""Pixels along an exhibit's longer side."""

Spoil = Callable[[Image.Image, random.Random], Image.Image]


def exhibit_all(style: str, seed: int = 0, plain: bool = False) -> tuple[list[Image.Image], list[int]]:
    """One exhibit of every concept a style draws: pictures, and the concepts' places.

    Args:
        plain: the thing on white, upright and at three quarters of the picture, instead of a composition.
    """
    drawn: Style = load_style(style)
    first = {int(concept): place for place, concept in reversed(list(enumerate(drawn.concepts)))}
    concepts = sorted(first)
    if plain:
        return [_on_white(drawn.drawings[first[c]]) for c in concepts], concepts
    return [exhibit(drawn.drawings[first[c]], random.Random(seed * 100_003 + c)) for c in concepts], concepts


def _on_white(drawing: NDArray[np.uint8]) -> Image.Image:
    thing = Image.fromarray(drawing, "RGBA").resize((SIDE * 3 // 4, SIDE * 3 // 4), Image.Resampling.BICUBIC)
    canvas = Image.new("RGB", (SIDE, SIDE), "white")
    canvas.paste(thing, (SIDE // 8, SIDE // 8), thing)
    return canvas


def exhibit(drawing: NDArray[np.uint8], rng: random.Random) -> Image.Image:
    """A thing of 45–85 % of the picture, slightly turned, on white, a shaded colour or in a place; JPEG."""
    size = (SIDE, rng.choice((SIDE, SIDE * 3 // 4, SIDE)))
    kind = rng.random()
    name = "white" if kind < 0.4 else rng.choice(list(COLOURS)) if kind < 0.75 else rng.choice(list(BACKDROPS))
    canvas = paint_backdrop(name, size, rng)
    side = int(min(size) * rng.uniform(0.5, 0.9))
    thing = Image.fromarray(drawing, "RGBA").resize((side, side), Image.Resampling.BICUBIC)
    thing = thing.rotate(rng.uniform(-12, 12), Image.Resampling.BICUBIC, expand=True)
    corner = tuple(int((whole - part) * rng.uniform(0.3, 0.7)) for whole, part in zip(size, thing.size, strict=True))
    canvas.paste(thing, (corner[0], corner[1]), thing)
    return _jpeg(canvas, 75)


def _jpeg(image: Image.Image, quality: int) -> Image.Image:
    stream = io.BytesIO()
    image.convert("RGB").save(stream, "JPEG", quality=quality)
    return Image.open(stream).convert("RGB")


def _noise(image: Image.Image, rng: random.Random) -> Image.Image:
    pixels = np.asarray(image).astype(np.float32)
    grain = np.random.default_rng(rng.randrange(2**32)).normal(0, 22, pixels.shape)
    return Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8))


def _screenshot(image: Image.Image, rng: random.Random) -> Image.Image:
    canvas = Image.new("RGB", (image.width, image.height * 4 // 3), rng.choice(("black", "white")))
    canvas.paste(image, (0, (canvas.height - image.height) // 2))
    return canvas


def _smaller(image: Image.Image, rng: random.Random) -> Image.Image:
    canvas = Image.new("RGB", (image.width * 3 // 2, image.height * 3 // 2), "white")
    canvas.paste(image, (rng.randint(0, image.width // 2), rng.randint(0, image.height // 2)))
    return canvas


SPOILS: dict[str, Spoil] = {
    "as they are": lambda image, rng: image,
    "blurred": lambda image, rng: image.filter(ImageFilter.GaussianBlur(2.2)),
    "noise": _noise,
    "JPEG at quality 12": lambda image, rng: _jpeg(image, 12),
    "turned by 30°": lambda image, rng: image.rotate(
        rng.choice((-30, 30)), Image.Resampling.BICUBIC, fillcolor="white"
    ),
    "black and white": lambda image, rng: image.convert("L").convert("RGB"),
    "screenshot": _screenshot,
    "a third smaller, anywhere": _smaller,
}
"What befalls a picture before it is posted."
