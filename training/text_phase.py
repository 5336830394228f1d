"""Second phase: the text tower is fitted to the class vectors over names, keywords and phrases."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from tokenizers import Tokenizer
from torch import Tensor

from training import image_phase
from training.captions import Captioner, encode, save_tokenizer, train_tokenizer
from training.compose import Contents
from training.concepts import load_concepts
from training.image_phase import Plan, set_rate
from training.meanings import Meanings
from training.model import RUNS, WIDTH, new_model

CHECKPOINT = RUNS / "text.pt"
BATCH = 256
_CHUNK = 32 * BATCH
_TOKENIZER_TEXTS = 150_000
_PULL = 20.0
"Texts say exactly what they mean, so they are simply drawn to it."


def make_text_tower(count: int, minutes: float, seed: int, beside: bool) -> None:
    """Train tokenizer and text tower against the image phase's checkpoint; both stay in training/runs."""
    concepts = load_concepts()
    captioner = Captioner(concepts, seed)
    tokenizer = train_tokenizer(captioner.draw(_TOKENIZER_TEXTS).texts)
    meanings = Meanings(len(concepts), WIDTH)
    meanings.load_state_dict(torch.load(image_phase.CHECKPOINT)["meanings"])
    model = new_model(seed)
    follow = image_phase.CHECKPOINT if beside else None
    train_text_tower(model, tokenizer, meanings, captioner, Plan(count, minutes, seed, rate=1.5e-3), follow)
    torch.save(model.state_dict(), CHECKPOINT)
    save_tokenizer(tokenizer, RUNS)


def text_parameters(model: Any) -> list[torch.nn.Parameter]:
    """Everything of an open_clip CLIP that is neither the image tower nor the scale."""
    return [p for name, p in model.named_parameters() if not name.startswith(("visual.", "logit_"))]


def embed_texts(model: Any, tokens: Tensor) -> Tensor:
    """open_clip's encode_text for texts shorter than the context: the same result, in less time.

    Args:
        tokens: [b, n], padded at the end only, which a causal mask keeps from mattering.
    """
    length = tokens.shape[1]
    states = model.token_embedding(tokens) + model.positional_embedding[:length]
    with torch.autocast("cpu", torch.bfloat16):
        states = model.transformer(states, attn_mask=model.attn_mask[:length, :length]).float()
    ends = (tokens == model.text_eos_id).int().argmax(1)
    last = model.ln_final(states[torch.arange(len(tokens)), ends])
    return F.normalize(last @ model.text_projection, dim=1)


def train_text_tower(
    model: Any,
    tokenizer: Tokenizer,
    meanings: Meanings,
    captioner: Captioner,
    plan: Plan,
    follow: Path | None = None,
) -> None:
    """Train the text tower in place; `plan.images` counts captions.

    Args:
        follow: the image phase's checkpoint while that still runs; its class vectors are read again every
            minute, so that both phases can run beside each other.
    """
    parameters = text_parameters(model)
    optimiser = torch.optim.AdamW(parameters, plan.rate, weight_decay=plan.decay, betas=(0.9, 0.98))
    meanings.requires_grad_(False)
    rng, started, written = random.Random(plan.seed), time.monotonic(), time.monotonic()
    batches = _batches(tokenizer, captioner, rng)
    for step in range(1, math.ceil(plan.images / BATCH) + 1):
        share = max(step * BATCH / plan.images, (time.monotonic() - started) / 60 / plan.minutes)
        if share > 1:
            break
        set_rate(optimiser, plan.rate * min(1, step / 200) * 0.5 * (1 + math.cos(math.pi * share)))
        tokens, contents = next(batches)
        embeddings = embed_texts(model, tokens)
        loss = meanings.loss(embeddings, contents, pull=_PULL)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        if time.monotonic() - written > 60:
            written = time.monotonic()
            if follow is not None:
                meanings.load_state_dict(torch.load(follow)["meanings"])
                torch.save(model.state_dict(), CHECKPOINT)
            print(
                f"text {share:6.1%} {step * BATCH / (written - started):5.0f}/s loss {loss.item():.3f}",
                flush=True,
            )


def _batches(tokenizer: Tokenizer, captioner: Captioner, rng: random.Random) -> Iterator[tuple[Tensor, Contents]]:
    """Endless batches of texts of similar length."""
    while True:
        captions = captioner.draw(_CHUNK)
        tokens, contents = encode(tokenizer, captions.texts), captions.contents
        lengths = (tokens != 0).sum(1)
        chosen = list((lengths + torch.rand(_CHUNK)).argsort().split(BATCH))
        rng.shuffle(chosen)
        for rows in chosen:
            yield (
                tokens[rows, : int(lengths[rows].max())],
                Contents(
                    contents.concepts[rows],
                    contents.colours[rows],
                    contents.backdrops[rows],
                    contents.counts[rows],
                ),
            )
