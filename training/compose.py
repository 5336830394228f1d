"""Endless training pictures: drawings restyled, moved, put before backdrops and photographed badly."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from torch import Generator, Tensor

from training.backdrops import paint_backdrops
from training.gallery import Gallery
from training.palette import COLOUR_NAMES
from training.photograph import photograph
from training.restyle import (
    flatten_shading,
    jitter,
    line_art,
    posterise,
    stroke,
    tint,
    turn_grey,
    uniform,
)  # fmt: skip

MOST_THINGS = 4
_ALONE, _DIFFERENT, _SAME = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in pictures, or asked for in texts. Absent things and unknown names are -1."""

    concepts: Tensor
    "[b, MOST_THINGS]"
    colours: Tensor
    "[b, MOST_THINGS], places in COLOUR_NAMES, of the things"
    backdrops: Tensor
    "[b], places in BACKDROP_NAMES"
    counts: Tensor
    "[b], 1 unless one thing is repeated"


@dataclass(frozen=True, slots=True)
class Pictures:
    """A batch, and what is in it."""

    pixels: Tensor
    "[b, 3, side, side], 0..1"
    contents: Contents


class Composer:
    """Draws batches from a gallery; the same seed gives the same pictures."""

    def __init__(self, gallery: Gallery, mirrored: Tensor, seed: int, several: float = 0.3) -> None:
        """`mirrored` [concepts] says which things keep their meaning in a mirror; `several` is the share of
        pictures with more than one thing."""
        self._gallery = gallery
        self._mirrored = mirrored
        self._several = several
        self._generator = torch.Generator().manual_seed(seed)

    def compose(self, count: int, side: int, difficulty: float = 1) -> Pictures:
        """A batch of `count` pictures; at difficulty 0 they are single things in clean pictures."""
        generator = self._generator
        concepts, kinds = self._choose(count, self._several * difficulty)
        backdrop = paint_backdrops(count, side, generator)
        canvas = backdrop.canvas
        names = torch.full((count, MOST_THINGS), -1)
        things = (concepts >= 0).sum(1)
        places = _places(things, generator)
        for slot in range(MOST_THINGS):
            rows = (concepts[:, slot] >= 0).nonzero().squeeze(1)
            if len(rows):
                names[rows, slot] = self._draw(canvas, rows, concepts[rows, slot], places[rows, slot], difficulty)
        same = kinds == _SAME
        counts = torch.where(same, things, 1)
        concepts[same, 1:] = -1
        pixels = photograph(canvas, difficulty, generator)
        return Pictures(pixels, Contents(concepts, names, backdrop.names, counts))

    def _choose(self, count: int, several: float) -> tuple[Tensor, Tensor]:
        """Which concepts are in each picture, and of which kind it is."""
        generator, total = self._generator, len(self._gallery.choices)
        concepts = torch.randint(total, (count, MOST_THINGS), generator=generator)
        shares = torch.tensor([1 - several, 0.6 * several, 0.4 * several])
        kinds = torch.multinomial(shares, count, True, generator=generator)
        amounts = torch.randint(2, 4, (count,), generator=generator)
        repeated = torch.randint(2, MOST_THINGS + 1, (count,), generator=generator)
        amounts = torch.where(kinds == _SAME, repeated, torch.where(kinds == _ALONE, 1, amounts))
        concepts = torch.where((kinds == _SAME)[:, None], concepts[:, :1], concepts)
        absent = torch.arange(MOST_THINGS) >= amounts[:, None]
        return concepts.masked_fill(absent, -1), kinds

    def _draw(self, canvas: Tensor, rows: Tensor, concepts: Tensor, places: Tensor, difficulty: float) -> Tensor:
        """Put one thing on each of the named rows; returns the things' colour names."""
        generator = self._generator
        picked = self._gallery.pick(concepts, generator)
        small = places[:, 2] < 0.5
        names = torch.empty(len(rows), dtype=torch.long)
        for chosen in (small.nonzero().squeeze(1), (~small).nonzero().squeeze(1)):
            if not len(chosen):
                continue
            drawings = self._gallery.drawings[picked[chosen]].float().div_(255)
            drawings, names[chosen] = _restyle(drawings, self._gallery.colours[picked[chosen]], difficulty, generator)
            drawings = torch.cat([drawings[:, :3] * drawings[:, 3:], drawings[:, 3:]], 1)
            if bool(small[chosen[0]]):
                drawings = F.avg_pool2d(drawings, 2)  # or small things would flicker with every pixel of shift
            grid = _grid(places[chosen], self._mirrored[concepts[chosen]], canvas.shape[-1], generator)
            layer = F.grid_sample(drawings, grid, align_corners=False)
            canvas[rows[chosen]] = canvas[rows[chosen]] * (1 - layer[:, 3:]) + layer[:, :3]
        return names


