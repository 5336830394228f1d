"""Third phase: both towers together, so that pictures and captions of several things and places meet."""

from __future__ import annotations

import math
import time
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from tokenizers import Tokenizer
from torch import Tensor

from training import image_phase, text_phase
from training.art import TRAINING_STYLES
from training.captions import Captioner, encode, load_tokenizer, save_tokenizer
from training.compose import Composer, Pictures
from training.concepts import load_concepts
from training.gallery import load_gallery
from training.image_phase import BATCH, HARDEST, Plan, embed, follow, mirrored, set_rate, steps
from training.meanings import Meanings
from training.model import MODEL, RUNS, SIDE, WIDTH, new_model, save_model
from training.text_phase import embed_texts

CHECKPOINT = RUNS / "joint.pt"
_SEVERAL = 0.45
"Share of pictures with several things, times the difficulty; more than in the first phase."


def finish_model(count: int, minutes: float, seed: int) -> None:
    """Join the first two phases' towers, train them together and write models/demo."""
    model = new_model(seed)
    model.load_state_dict(torch.load(text_phase.CHECKPOINT))
    first = torch.load(image_phase.CHECKPOINT)
    model.visual.load_state_dict(first["visual"])
    meanings = Meanings(len(load_concepts()), WIDTH)
    meanings.load_state_dict(first["meanings"])
    tokenizer = load_tokenizer(RUNS)
    train_jointly(model, tokenizer, meanings, Plan(count, minutes, seed, rate=5e-4, average=0.998))
    save_model(model.state_dict())
    save_tokenizer(tokenizer, MODEL)


def train_jointly(model: Any, tokenizer: Tokenizer, meanings: Meanings, plan: Plan) -> None:
    """Train both towers in place; a checkpoint is written every minute, so a run may be cut."""
    concepts = load_concepts()
    gallery = load_gallery(TRAINING_STYLES, len(concepts)).resized(SIDE)
    composer = Composer(gallery, mirrored(concepts), plan.seed, several=_SEVERAL)
    captioner = Captioner(concepts, plan.seed)
    meanings.requires_grad_(False)
    model.visual.to(memory_format=torch.channels_last)
    model.train()
    model.logit_scale.data.fill_(math.log(20))
    average = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    optimiser = torch.optim.AdamW(model.parameters(), plan.rate, weight_decay=plan.decay)
    written = started = time.monotonic()
    for step, share in steps(plan):
        set_rate(optimiser, plan.rate * min(1, step / 50) * 0.5 * (1 + math.cos(math.pi * share)))
        pictures = composer.compose(BATCH, SIDE, HARDEST)
        loss = joint_loss(model, tokenizer, meanings, captioner, pictures)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        follow(average, model, min(plan.average, step / (step + 20)))
        if time.monotonic() - written > 60 or share >= 1:
            written = time.monotonic()
            torch.save(average, CHECKPOINT)
            print(
                f"joint {share:6.1%} {step * BATCH / (written - started):4.0f}/s loss {loss.item():.3f}",
                flush=True,
            )
    model.load_state_dict(average)


def joint_loss(
    model: Any, tokenizer: Tokenizer, meanings: Meanings, captioner: Captioner, pictures: Pictures
) -> Tensor:
    """CLIP's symmetric loss (Radford et al. 2021), with the first two phases' losses as anchors."""
    captions = captioner.describe(pictures.contents)
    seen = embed(model.visual, pictures.pixels)
    asked = embed_texts(model, encode(tokenizer, captions.texts))
    logits = model.logit_scale.exp().clamp(max=50) * seen @ asked.T
    own = torch.arange(len(logits))
    contrast = (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2
    return contrast + 0.5 * meanings.loss(seen, pictures.contents) + 0.5 * meanings.loss(asked, captions.contents)
