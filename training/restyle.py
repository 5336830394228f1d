"""Changes to single drawings that no style here shows, so that an unseen style surprises less.

Every function takes and returns straight-alpha drawings, float [b, 4, h, w] in 0..1, and a generator.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from torch import Generator, Tensor

from training.palette import colour_table

_LUMINANCE = torch.tensor([0.299, 0.587, 0.114])


def uniform(shape: tuple[int, ...], low: float, high: float, generator: Generator) -> Tensor:
    """Uniform random numbers."""
    return torch.rand(shape, generator=generator) * (high - low) + low


def grey(drawings: Tensor) -> Tensor:
    """Luminance [b, 1, h, w]."""
    return torch.einsum("bchw,c->bhw", drawings[:, :3], _LUMINANCE)[:, None]


def jitter(drawings: Tensor, strength: float, generator: Generator) -> Tensor:
    """Saturation, channel mixing, gain and lift by a random colour matrix."""
    count = len(drawings)
    saturation = uniform((count, 1, 1), 1 - strength, 1 + 0.6 * strength, generator).clamp(min=0)
    matrix = saturation * torch.eye(3) + (1 - saturation) * _LUMINANCE.expand(3, 3)
    matrix = matrix + 0.35 * strength * torch.randn(count, 3, 3, generator=generator)
    gain = uniform((count, 1, 1), 1 - 0.4 * strength, 1 + 0.4 * strength, generator)
    lift = 0.15 * strength * torch.randn(count, 3, 1, generator=generator)
    mixed = torch.baddbmm(lift.expand(-1, -1, drawings[0, 0].numel()), matrix * gain, drawings[:, :3].flatten(2))
    return torch.cat([mixed.view_as(drawings[:, :3]).clamp_(0, 1), drawings[:, 3:]], 1)


def turn_grey(drawings: Tensor, generator: Generator) -> Tensor:
    """Black and white, now and then inverted."""
    light = grey(drawings)
    inverted = torch.rand(len(drawings), 1, 1, 1, generator=generator) < 0.2
    light = torch.where(inverted, 1 - light, light)
    return torch.cat([light.expand(-1, 3, -1, -1), drawings[:, 3:]], 1)


def tint(drawings: Tensor, colours: Tensor, generator: Generator) -> Tensor:
    """Paint in one colour: dark parts near black, the middle in the colour, light parts towards white.

    Args:
        colours: [b], places in COLOUR_NAMES.
    """
    light = grey(drawings)
    flat = light.flatten(1)
    light = 0.5 + (light - flat.mean(1)[:, None, None, None]) * uniform((len(light), 1, 1, 1), 0.3, 0.9, generator)
    middle = colour_table()[colours] + 0.05 * torch.randn(len(colours), 3, generator=generator)
    middle = middle.clamp(0, 1)[:, :, None, None]
    painted = torch.where(light < 0.5, middle * 2 * light, middle + (1 - middle) * (2 * light - 1) * 0.8)
    return torch.cat([painted.clamp(0, 1), drawings[:, 3:]], 1)


def line_art(drawings: Tensor, generator: Generator) -> Tensor:
    """Edges of colour and shape as dark lines; what they enclose white or clear."""
    light = torch.cat([grey(drawings) * drawings[:, 3:], drawings[:, 3:]], 1)
    edges = (F.max_pool2d(light, 3, 1, 1) + F.max_pool2d(-light, 3, 1, 1)).amax(1, keepdim=True)
    lines = (edges * uniform((len(light), 1, 1, 1), 1.5, 4, generator)).clamp(0, 1)
    filled = (torch.rand(len(light), 1, 1, 1, generator=generator) < 0.6).float()
    ink = uniform((len(light), 3, 1, 1), 0, 0.3, generator)
    alpha = torch.maximum(lines, filled * drawings[:, 3:])
    return torch.cat([1 - lines * (1 - ink), alpha], 1)


def stroke(drawings: Tensor, generator: Generator) -> Tensor:
    """A dark outline round the shape, or a sticker's white border."""
    count = len(drawings)
    wide = F.max_pool2d(drawings[:, 3:], 5, 1, 2)
    dark = uniform((count, 3, 1, 1), 0, 0.25, generator)
    ink = torch.where(torch.rand(count, 1, 1, 1, generator=generator) < 0.3, 1 - dark, dark)
    alpha = drawings[:, 3:]
    return torch.cat([drawings[:, :3] * alpha + ink * (1 - alpha), wide], 1)


def posterise(drawings: Tensor, generator: Generator) -> Tensor:
    """Few levels of each channel."""
    levels = torch.randint(2, 5, (len(drawings), 1, 1, 1), generator=generator).float()
    return torch.cat([(drawings[:, :3] * levels).round() / levels, drawings[:, 3:]], 1)


def flatten_shading(drawings: Tensor, generator: Generator) -> Tensor:
    """Local averages: shading and fine detail gone, shape and large areas left."""
    side = drawings.shape[-1]
    solid = torch.cat([drawings[:, :3] * drawings[:, 3:], drawings[:, 3:]], 1)
    smooth = F.interpolate(F.avg_pool2d(solid, 5, 4, 2), size=side, mode="bilinear")
    mix = uniform((len(drawings), 1, 1, 1), 0.5, 1, generator)
    colour = (smooth[:, :3] / smooth[:, 3:].clamp(min=1e-3)).clamp(0, 1)
    return torch.cat([torch.lerp(drawings[:, :3], colour, mix), drawings[:, 3:]], 1)
