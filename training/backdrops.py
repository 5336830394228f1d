"""What is behind the things: plain colours, shades, places, and clutter that has no name."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from torch import Generator, Tensor

from training.palette import COLOUR_NAMES, backdrop_table, colour_table, nearest_colour
from training.restyle import uniform

_WHITE = COLOUR_NAMES.index("white")
_NIGHT = 2


@dataclass(frozen=True, slots=True)
class Backdrop:
    """Canvases, and what they may be called."""

    canvas: Tensor
    "[b, 3, side, side], 0..1"
    names: Tensor
    "[b], places in BACKDROP_NAMES, -1 where there is no name"


def paint_backdrops(count: int, side: int, generator: Generator) -> Backdrop:
    """A mixture: 30 % plain, 20 % shaded, 22 % places, 28 % clutter."""
    kind = torch.multinomial(torch.tensor([0.30, 0.20, 0.22, 0.28]), count, True, generator=generator)
    canvas, names = torch.empty(count, 3, side, side), torch.full((count,), -1)
    for number, paint in enumerate((_plain, _shaded, _place, _clutter)):
        rows = (kind == number).nonzero().squeeze(1)
        if len(rows):
            canvas[rows], names[rows] = paint(len(rows), side, generator)
    return Backdrop(canvas, names)


def _plain(count: int, side: int, generator: Generator) -> tuple[Tensor, Tensor]:
    weights = torch.ones(len(COLOUR_NAMES))
    weights[_WHITE] = 5
    names = torch.multinomial(weights, count, True, generator=generator)
    colours = colour_table()[names] + 0.06 * torch.randn(count, 3, generator=generator)
    return colours.clamp(0, 1)[:, :, None, None].expand(-1, -1, side, side), names


def _shaded(count: int, side: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """From one shade to another along any direction; named when both ends have one name."""
    start = torch.randint(len(COLOUR_NAMES), (count,), generator=generator)
    ends = colour_table()[start][:, None] + 0.16 * torch.randn(count, 2, 3, generator=generator)
    foreign = torch.rand(count, generator=generator) < 0.3
    ends[foreign, 1] = torch.rand(int(foreign.sum()), 3, generator=generator)
    ends = ends.clamp(0, 1)
    angle = uniform((count, 1, 1), 0, 6.2832, generator)
    axis = torch.linspace(-0.7, 0.7, side)
    along = (0.5 + axis[None, None] * angle.cos() + axis[None, :, None] * angle.sin()).clamp(0, 1)[:, None]
    canvas = ends[:, 0, :, None, None] * (1 - along) + ends[:, 1, :, None, None] * along
    both = nearest_colour(ends)
    return canvas, torch.where(both[:, 0] == both[:, 1], both[:, 0], -1)


def _place(count: int, side: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """Sky above ground, each with its own shading; stars at night."""
    table = backdrop_table()
    place = torch.randint(len(table), (count,), generator=generator)
    colours = (table[place] + 0.05 * torch.randn(count, 4, 3, generator=generator)).clamp(0, 1)[..., None, None]
    horizon = uniform((count, 1, 1, 1), 0.35, 0.75, generator)
    slope = uniform((count, 1, 1, 1), -0.08, 0.08, generator)
    axis = torch.linspace(0, 1, side)
    height = axis[:, None] - slope * (axis[None, :] - 0.5)
    sky = torch.lerp(colours[:, 0], colours[:, 1], (height / horizon).clamp(0, 1))
    ground = torch.lerp(colours[:, 2], colours[:, 3], ((height - horizon) / (1 - horizon)).clamp(0, 1))
    canvas = torch.where(height < horizon, sky, ground)
    stars = torch.rand(count, 1, side, side, generator=generator) > 0.985
    shining = stars & (height < horizon) & (place == _NIGHT)[:, None, None, None]
    return torch.where(shining, 0.9, canvas), place + len(COLOUR_NAMES)


def _clutter(count: int, side: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """Smooth random colours at two scales, as out-of-focus rooms and streets are."""
    coarse = torch.rand(count, 3, 3, 3, generator=generator)
    fine = torch.rand(count, 3, 9, 9, generator=generator)
    share = uniform((count, 1, 1, 1), 0, 0.6, generator)
    mixed = F.interpolate(coarse, size=9, mode="bilinear", align_corners=True) * (1 - share) + fine * share
    contrast = uniform((count, 1, 1, 1), 0.3, 1, generator)
    centre = uniform((count, 3, 1, 1), 0.15, 0.85, generator)
    canvas = F.interpolate(centre + (mixed - 0.5) * contrast, size=side, mode="bilinear")
    return canvas.clamp(0, 1), torch.full((count,), -1)
