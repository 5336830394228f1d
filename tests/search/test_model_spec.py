"""Model settings: what they may say, and what a vector remembers of its model."""

from pathlib import Path

import pytest

from search.errors import ModelUnknown
from search.model_spec import ModelSpec

KNOWN = [("ViT-B-32", "openai"), ("ViT-B-32", "laion2b_s34b_b79k"), ("ViT-B-16-SigLIP2", "webli")]


@pytest.mark.parametrize("text", ["ViT-B-32", "ViT-B-32:", ":openai", "", "local-dir:", "hf-hub:"])
def test_a_model_without_weights_does_not_start_with_random_ones(text: str) -> None:
    """open_clip would create it, untrained, and every search would be noise."""
    with pytest.raises(ModelUnknown):
        ModelSpec.parse(text)


def test_a_misspelt_model_is_answered_with_its_neighbours() -> None:
    """The message names what to write instead."""
    with pytest.raises(ModelUnknown, match="ViT-B-16-SigLIP2"):
        ModelSpec.parse("ViT-B-16-Siglip2:webli").check_known(KNOWN)
    with pytest.raises(ModelUnknown, match="openai, laion2b_s34b_b79k"):
        ModelSpec.parse("ViT-B-32:laion").check_known(KNOWN)


def test_a_known_model_passes() -> None:
    """Both parts of the name are used as they are."""
    spec = ModelSpec.parse("ViT-B-32:openai")
    spec.check_known(KNOWN)
    assert (spec.name, spec.pretrained, spec.model_id()) == ("ViT-B-32", "openai", "ViT-B-32:openai")


def test_a_moved_directory_is_still_the_same_model(tmp_path: Path) -> None:
    """The id holds a digest of the weights, not their path."""
    ids = []
    for parent in ("a", "b"):
        directory = tmp_path / parent / "mine"
        directory.mkdir(parents=True)
        (directory / "open_clip_model.safetensors").write_bytes(b"weights")
        ids.append(ModelSpec.parse(f"local-dir:{directory}").model_id())
    assert ids[0] == ids[1]


def test_retrained_weights_in_the_same_place_are_another_model(tmp_path: Path) -> None:
    """Vectors of the old weights would be compared with questions of the new ones."""
    weights = tmp_path / "open_clip_model.safetensors"
    spec = ModelSpec.parse(f"local-dir:{tmp_path}")
    weights.write_bytes(b"old")
    old = spec.model_id()
    weights.write_bytes(b"new")
    assert spec.model_id() != old
