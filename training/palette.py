"""The colours and backdrops that pictures are made with and captions may name."""

from __future__ import annotations

import torch
from torch import Tensor

COLOURS: dict[str, tuple[float, float, float]] = {
    "red": (0.86, 0.12, 0.12),
    "orange": (0.97, 0.55, 0.10),
    "yellow": (0.98, 0.86, 0.16),
    "green": (0.20, 0.65, 0.25),
    "blue": (0.15, 0.38, 0.85),
    "purple": (0.52, 0.22, 0.72),
    "pink": (0.96, 0.55, 0.75),
    "brown": (0.50, 0.30, 0.16),
    "black": (0.08, 0.08, 0.09),
    "white": (0.97, 0.97, 0.97),
    "grey": (0.56, 0.57, 0.58),
}
"Name to the colour's middle, sRGB 0..1."

BACKDROPS: dict[str, tuple[tuple[float, float, float], ...]] = {
    "grass": ((0.45, 0.70, 0.95), (0.80, 0.92, 1.00), (0.45, 0.75, 0.30), (0.20, 0.52, 0.18)),
    "beach": ((0.35, 0.70, 0.95), (0.30, 0.75, 0.85), (0.97, 0.88, 0.65), (0.88, 0.74, 0.48)),
    "night": ((0.02, 0.03, 0.12), (0.10, 0.12, 0.30), (0.07, 0.08, 0.18), (0.03, 0.04, 0.10)),
    "snow": ((0.62, 0.76, 0.90), (0.85, 0.92, 0.98), (0.98, 0.99, 1.00), (0.86, 0.91, 0.97)),
    "sunset": ((0.35, 0.20, 0.45), (1.00, 0.60, 0.25), (0.55, 0.25, 0.30), (0.25, 0.12, 0.22)),
    "sea": ((0.50, 0.78, 0.98), (0.82, 0.94, 1.00), (0.10, 0.50, 0.78), (0.03, 0.28, 0.55)),
}
"Name to four colours: top of the sky, its foot, the far ground, the near ground."

COLOUR_NAMES = tuple(COLOURS)
BACKDROP_NAMES = COLOUR_NAMES + tuple(BACKDROPS)
"Classes of what is behind things: a colour, or a place."


def colour_table() -> Tensor:
    """[colours, 3]"""
    return torch.tensor(list(COLOURS.values()))


def backdrop_table() -> Tensor:
    """[backdrops, 4, 3]"""
    return torch.tensor(list(BACKDROPS.values()))


def nearest_colour(pixels: Tensor) -> Tensor:
    """The named colour of each pixel, judged by hue first as people do.

    Args:
        pixels: [..., 3], sRGB 0..1.

    Returns:
        [...], places in COLOUR_NAMES.
    """
    table = colour_table()
    return torch.cdist(_opponent(pixels.reshape(-1, 3)), _opponent(table)).argmin(-1).reshape(pixels.shape[:-1])


def _opponent(rgb: Tensor) -> Tensor:
    """Lightness counted less than the two colour-difference axes."""
    red, green, blue = rgb.unbind(-1)
    return torch.stack([0.5 * (red + green + blue) / 3, red - green, 0.5 * (red + green) - blue], -1)
