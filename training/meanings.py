"""The vectors that both towers are fitted to: one for every concept, colour, backdrop and count."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from torch import Tensor, nn

from training.compose import MOST_THINGS, Contents
from training.palette import BACKDROP_NAMES, COLOUR_NAMES

WEIGHTS = {"colours": 0.25, "backdrops": 0.25, "counts": 0.15}
"Share of each question in the loss, beside 1 for what the thing is."
SCALE = 20.0
"""Of cosines before the softmax. With a learned scale (it grew to 34) and smoothing of 0.1 embeddings stopped
at a cosine of 0.47 to their class: enough to classify, but pictures and texts then shared little else."""
PULL = 3.0
"Weight of the plain cosine to what the contents combine to, beside 1 for the question what the thing is."
MIXTURE = {"colours": 0.35, "backdrops": 0.35, "counts": 0.3}
"Length of each part beside 1 for the thing, near what image embeddings were found to hold."


class Meanings(nn.Module):
    """Normalised class vectors."""

    def __init__(self, concepts: int, width: int, smoothing: float = 0.02) -> None:
        super().__init__()
        sizes = (("concepts", concepts), ("colours", len(COLOUR_NAMES)), ("backdrops", len(BACKDROP_NAMES)))
        for name, size in (*sizes, ("counts", MOST_THINGS)):
            self.register_parameter(name, nn.Parameter(torch.randn(size, width)))
        self.smoothing = smoothing

    def vectors(self, name: str) -> Tensor:
        """[classes, width], normalised."""
        return F.normalize(self.get_parameter(name), dim=1)

    def loss(self, embeddings: Tensor, contents: Contents, pull: float = PULL) -> Tensor:
        """How badly [b, width] normalised embeddings tell the contents."""
        answers = {
            "concepts": contents.concepts,
            "colours": contents.colours,
            "backdrops": contents.backdrops[:, None],
            "counts": (contents.counts - 1)[:, None],
        }
        apart = 1 - (embeddings * self.combine(contents)).sum(1).mean()
        parts = [WEIGHTS.get(name, 1.0) * self._question(name, embeddings, a) for name, a in answers.items()]
        return torch.stack([*parts, pull * apart]).sum()

    def combine(self, contents: Contents) -> Tensor:
        """The vector that contents as a whole should have: [b, width], normalised."""
        things = contents.concepts >= 0
        total = self._sum("concepts", contents.concepts) / things.sum(1, keepdim=True)
        total = total + MIXTURE["colours"] * self._sum("colours", contents.colours) / things.sum(1, keepdim=True)
        total = total + MIXTURE["backdrops"] * self._sum("backdrops", contents.backdrops[:, None])
        several = torch.where(contents.counts > 1, contents.counts - 1, -1)
        return F.normalize(total + MIXTURE["counts"] * self._sum("counts", several[:, None]), dim=1)

    def _sum(self, name: str, answers: Tensor) -> Tensor:
        """[b, width], the sum of the vectors answers [b, n] name; -1 adds nothing."""
        return (self.vectors(name)[answers.clamp(min=0)] * (answers >= 0)[..., None]).sum(1)

    def _question(self, name: str, embeddings: Tensor, answers: Tensor) -> Tensor:
        """Cross-entropy with several right answers [b, n], -1 for none; rows without any do not count."""
        known = answers >= 0
        rows = known.any(1)
        if not rows.any():  # the mean of nothing is not a number
            return embeddings.sum() * 0
        logits = SCALE * embeddings[rows] @ self.vectors(name).T
        logs = logits.log_softmax(1)
        right = known[rows].float()
        picked = (logs.gather(1, answers[rows].clamp(min=0)) * right).sum(1) / right.sum(1)
        return -((1 - self.smoothing) * picked + self.smoothing * logs.mean(1)).mean()
