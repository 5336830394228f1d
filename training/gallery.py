"""Drawings of several styles as tensors to draw samples from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from torch import Generator, Tensor

from training.art import load_style
from training.palette import COLOUR_NAMES, nearest_colour

STYLE_WEIGHTS = {
    "fluent-flat": 0.6,
    "fluent-modern": 0.6,
    "fluent-3d": 0.8,
    "fluent-high-contrast": 0.3,
    "emojione-outline": 0.3,
    "fxemoji": 1.3,
    "streamline": 0.6,
}
"Four Fluent styles share their shapes, Streamline files several drawings under one concept; 1 elsewhere."
_CLEAR_MAJORITY = 0.6


@dataclass(frozen=True, slots=True)
class Gallery:
    """All drawings of some styles, and by concept which of them may be drawn."""

    drawings: Tensor
    "uint8 [n, 4, side, side], straight alpha"
    concepts: Tensor
    "[n]"
    colours: Tensor
    "[n], place in COLOUR_NAMES of the drawing's own dominant colour, -1 where none dominates"
    choices: Tensor
    "[concepts, most], drawings of each concept, padded with 0"
    weights: Tensor
    "[concepts, most], 0 at padding"

    def pick(self, concepts: Tensor, generator: Generator) -> Tensor:
        """A drawing for each wanted concept: [b] -> [b]."""
        columns = torch.multinomial(self.weights[concepts], 1, generator=generator)
        return self.choices[concepts].gather(1, columns).squeeze(1)

    def resized(self, side: int) -> Gallery:
        """The same drawings with fewer pixels, which are faster to work on."""
        parts = [
            F.interpolate(part.float(), size=side, mode="bilinear", antialias=True) for part in self.drawings.split(512)
        ]
        return replace(self, drawings=torch.cat([part.round().to(torch.uint8) for part in parts]))


def load_gallery(styles: Sequence[str], concept_count: int) -> Gallery:
    """Read the styles and index them by concept."""
    loaded = [(name, load_style(name)) for name in styles]
    drawings = torch.cat([torch.from_numpy(style.drawings).permute(0, 3, 1, 2) for _, style in loaded]).contiguous()
    concepts = torch.cat([torch.from_numpy(style.concepts) for _, style in loaded])
    weights = torch.cat([torch.full((len(s.concepts),), STYLE_WEIGHTS.get(name, 1.0)) for name, s in loaded])
    most = int(torch.bincount(concepts).max())
    choices, table = torch.zeros(concept_count, most, dtype=torch.long), torch.zeros(concept_count, most)
    filled = [0] * concept_count
    for place, concept in enumerate(concepts.tolist()):
        choices[concept, filled[concept]], table[concept, filled[concept]] = place, weights[place]
        filled[concept] += 1
    return Gallery(drawings, concepts, _dominant_colours(drawings), choices, table)


def _dominant_colours(drawings: Tensor) -> Tensor:
    """The colour that a clear majority of a drawing's opaque pixels has, -1 where none does."""
    found = []
    for chunk in drawings[:, :, ::3, ::3].split(512):
        names = nearest_colour(chunk[:, :3].permute(0, 2, 3, 1) / 255).flatten(1)
        opaque = (chunk[:, 3].flatten(1) > 128).float()
        votes = torch.zeros(len(chunk), len(COLOUR_NAMES)).scatter_add_(1, names, opaque)
        share, colour = (votes / opaque.sum(1, keepdim=True).clamp(min=1)).max(1)
        found.append(torch.where(share > _CLEAR_MAJORITY, colour, -1))
    return torch.cat(found)
