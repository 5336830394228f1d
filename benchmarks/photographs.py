"""Made-up photographs in Telegram's sizes, for want of real ones that may be given away.

Each is a "dead leaves" picture, whose edges and spectrum are those of photographs: things of all sizes that hide one
another (fewer the larger, by the square), every one lit from a side and with a texture whose amplitudes fall with the
frequency; then a lens's blur and a sensor's noise.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from search.records import PhotoPost, PhotoSize, Sender

SIDES = (90, 320, 800, 1280)
"""Pixels of the longer side in which a bot is offered a photo."""
SHAPES = ((4, 3), (3, 4), (16, 9), (1, 1))
QUALITY = 87
LEAVES = 200


@dataclass(frozen=True, slots=True)
class Photograph:
    """One photo in Telegram's sizes, smallest first."""

    number: int
    files: tuple[bytes, ...]
    shapes: tuple[tuple[int, int], ...]

    @property
    def largest(self) -> bytes:
        """What a program takes that does not choose."""
        return self.files[-1]

    def file_id(self, place: int) -> str:
        """Of the size at a place."""
        return f"{self.number}-{place}"

    def file(self, file_id: str) -> bytes:
        """The bytes of one of its sizes."""
        return self.files[int(file_id.rpartition("-")[2])]

    def post(self) -> PhotoPost:
        """As the bot is told of it."""
        sizes = tuple(
            PhotoSize(self.file_id(place), f"u{self.file_id(place)}", *shape, len(data))
            for place, (data, shape) in enumerate(zip(self.files, self.shapes, strict=True))
        )
        return PhotoPost(
            chat_id=-1001,
            message_id=self.number + 1,
            sender=Sender(1, "Ann"),
            date=datetime(2026, 1, 1, tzinfo=UTC),
            file_id=sizes[-1].file_id,
            file_unique_id=sizes[-1].file_unique_id,
            sizes=sizes,
        )


def photographs(number: int) -> Iterator[Photograph]:
    """The same every time; every shape in turn."""
    for place in range(number):
        across, down = SHAPES[place % len(SHAPES)]
        image = _dead_leaves(across / max(across, down), down / max(across, down), np.random.default_rng(place))
        yield in_sizes(place, image)


def in_sizes(number: int, image: Image.Image) -> Photograph:
    """A picture as Telegram would offer it."""
    files, shapes = [], []
    for side in SIDES:
        shape = (side * image.width // max(image.size), side * image.height // max(image.size))
        files.append(_jpeg(image.resize(shape, Image.Resampling.LANCZOS)))
        shapes.append(shape)
    return Photograph(number, tuple(files), tuple(shapes))


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def _dead_leaves(across: float, down: float, chance: np.random.Generator) -> Image.Image:
    width, height = int(SIDES[-1] * across), int(SIDES[-1] * down)
    grain = _texture(SIDES[-1], SIDES[-1], chance)
    image = _surface(width, height, grain, chance)
    for radius in sorted(_radii(chance) * SIDES[-1], reverse=True):
        side = int(2 * radius)
        mask = _outline(side, chance)
        leaf = _surface(side, side, grain, chance)
        image.paste(leaf, (int(chance.uniform(-radius, width)), int(chance.uniform(-radius, height))), mask)
    blurred = np.asarray(image.filter(ImageFilter.GaussianBlur(0.7)), np.float32)
    noise = 2 * chance.standard_normal(blurred.shape, np.float32)
    return Image.fromarray(np.clip(blurred + noise, 0, 255).astype(np.uint8))


def _radii(chance: np.random.Generator) -> NDArray[np.float64]:
    """Shares of the longer side, from 2 to 40 percent; their density falls with the square."""
    return np.asarray(1 / chance.uniform(1 / 0.4, 1 / 0.02, LEAVES))


def _outline(side: int, chance: np.random.Generator) -> Image.Image:
    """A disc, or something with corners."""
    mask = Image.new("L", (side, side))
    draw = ImageDraw.Draw(mask)
    if chance.random() < 0.5:
        draw.ellipse((0, 0.1 * side, side - 1, 0.9 * side), fill=255)
        return mask
    angles = np.sort(chance.uniform(0, 2 * np.pi, int(chance.integers(3, 7))))
    draw.polygon([(side / 2 * (1 + np.cos(angle)), side / 2 * (1 + np.sin(angle))) for angle in angles], fill=255)
    return mask


def _surface(width: int, height: int, grain: NDArray[np.float32], chance: np.random.Generator) -> Image.Image:
    """A colour, lit from a side, with a piece of the texture."""
    colour, light = chance.uniform(20, 235, 3), chance.uniform(-45, 45, 2)
    across = np.linspace(-1, 1, width, dtype=np.float32)
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    left, top = chance.integers(0, grain.shape[1] - width + 1), chance.integers(0, grain.shape[0] - height + 1)
    grey = light[0] * across + light[1] * down
    grey += np.float32(chance.uniform(1, 14)) * grain[top : top + height, left : left + width]
    pixels = colour.astype(np.float32) + grey[:, :, None] * chance.uniform(0.7, 1.0, 3).astype(np.float32)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _texture(width: int, height: int, chance: np.random.Generator) -> NDArray[np.float32]:
    """Grain whose amplitudes fall with the frequency; of variance one."""
    frequencies = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    frequencies[0, 0] = 1
    white = np.fft.rfft2(chance.normal(size=(height, width)).astype(np.float32))
    noise = np.fft.irfft2(white / frequencies, (height, width))
    return np.asarray((noise - noise.mean()) / max(float(noise.std()), 1e-6), np.float32)
