"""A vision transformer as small as can be, with random weights, in open_clip's own layout."""

import json
import shutil
from pathlib import Path
from typing import Any

import torch

from search.torchvision_operators import declare_missing_operators
from tests.programs import DEMO

CONFIG: dict[str, Any] = {
    "model_cfg": {
        "embed_dim": 64,
        "vision_cfg": {"image_size": 64, "layers": 2, "width": 128, "head_width": 32, "patch_size": 16},
        "text_cfg": {
            "context_length": 32,
            "vocab_size": 6000,
            "hf_tokenizer_name": "tokenizer.json",
            "tokenizer_kwargs": {},
            "width": 64,
            "heads": 2,
            "layers": 1,
            "pad_id": 0,
            "eos_id": 2,
            "pool_type": "eos",
        },
    },
    "preprocess_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "interpolation": "bicubic"},
}


def save_tiny_transformer(directory: Path, seed: int) -> str:
    """Writes the model; returns what the model setting says for it."""
    declare_missing_operators()
    from open_clip.model import CLIP  # noqa: PLC0415 - after the operators are declared

    directory.mkdir(parents=True, exist_ok=True)
    for path in DEMO.glob("*token*"):
        shutil.copy(path, directory)
    config = CONFIG["model_cfg"]
    torch.manual_seed(seed)
    model = CLIP(config["embed_dim"], config["vision_cfg"], config["text_cfg"])
    (directory / "open_clip_config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    torch.save(model.state_dict(), directory / "open_clip_pytorch_model.bin")
    return f"local-dir:{directory}"
