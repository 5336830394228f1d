"""A second model as good as the demo's, whose vectors say nothing of the demo's: its dimensions in another order, with
other signs. An answer that mixed the two would be noise."""

import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from tests.programs import DEMO

WEIGHTS = "open_clip_model.safetensors"


def write_second_model(target: Path) -> Path:
    """In open_clip's layout, with figures of its own to come; returns the directory."""
    target.mkdir(parents=True)
    for file in DEMO.iterdir():
        if file.name not in (WEIGHTS, "calibration.json", "words.npy") and file.is_file():
            shutil.copy(file, target)
    weights = load_file(DEMO / WEIGHTS)
    dimensions = weights["text_projection"].shape[1]
    order = torch.randperm(dimensions, generator=torch.Generator().manual_seed(1))
    signs = torch.where(torch.arange(dimensions) % 2 == 0, 1.0, -1.0)
    projection, head = "text_projection", "visual.trunk.head.fc"
    weights[projection] = (weights[projection][:, order] * signs).contiguous()
    weights[f"{head}.weight"] = (weights[f"{head}.weight"][order] * signs[:, None]).contiguous()
    weights[f"{head}.bias"] = (weights[f"{head}.bias"][order] * signs).contiguous()
    save_file(weights, target / WEIGHTS)
    return target
