"""The production embedder on the demo checkpoint: the line of code that loads any other model."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from search.clip import ClipEmbedder, Compute
from search.errors import DeviceUnavailable, ModelDamaged, ModelUnknown
from tests.programs import DEMO

CPU = Compute(device="cpu", threads=1)


def pictures(count: int) -> list[Image.Image]:
    return [Image.new("RGB", (300, 200), (40 * number, 255 - 40 * number, 128)) for number in range(count)]


def test_embeddings_have_length_one_and_single_precision(embedder: ClipEmbedder) -> None:
    """float32 `[n, d]`, normalised, for words and for pictures, so that a dot product is a cosine."""
    words = embedder.embed_texts(["a red car", "пицца", "猫"])
    images = embedder.embed_images([embedder.prepare(picture) for picture in pictures(2)])
    for rows, count in ((words, 3), (images, 2)):
        assert rows.shape == (count, embedder.dimensions)
        assert rows.dtype == np.dtype(np.float32)
        assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_a_batch_does_not_change_what_a_picture_means(embedder: ClipEmbedder) -> None:
    """Alone or among others, the same embedding."""
    batch = [embedder.prepare(picture) for picture in pictures(5)]
    together = embedder.embed_images(batch)
    alone = np.concatenate([embedder.embed_images([one]) for one in batch])
    assert np.allclose(together, alone, atol=1e-4)


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_half_precision_does_not_change_what_a_picture_means(embedder: ClipEmbedder, precision: str) -> None:
    """Embeddings made on a processor with bf16, on one without, and in a GPU's fp16 can live in one archive."""
    whole = ClipEmbedder.load(f"local-dir:{DEMO}", Compute(device="cpu", precision="fp32", threads=1))
    half = ClipEmbedder.load(f"local-dir:{DEMO}", Compute(device="cpu", precision=precision, threads=1))
    batch = [whole.prepare(picture) for picture in pictures(4)]
    assert whole.model_id == half.model_id
    assert (whole.embed_images(batch) * half.embed_images(batch)).sum(axis=1).min() > 0.999
    assert (whole.embed_texts(["a red car"]) * half.embed_texts(["a red car"])).sum() > 0.999


def test_a_gpu_computes_in_its_own_half_precision() -> None:
    """Unless something else is set: bf16 is what processors have."""
    assert Compute(device="cuda:1").chosen_precision() == "fp16"
    assert Compute(device="cuda", precision="fp32").chosen_precision() == "fp32"


@pytest.mark.parametrize("device", ["cuda:99", "gpu"])
def test_a_device_that_is_not_there_is_not_blamed_on_the_model(device: str) -> None:
    """The error names the setting."""
    with pytest.raises(DeviceUnavailable, match="CHATLENS_DEVICE"):
        ClipEmbedder.load(f"local-dir:{DEMO}", Compute(device=device, precision="fp32", threads=1))


def test_a_missing_model_is_not_replaced_by_another(tmp_path: Path) -> None:
    """The error names the directory and the setting."""
    with pytest.raises(ModelUnknown, match=r"CHATLENS_MODEL") as caught:
        ClipEmbedder.load(f"local-dir:{tmp_path}", CPU)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("damage", ["cut", "empty", "other", "missing"])
def test_damaged_weights_are_not_taken_for_a_model(tmp_path: Path, damage: str) -> None:
    """One clear error, whatever the reader underneath raises."""
    shutil.copytree(DEMO, tmp_path / "demo")
    weights = tmp_path / "demo" / "open_clip_model.safetensors"
    whole = weights.read_bytes()
    if damage == "missing":
        weights.unlink()
    else:
        weights.write_bytes({"cut": whole[: len(whole) // 2], "empty": b"", "other": b"not weights at all"}[damage])
    with pytest.raises(ModelDamaged, match="could not be read"):
        ClipEmbedder.load(f"local-dir:{tmp_path / 'demo'}", CPU)


def test_a_model_without_its_tokenizer_is_damaged(tmp_path: Path) -> None:
    """And is not given the tokenizer of another model."""
    shutil.copytree(DEMO, tmp_path / "demo", ignore=shutil.ignore_patterns("tokenizer*"))
    with pytest.raises(ModelDamaged, match="could not be read"):
        ClipEmbedder.load(f"local-dir:{tmp_path / 'demo'}", CPU)


def test_open_clip_can_be_imported_beside_a_torchvision_of_another_build() -> None:
    """The CPU build of torch with the registry's torchvision: declared operators, and only where they are missing."""
    script = (
        "from search.torchvision_operators import declare_missing_operators as declare\n"
        "declare(); declare()\n"
        "import torch, torchvision, open_clip\n"
        "assert hasattr(torch.ops.torchvision, 'nms')\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", script], check=True, cwd=DEMO.parents[1])  # noqa: S603
