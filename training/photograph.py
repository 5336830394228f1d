"""Bad photography: blur, noise, light, few pixels, screenshots' bars, things in front of the lens."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from torch import Generator, Tensor

from training.restyle import uniform


def photograph(canvas: Tensor, difficulty: float, generator: Generator) -> Tensor:
    """Spoil a part of the pictures in each way: [b, 3, side, side], 0..1, changed in place."""
    for spoil, share in ((_bars, 0.08), (_patch, 0.15), (_few_pixels, 0.12), (_blur, 0.2), (_light, 0.4)):
        rows = (torch.rand(len(canvas), generator=generator) < share * difficulty).nonzero().squeeze(1)
        if len(rows):
            canvas[rows] = spoil(canvas[rows], generator)
    return _noise(canvas, 0.07 * difficulty, generator).clamp_(0, 1)


def _bars(canvas: Tensor, generator: Generator) -> Tensor:
    """A screenshot's bars above and below."""
    side = canvas.shape[-1]
    rows = torch.arange(side)[None, None, :, None]
    top = torch.randint(0, side // 6, (len(canvas), 1, 1, 1), generator=generator)
    foot = side - torch.randint(0, side // 6, (len(canvas), 1, 1, 1), generator=generator)
    colour = torch.rand(len(canvas), 1, 1, 1, generator=generator).round().expand(-1, 3, -1, -1)
    return torch.where((rows < top) | (rows >= foot), colour, canvas)


def _patch(canvas: Tensor, generator: Generator) -> Tensor:
    """Something of one colour before a part of the picture."""
    side, count = canvas.shape[-1], len(canvas)
    centre = torch.randint(side, (count, 2, 1), generator=generator)
    half = torch.randint(2, side // 5, (count, 2, 1), generator=generator)
    inside = (torch.arange(side) - centre).abs() < half
    covered = (inside[:, 0, :, None] & inside[:, 1, None, :])[:, None]
    return torch.where(covered, torch.rand(count, 3, 1, 1, generator=generator), canvas)


def _few_pixels(canvas: Tensor, generator: Generator) -> Tensor:
    side = canvas.shape[-1]
    fewer = int(torch.randint(side * 2 // 5, side * 4 // 5, (1,), generator=generator))
    small = F.interpolate(canvas, size=fewer, mode="bilinear", antialias=True)
    return F.interpolate(small, size=side, mode="bilinear")


def _blur(canvas: Tensor, generator: Generator) -> Tensor:
    half = F.avg_pool2d(canvas, 2)
    soft = F.interpolate(half, size=canvas.shape[-1], mode="bilinear")
    return torch.lerp(canvas, soft, uniform((len(canvas), 1, 1, 1), 0.3, 1.1, generator))


def _light(canvas: Tensor, generator: Generator) -> Tensor:
    """Exposure and a colour cast."""
    gain = uniform((len(canvas), 1, 1, 1), 0.7, 1.25, generator)
    cast = 1 + 0.08 * torch.randn(len(canvas), 3, 1, 1, generator=generator)
    return canvas * gain * cast + uniform((len(canvas), 1, 1, 1), -0.08, 0.12, generator)


def _noise(canvas: Tensor, most: float, generator: Generator) -> Tensor:
    """Sensor noise on a third; one strip of random numbers, shifted, serves the whole batch."""
    amount = (uniform((len(canvas),), -2, 1, generator)).clamp(min=0) * most
    strip = torch.randn(canvas[0].numel() + 4096, generator=generator)
    starts = torch.randint(4096, (len(canvas),), generator=generator).tolist()
    for row, start in enumerate(starts):
        if amount[row] > 0:
            canvas[row].add_(strip[start : start + canvas[0].numel()].view_as(canvas[0]), alpha=float(amount[row]))
    return canvas
