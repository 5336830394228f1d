"""The vectors that both towers are fitted to: one for every concept, colour, backdrop and count."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from torch import Tensor, nn

from training.compose import MOST_THINGS, Contents
from training.palette import BACKDROP_NAMES, COLOUR_NAMES

WEIGHTS = {"colours": 0.25, "backdrops": 0.25, "counts": 0.15}
"Share of each question in the loss, beside 1 for what the thing is."
MIXTURE = {"colours": 0.35, "backdrops": 0.35, "counts": 0.3}
"Length of each part beside 1 for the thing, near what image embeddings were found to hold."


class Meanings(nn.Module):
    """Normalised class vectors with a common, learned sharpness."""

    def __init__(self, concepts: int, width: int, smoothing: float = 0.1) -> None:
        super().__init__()
        sizes = (("concepts", concepts), ("colours", len(COLOUR_NAMES)), ("backdrops", len(BACKDROP_NAMES)))
        for name, size in (*sizes, ("counts", MOST_THINGS)):
            self.register_parameter(name, nn.Parameter(torch.randn(size, width)))
        self.log_scale = nn.Parameter(torch.tensor(20.0).log())
        self.smoothing = smoothing

    def vectors(self, name: str) -> Tensor:
        """[classes, width], normalised."""
        return F.normalize(self.get_parameter(name), dim=1)

    def loss(self, embeddings: Tensor, contents: Contents) -> Tensor:
        """How badly [b, width] normalised embeddings tell the contents."""
        answers = {
            "concepts": contents.concepts,
            "colours": contents.colours,
            "backdrops": contents.backdrops[:, None],
            "counts": (contents.counts - 1)[:, None],
        }
        return torch.stack(
            [WEIGHTS.get(name, 1.0) * self._question(name, embeddings, answer) for name, answer in answers.items()]
        ).sum()

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
        logits = self.log_scale.clamp(max=4).exp() * embeddings[rows] @ self.vectors(name).T
        logs = logits.log_softmax(1)
        right = known[rows].float()
        picked = (logs.gather(1, answers[rows].clamp(min=0)) * right).sum(1) / right.sum(1)
        return -((1 - self.smoothing) * picked + self.smoothing * logs.mean(1)).mean()
