"""Models filled straight from their checkpoints are what open_clip itself would have made of them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from search import checkpoint
from search.clip import ClipEmbedder, Compute
from search.quantising import made_up_pictures
from search.torchvision_operators import declare_missing_operators
from tests.programs import DEMO

WORDS = ["a red car", "two cats", "зелёное дерево"]
TINY = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 32, "head_width": 16, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
}
"""With the mask that keeps words from seeing later ones, which is in no checkpoint."""


def _random() -> Any:
    declare_missing_operators()
    import open_clip  # noqa: PLC0415 - only after the operators are declared

    return open_clip.CLIP(**TINY)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model like ViT-B-32, with random weights."""
    directory: Path = tmp_path_factory.mktemp("tiny")
    torch.manual_seed(7)
    model = _random()
    save_file(
        {name: weight.contiguous() for name, weight in model.state_dict().items()}, directory / "model.safetensors"
    )
    (directory / "open_clip_config.json").write_text(json.dumps({"model_cfg": TINY, "preprocess_cfg": {}}))
    return directory


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("which", ["demo", "tiny"])
def test_a_model_filled_straight_sees_something_else(
    which: str, precision: str, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every vector is the same to the last bit."""
    directory = DEMO if which == "demo" else tiny
    compute = Compute("cpu", precision, 1)
    filled: list[object] = []
    fill = checkpoint._fill

    def noted(model: Any, file: Path) -> None:
        filled.append(file)
        fill(model, file)

    monkeypatch.setattr(checkpoint, "_fill", noted)
    ours = ClipEmbedder.load(f"local-dir:{directory}", compute)
    assert len(filled) == 1
    monkeypatch.setattr(checkpoint, "_file", lambda spec: None)
    theirs = ClipEmbedder.load(f"local-dir:{directory}", compute)
    assert len(filled) == 1
    pictures = list(made_up_pictures(2, ours.image_size))
    np.testing.assert_array_equal(ours.embed_texts(WORDS), theirs.embed_texts(WORDS))
    np.testing.assert_array_equal(ours.embed_images(pictures), theirs.embed_images(pictures))


def test_a_checkpoint_of_another_shape_is_poured_in(tiny: Path, tmp_path: Path) -> None:
    """One that is not the model's own to the last name is open_clip's to read, and here to refuse."""
    model = _random()
    assert checkpoint._fits(model, tiny / "model.safetensors")
    weights = {name: weight.contiguous() for name, weight in model.state_dict().items()}
    weights["text_projection"] = torch.zeros(32, 8)
    save_file(weights, tmp_path / "other.safetensors")
    assert not checkpoint._fits(model, tmp_path / "other.safetensors")


def test_the_log_says_that_a_model_is_random(tiny: Path, caplog: pytest.LogCaptureFixture) -> None:
    """open_clip says so of the empty model, before it is filled; an operator would believe it."""
    ClipEmbedder.load(f"local-dir:{tiny}", Compute("cpu", "fp32", 1))
    assert [record.getMessage() for record in caplog.records if "weights" in record.getMessage()] == []
