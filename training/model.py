"""The demo model's shape, in open_clip's own configuration, and how it is written down and read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from search.torchvision_operators import declare_missing_operators

MODEL = Path(__file__).parents[1] / "models" / "demo"
RUNS = Path(__file__).parent / "runs"
SIDE = 64
"Pixels the image tower sees along a side."
WIDTH = 256
"Length of the vectors."
CONTEXT = 32
VOCABULARY = 6000

CONFIG: dict[str, Any] = {
    "model_cfg": {
        "embed_dim": WIDTH,
        "vision_cfg": {
            "timm_model_name": "cs3darknet_focus_s",
            "timm_model_pretrained": False,
            "timm_pool": "avg",
            "timm_proj": "",
            "image_size": SIDE,
        },
        "text_cfg": {
            "context_length": CONTEXT,
            "vocab_size": VOCABULARY,
            "hf_tokenizer_name": "tokenizer.json",
            "tokenizer_kwargs": {},
            "width": 192,
            "heads": 4,
            "layers": 3,
            "pad_id": 0,
            "eos_id": 2,
            "pool_type": "eos",
        },
    },
    "preprocess_cfg": {
        "mean": [0.5, 0.5, 0.5],
        "std": [0.5, 0.5, 0.5],
        "interpolation": "bicubic",
        "resize_mode": "squash",
    },
}


def new_model(seed: int) -> Any:
    """An untrained open_clip CLIP of this shape."""
    declare_missing_operators()
    from open_clip.model import CLIP  # noqa: PLC0415 - importable only after the declaration

    torch.manual_seed(seed)
    shape = CONFIG["model_cfg"]
    return CLIP(embed_dim=shape["embed_dim"], vision_cfg=shape["vision_cfg"], text_cfg=shape["text_cfg"])


def save_model(state: dict[str, Tensor], folder: Path = MODEL) -> None:
    """Write configuration and half-precision weights in open_clip's `local-dir:` layout."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "open_clip_config.json").write_text(json.dumps(CONFIG, indent=2) + "\n", "utf-8")
    half = {name: (t.half() if t.is_floating_point() else t).contiguous() for name, t in state.items()}
    save_file(half, folder / "open_clip_model.safetensors")


def load_state(folder: Path = MODEL) -> dict[str, Tensor]:
    """The weights as float32."""
    state = load_file(folder / "open_clip_model.safetensors")
    return {name: t.float() if t.is_floating_point() else t for name, t in state.items()}
