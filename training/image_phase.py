"""First phase: the image tower learns to tell what is in composed pictures, and class vectors with it."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from torch import Tensor, nn

from training.art import TRAINING_STYLES, TUNING_STYLE
from training.compose import Composer
from training.concepts import Concept, load_concepts
from training.gallery import Gallery, load_gallery
from training.meanings import Meanings
from training.model import RUNS, SIDE, WIDTH

CHECKPOINT = RUNS / "image.pt"
BATCH = 128
_FIXED_AFTER = 0.4
"Share of the run after which class vectors stay, so that the text tower can be fitted to them meanwhile."
COARSE = 48
"Pixels along a side at first: nearly twice the pictures in the same time."
_FINE_AFTER = 0.75
_SEVERAL = 0.3
"Share of pictures with several things, times the difficulty."
HARDEST = 0.9
"Where difficulty stops growing."
_EASE, _EASE_UNTIL = 0.15, 0.8
"Difficulty at the start, and the share of the run in which it would grow by one."
_CANNOT_MIRROR = ("symbols", "people-body/hand", "travel-places/time")


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast to learn."""

    images: int
    minutes: float = math.inf
    "The run ends by then, the schedule drawn together."
    seed: int = 1
    rate: float = 2e-3
    decay: float = 0.02
    average: float = 0.9995
    "Of the running average of the weights, which is what is kept."


def mirrored(concepts: tuple[Concept, ...]) -> Tensor:
    """[concepts]: which keep their meaning in a mirror; arrows, letters, clocks and pointing hands do not."""
    return torch.tensor([not concept.group.startswith(_CANNOT_MIRROR) for concept in concepts])


def train_image_tower(visual: nn.Module, plan: Plan, resume: bool = False) -> Meanings:
    """Train `visual` in place; a checkpoint is written every minute, so a run may be cut.

    Args:
        resume: start from the checkpoint's weights, its class vectors fixed, with a schedule of its own.

    Returns:
        The class vectors that the tower now answers with.
    """
    concepts = load_concepts()
    gallery, side = load_gallery(TRAINING_STYLES, len(concepts)), COARSE
    composer = Composer(gallery.resized(side), mirrored(concepts), plan.seed, _SEVERAL)
    meanings = Meanings(len(concepts), WIDTH)
    state = torch.load(CHECKPOINT) if resume else None
    if state is not None:
        visual.load_state_dict(state["visual"])
        meanings.load_state_dict(state["meanings"])
    tuning = canonical(load_gallery((TUNING_STYLE,), len(concepts)), len(concepts))
    average = {name: tensor.clone() for name, tensor in visual.state_dict().items()}
    visual.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    optimiser = torch.optim.AdamW(
        [*visual.parameters(), *meanings.parameters()], plan.rate, weight_decay=plan.decay, fused=True
    )
    written = started = time.monotonic()
    for step, share in steps(plan):
        set_rate(optimiser, plan.rate * min(1, step / 200) * 0.5 * (1 + math.cos(math.pi * share)))
        _fix(meanings, resume or share > _FIXED_AFTER)
        if share >= (0.5 if resume else _FINE_AFTER) and side < SIDE:
            side, composer = (
                SIDE,
                Composer(gallery.resized(SIDE), mirrored(concepts), plan.seed + 1, _SEVERAL),
            )
        difficulty = min(HARDEST, _EASE + share / _EASE_UNTIL) if state is None else HARDEST
        pictures = composer.compose(BATCH, side, difficulty)
        loss = meanings.loss(embed(visual, pictures.pixels), pictures.contents)
        loss.backward()
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        follow(average, visual, min(plan.average, step / (step + 20)))
        if time.monotonic() - written > 60 or share >= 1:
            written = time.monotonic()
            _write(CHECKPOINT, average, meanings, share)
            pace, score = step * BATCH / (written - started), recall(visual, average, meanings, tuning)
            print(f"{share:6.1%} {pace:4.0f}/s loss {loss.item():.3f} tuning {score}", flush=True)
    visual.load_state_dict(average)
    return meanings


def steps(plan: Plan) -> Iterator[tuple[int, float]]:
    """Step numbers from 1, and the share of the run they end."""
    total, started, share, step = math.ceil(plan.images / BATCH), time.monotonic(), 0.0, 0
    while share < 1:
        step += 1
        share = min(1.0, max(step / total, (time.monotonic() - started) / 60 / plan.minutes))
        yield step, share


def set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """One learning rate for all parameters."""
    for group in optimiser.param_groups:
        group["lr"] = rate


def _fix(meanings: Meanings, fixed: bool) -> None:
    for parameter in meanings.parameters():
        parameter.requires_grad_(not fixed)


def embed(visual: nn.Module, pixels: Tensor) -> Tensor:
    """Normalised embeddings of pixels in 0..1; half of the arithmetic in bfloat16 where the CPU has it."""
    with torch.autocast("cpu", torch.bfloat16):
        features = visual((pixels * 2 - 1).contiguous(memory_format=torch.channels_last))
    return F.normalize(features.float(), dim=1)


def follow(average: dict[str, Tensor], module: nn.Module, keep: float) -> None:
    """Move a running average of weights a little towards the module's."""
    for name, tensor in module.state_dict().items():
        if tensor.is_floating_point():
            average[name].lerp_(tensor, 1 - keep)
        else:
            average[name].copy_(tensor)


def canonical(gallery: Gallery, concepts: int) -> Tensor:
    """Each concept once, on white: [concepts, 3, SIDE, SIDE]."""
    first = [int((gallery.concepts == place).nonzero()[0]) for place in range(concepts)]
    things = gallery.drawings[first].float() / 255
    things = F.interpolate(things, size=SIDE * 7 // 8, mode="bilinear", antialias=True)
    margin = (SIDE - things.shape[-1]) // 2
    pictures = 1 - things[:, 3:] + things[:, :3] * things[:, 3:]
    return F.pad(pictures, [margin] * 4, value=1.0)


@torch.inference_mode()
def recall(visual: nn.Module, average: dict[str, Tensor], meanings: Meanings, pictures: Tensor) -> str:
    """R@1 / R@10 of each class vector's own picture among all."""
    current = {name: tensor.clone() for name, tensor in visual.state_dict().items()}
    visual.load_state_dict(average)
    visual.eval()
    found = torch.cat([embed(visual, chunk) for chunk in pictures.split(64)])
    visual.load_state_dict(current)
    visual.train()
    similarity = meanings.vectors("concepts") @ found.T
    rank = (similarity > similarity.diag()[:, None]).sum(1)
    return f"{(rank < 1).float().mean():.3f}/{(rank < 10).float().mean():.3f}"


def _write(path: Path, average: dict[str, Tensor], meanings: Meanings, share: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    state: dict[str, Any] = {"visual": average, "meanings": meanings.state_dict(), "share": share}
    torch.save(state, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)
