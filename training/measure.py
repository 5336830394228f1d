"""Measurements of a checkpoint as it is used: through open_clip's own preprocessing, tokenizer and towers."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from search.torchvision_operators import declare_missing_operators
from training.model import MODEL
from training.phrases import Thing, phrase

FIGURES = Path(__file__).parent / "figures.json"
ARCHIVE = Path(__file__).parents[1] / "sandbox" / "archive"


@dataclass(frozen=True, slots=True)
class Recall:
    """Shares of questions whose answer came first, and among the first ten."""

    at_1: float
    at_10: float

    def __str__(self) -> str:
        return f"{self.at_1:.2f} / {self.at_10:.2f}"


class Checkpoint:
    """A loaded model that turns texts and pictures into normalised vectors [n, d]."""

    def __init__(self, folder: Path = MODEL) -> None:
        declare_missing_operators()
        import open_clip  # noqa: PLC0415 - importable only after the declaration

        name = f"local-dir:{folder}"
        self.model, self.preprocess = open_clip.create_model_from_pretrained(name)
        self.model.eval()
        self.tokenizer = open_clip.get_tokenizer(name)

    @torch.inference_mode()
    def texts(self, texts: Sequence[str]) -> Tensor:
        """[n, d]"""
        parts = [texts[start : start + 256] for start in range(0, len(texts), 256)]
        return torch.cat([self.model.encode_text(self.tokenizer(list(part)), normalize=True) for part in parts])

    @torch.inference_mode()
    def pictures(self, pictures: Sequence[Image.Image]) -> Tensor:
        """[n, d]"""
        parts = [pictures[start : start + 32] for start in range(0, len(pictures), 32)]
        return torch.cat([self._encode(part) for part in parts])

    def _encode(self, part: Sequence[Image.Image]) -> Tensor:
        features: Tensor = self.model.encode_image(torch.stack([self.preprocess(p) for p in part]), normalize=True)
        return features


def recall(questions: Tensor, answers: Tensor, right: Tensor | None = None) -> Recall:
    """How often the right answer is near the top.

    Args:
        questions: [n, d], normalised.
        answers: [m, d], normalised.
        right: bool [n, m]; by default the n-th answer alone is right for the n-th question.
    """
    right = torch.eye(len(questions), len(answers), dtype=torch.bool) if right is None else right
    similarity = questions @ answers.T
    best = similarity.masked_fill(~right, -2).amax(1, keepdim=True)
    rank = (similarity > best).sum(1).float()
    return Recall(float((rank < 1).float().mean()), float((rank < 10).float().mean()))


def archive_scenes() -> dict[str, dict[str, Any]]:
    """What is in the sample archive's pictures of things, words left out: file to its description."""
    scenes: dict[str, dict[str, Any]] = json.loads((ARCHIVE / "scenes.json").read_text("utf-8"))
    return {file: scene for file, scene in scenes.items() if "things" in scene}


def archive_pictures(files: Sequence[str]) -> list[Image.Image]:
    """The archive's pictures."""
    return [Image.open(ARCHIVE / file).convert("RGB") for file in files]


def scene_phrase(scene: dict[str, Any], names: Mapping[str, str], language: str, seed: int) -> str:
    """One way to ask for a scene, naming everything in it.

    Args:
        names: a thing's English name to its name in the language.
    """
    rng = random.Random(seed)
    things = [Thing(names[thing["name"]], thing["colour"]) for thing in scene["things"]]
    count = scene["things"][0]["count"] if len(things) == 1 else 1
    return phrase(language, things, scene["backdrop"], count, rng)


def same_scene(files: Sequence[str], scenes: dict[str, dict[str, Any]]) -> Tensor:
    """bool [n, n]: which pictures show the same things before the same backdrop, reposts above all."""
    keys = [_key(scenes[file]) for file in files]
    return torch.tensor([[one == other for other in keys] for one in keys])


def _key(scene: dict[str, Any]) -> str:
    things = [[thing["name"], thing["colour"], thing["count"]] for thing in scene["things"]]
    return json.dumps([things, scene["backdrop"]])


def speed(checkpoint: Checkpoint, pictures: Sequence[Image.Image]) -> dict[str, float]:
    """Median milliseconds for a query, and pictures per second with preprocessing, on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    queries = []
    for number in range(60):
        started = time.perf_counter()
        checkpoint.texts([f"query number {number} about a red car"])
        queries.append(time.perf_counter() - started)
    started = time.perf_counter()
    checkpoint.pictures(pictures)
    seconds = time.perf_counter() - started
    torch.set_num_threads(threads)
    return {"query_ms": 1000 * sorted(queries)[len(queries) // 2], "pictures_per_s": len(pictures) / seconds}
