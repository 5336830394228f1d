"""The bundled checkpoint, loaded by the line of code that loads a production model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from training.measure import (
    FIGURES,
    Checkpoint,
    archive_pictures,
    archive_scenes,
    recall,
    same_scene,
    scene_phrase,
)
from training.model import MODEL, WIDTH


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    return Checkpoint()


@pytest.fixture(scope="module")
def archive(checkpoint: Checkpoint) -> tuple[list[str], torch.Tensor]:
    """Files of the archive's scenes, and their vectors."""
    files = list(archive_scenes())
    return files, checkpoint.pictures(archive_pictures(files))


def _names(file: str) -> set[str]:
    return {thing["name"] for thing in archive_scenes()[file]["things"]}


def test_checkpoint_outgrows_its_limit() -> None:
    """The whole folder stays under 12 MB, its weights in half precision."""
    assert sum(path.stat().st_size for path in MODEL.iterdir()) < 12_000_000
    with safe_open(MODEL / "open_clip_model.safetensors", framework="pt") as weights:
        kinds = {weights.get_tensor(name).dtype for name in weights.keys()}  # noqa: SIM118 - no mapping
    assert kinds <= {torch.float16, torch.int64}


def test_vectors_of_the_wrong_shape(checkpoint: Checkpoint) -> None:
    """Texts and pictures give finite unit vectors of one length."""
    texts = checkpoint.texts(["pizza", "披萨", "пицца", "", "🍕"])
    pictures = checkpoint.pictures(archive_pictures(list(archive_scenes())[:3]))
    assert texts.shape == (5, WIDTH)
    assert pictures.shape == (3, WIDTH)
    for vectors in (texts, pictures):
        torch.testing.assert_close(vectors.norm(dim=1), torch.ones(len(vectors)))


def test_vocabulary_lacks_a_language(checkpoint: Checkpoint) -> None:
    """Common Chinese and Russian words are few tokens, and nothing is unknown."""
    tokenizer = checkpoint.tokenizer.tokenizer
    for word in ("bicycle", "自行车", "велосипед", "собака", "猫", "жёлтый"):
        tokens = tokenizer.encode(word, add_special_tokens=False)
        assert len(tokens) <= 4, word
        assert tokenizer.decode(tokens).strip() == word.replace("ё", "е")


def test_long_query_loses_its_end(checkpoint: Checkpoint) -> None:
    """A query longer than the context is cut, and still ends where the text tower looks."""
    tokens = checkpoint.tokenizer(["red car " * 60])
    assert tokens.shape == (1, checkpoint.tokenizer.context_length)
    assert tokens[0, -1] == checkpoint.tokenizer.tokenizer.eos_token_id


@pytest.mark.parametrize("query", ["pizza", "a photo of a pizza", "披萨", "пицца", "PIZZA"])
def test_pizza_finds_something_else(
    checkpoint: Checkpoint, archive: tuple[list[str], torch.Tensor], query: str
) -> None:
    """Asking for pizza shows pizza first, and more than once among the first five."""
    files, vectors = archive
    best = (checkpoint.texts([query]) @ vectors.T)[0].topk(5).indices.tolist()
    shown = ["pizza" in _names(files[place]) for place in best]
    assert shown[0]
    assert sum(shown) >= 3


def test_colour_is_not_seen(checkpoint: Checkpoint, archive: tuple[list[str], torch.Tensor]) -> None:
    """Naming a colour favours the car of that colour over the other cars."""
    files, vectors = archive
    cars = {
        thing["colour"]: place
        for place, file in enumerate(files)
        for thing in archive_scenes()[file]["things"]
        if thing["name"] == "automobile"
    }
    plain = (checkpoint.texts(["car"]) @ vectors.T)[0]
    for colour in ("red", "blue", "yellow", "green"):
        moved = (checkpoint.texts([f"{colour} car"]) @ vectors.T)[0] - plain
        assert max(cars, key=lambda name: float(moved[cars[name]])) == colour


def test_repost_is_far_from_its_original(archive: tuple[list[str], torch.Tensor]) -> None:
    """A recompressed copy is the picture nearest to its original."""
    files, vectors = archive
    similarity = (vectors @ vectors.T).fill_diagonal_(-1)
    copies = {file: scene["recompressed"] for file, scene in archive_scenes().items() if "recompressed" in scene}
    assert copies
    for copy, original in copies.items():
        assert files[int(similarity[files.index(original)].argmax())] == copy


def test_report_claims_what_cannot_be_measured_again(
    checkpoint: Checkpoint, archive: tuple[list[str], torch.Tensor]
) -> None:
    """Phrase retrieval in English, measured now, is what the report says."""
    files, vectors = archive
    scenes = archive_scenes()
    names = {thing["name"]: thing["name"] for scene in scenes.values() for thing in scene["things"]}
    phrases = [scene_phrase(scenes[file], names, "en", seed) for seed, file in enumerate(files)]
    found = recall(checkpoint.texts(phrases), vectors, same_scene(files, scenes))
    claimed = json.loads(Path(FIGURES).read_text("utf-8"))["phrases"]["en"]
    assert [found.at_1, found.at_10] == pytest.approx(claimed, abs=0.03)