def _places(things: Tensor, generator: Generator) -> Tensor:
    """Centre x, y in -1..1 and size relative to the picture for every slot: [b, MOST_THINGS, 3].

    One thing is large or small anywhere; several stand in a row or in quarters, each in its cell.
    """
    count = len(things)
    alone = torch.cat([uniform((count, 1), 0.4, 1.05, generator)] * MOST_THINGS, 1)
    room = (1 - alone).clamp(min=0) + 0.08
    shift = uniform((count, MOST_THINGS, 2), -1, 1, generator)
    single = torch.cat([shift * room[..., None], alone[..., None]], 2)
    cells = _cells(things, torch.rand(count, generator=generator) < 0.4)
    size = cells[..., 2:] * uniform((count, MOST_THINGS, 1), 0.7, 1.1, generator)
    several = torch.cat([cells[..., :2] + 0.15 * shift * cells[..., 2:], size], 2)
    return torch.where((things == 1)[:, None, None], single, several)


def _cells(things: Tensor, row: Tensor) -> Tensor:
    """Cells of a row (beside each other) or of quarters: [b, MOST_THINGS, 3]."""
    slot = torch.arange(MOST_THINGS)[None]
    columns = things[:, None].clamp(min=1)
    in_row = torch.stack(
        [(2 * slot + 1) / columns - 1, torch.zeros(len(things), MOST_THINGS), 1 / columns + 0.08 + 0 * slot],
        2,
    )
    pair = torch.tensor([[-0.45, -0.2, 0.55], [0.45, 0.25, 0.55], [0, 0, 0], [0, 0, 0]])
    quarters = torch.tensor([[-0.48, -0.48, 0.5], [0.48, -0.45, 0.5], [-0.45, 0.48, 0.5], [0.48, 0.48, 0.5]])
    scattered = torch.where((things == 2)[:, None, None], pair, quarters)
    return torch.where(row[:, None, None], in_row, scattered)


def _restyle(drawings: Tensor, own: Tensor, difficulty: float, generator: Generator) -> tuple[Tensor, Tensor]:
    """A change of style for most, and the colours that may still be named afterwards."""
    shares = torch.tensor([0.0, 0.28, 0.12, 0.16, 0.08, 0.06, 0.06]) * difficulty
    shares[0] = 1 - shares.sum()
    kind = torch.multinomial(shares, len(drawings), True, generator=generator)
    names = torch.where(kind < 1, own, -1)
    painted = torch.randint(len(COLOUR_NAMES), (len(drawings),), generator=generator)
    changes = (
        lambda d, _: jitter(d, 0.5, generator), lambda d, _: jitter(d, 1.4, generator),
        lambda d, rows: tint(d, painted[rows], generator), lambda d, _: turn_grey(d, generator),
        lambda d, _: line_art(d, generator), lambda d, _: posterise(jitter(d, 0.5, generator), generator),
    )  # fmt: skip
    for number, change in enumerate(changes, start=1):
        rows = (kind == number).nonzero().squeeze(1)
        if len(rows):
            drawings[rows] = change(drawings[rows], rows)
    names = torch.where(kind == 3, painted, names)
    for change, share in ((flatten_shading, 0.15), (stroke, 0.15)):
        rows = (torch.rand(len(drawings), generator=generator) < share * difficulty).nonzero().squeeze(1)
        if len(rows):
            drawings[rows] = change(drawings[rows], generator)
    return drawings, names


def _grid(places: Tensor, mirrored: Tensor, side: int, generator: Generator) -> Tensor:
    """Where each pixel of the picture looks in the drawing: turned, stretched, bent; [b, side, side, 2]."""
    count = len(places)
    angle = torch.randn(count, generator=generator) * 0.22
    angle = torch.where(torch.rand(count, generator=generator) < 0.1, angle * 3, angle)
    stretch = uniform((count,), -0.3, 0.3, generator).exp()
    flip = torch.where(mirrored & (torch.rand(count, generator=generator) < 0.3), -1.0, 1.0)
    shear = 0.12 * torch.randn(count, generator=generator)
    cos, sin, size = angle.cos(), angle.sin(), places[:, 2].clamp(min=0.05)
    across = torch.stack([cos * stretch * flip, (sin + shear) * flip], 1) / size[:, None]
    down = torch.stack([-sin, cos / stretch], 1) / size[:, None]
    matrix = torch.stack([across, down], 1)
    offset = -(matrix @ places[:, :2, None])
    grid = F.affine_grid(torch.cat([matrix, offset], 2), [count, 1, side, side], align_corners=False)
    bend = 0.11 * torch.rand(count, 1, 1, 1, generator=generator) * torch.randn(count, 2, 4, 4, generator=generator)
    bend = F.interpolate(bend, size=side, mode="bilinear", align_corners=True)
    return grid + bend.permute(0, 2, 3, 1)
