"""Pictures embedded in eight bits: only where that says the same as the model itself."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from search.clip import ClipEmbedder, Compute
from search.embedder import Embedding, Pixels
from search.model_spec import ModelSpec
from search.onnx_tower import OnnxTower
from search.quantised import PROBATION, QuantisedEmbedder
from search.quantising import FACTS, Facts, Quantised, made_up_pictures
from tests.programs import ROOT
from tests.transformers import save_tiny_transformer

CPU = Compute(device="cpu", precision="fp32", threads=1)


def converting(setting: str, root: Path) -> "subprocess.Popen[bytes]":
    """The process as the bot starts it; whatever its speed, it is good enough."""
    arguments = (setting, ModelSpec.parse(setting).model_id(), str(root), "fp32", "0")
    command = [sys.executable, "-m", "search.quantising", *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)  # noqa: S603 - our own module


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A vision transformer of the usual kind, tiny."""
    return save_tiny_transformer(tmp_path_factory.mktemp("tiny"), seed=1)


@pytest.fixture(scope="module")
def made(setting: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where its quantised tower lies."""
    root = tmp_path_factory.mktemp("engines")
    with converting(setting, root) as process:
        assert process.stderr is not None
        said = process.stderr.read()
        assert process.wait() == 0, said
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(made, tmp_path / "engines"))


@pytest.fixture
def opened(setting: str, root: Path) -> QuantisedEmbedder:
    return open_embedder(setting, root)


def open_embedder(setting: str, root: Path) -> QuantisedEmbedder:
    exact = ClipEmbedder.load(setting, CPU)
    return QuantisedEmbedder(exact, Quantised(root, exact.model_id), threads=1)


def pictures(embedder: QuantisedEmbedder, number: int) -> list[Pixels]:
    """Different ones, as people's are."""
    fields = made_up_pictures(number + 3, 64)[3:]
    images = [Image.fromarray(((one.transpose(1, 2, 0) + 1.8) * 70).astype(np.uint8)) for one in fields]
    return [embedder.prepare(image) for image in images]


def test_a_tower_is_used_before_it_has_proven_itself(opened: QuantisedEmbedder) -> None:
    """Until it has said the same of enough real pictures, vectors are the exact model's."""
    few = pictures(opened, 5)
    assert np.array_equal(opened.embed_images(few), opened.exact.embed_images(few))
    facts = opened.place.facts()
    assert facts is not None
    assert (facts.refused, facts.checked) == (None, 5)
    assert opened.stage == "on probation"


def test_eight_bits_say_something_else(opened: QuantisedEmbedder, setting: str, root: Path) -> None:
    """Proven, it embeds every batch alone, near the exact vectors; words stay as they are, here and at the next
    start."""
    exact = ClipEmbedder.load(setting, CPU)
    shown = pictures(opened, PROBATION)
    for start in range(0, PROBATION, 16):
        opened.embed_images(shown[start : start + 16])
    for embedder in (opened, open_embedder(setting, root)):
        assert embedder.stage == "eight bits"
        for number in (1, 3, 8):
            quick, truth = embedder.embed_images(shown[:number]), exact.embed_images(shown[:number])
            assert quick.shape == truth.shape
            assert not np.array_equal(quick, truth)
            assert (quick * truth).sum(axis=1).min() > 0.99
        assert np.array_equal(embedder.embed_texts(["a red car"]), exact.embed_texts(["a red car"]))
        with pytest.raises(TypeError):  # its memory is given back
            embedder.exact.embed_images(shown[:1])


def test_a_tower_that_is_off_is_used(
    opened: QuantisedEmbedder, setting: str, root: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One real picture with another vector, and the exact model embeds for good, and says why."""
    other = open_embedder(save_tiny_transformer(tmp_path / "other", seed=2), root)
    shown = pictures(other, 3)
    truth = other.exact.embed_images(shown)
    shutil.copy(opened.place.tower, make_directory(other.place.path) / opened.place.tower.name)
    other.place.keep(Facts(None, 1.0, 2.0))
    other.adopt()
    for _ in range(2):
        assert np.array_equal(other.embed_images(shown), truth)
    facts = other.place.facts()
    assert facts is not None
    assert "on a real picture" in str(facts.refused)
    assert "embedded exactly from now on" in caplog.text
    assert other.stage == "exact"


def make_directory(path: Path) -> Path:
    path.mkdir(parents=True)
    return path


@pytest.mark.parametrize("spoilt", ["tower", "facts", "both gone"])
def test_damaged_files_stop_the_bot(setting: str, root: Path, spoilt: str) -> None:
    """They are a cache: without them pictures are embedded exactly."""
    place = Quantised(root, ModelSpec.parse(setting).model_id())
    if spoilt == "tower":
        place.tower.write_bytes(b"\x08no")
    elif spoilt == "facts":
        (place.path / FACTS).write_text('{"refused": nul', encoding="utf-8")
    else:
        shutil.rmtree(place.path)
    embedder = open_embedder(setting, root)
    assert embedder.is_untried is (spoilt != "tower")
    shown = pictures(embedder, 2)
    assert np.array_equal(embedder.embed_images(shown), embedder.exact.embed_images(shown))


def test_a_conversion_that_dies_is_tried_for_ever(setting: str, tmp_path: Path) -> None:
    """What ran out of memory twice would do so at every start: it is not tried again by itself."""
    place = Quantised(tmp_path, ModelSpec.parse(setting).model_id())
    for attempt in (1, 2):
        with converting(setting, tmp_path) as process:
            while (facts := place.facts()) is None or facts.unfinished < attempt:
                assert process.poll() is None
            process.send_signal(signal.SIGKILL)
        assert "never finished" in str(facts.refused)
        assert open_embedder(setting, tmp_path).is_untried is (attempt == 1)


def test_a_tower_without_numbers_is_trusted(
    opened: QuantisedEmbedder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """NaN is no cosine at all; the vectors stay the exact model's."""
    monkeypatch.setattr(OnnxTower, "encode", lambda _, pixels: np.full((len(pixels), 64), np.nan, np.float32))
    shown = pictures(opened, 2)
    for _ in range(2):
        assert np.isfinite(opened.embed_images(shown)).all()
    assert "embedded exactly from now on" in caplog.text


@pytest.mark.parametrize("checked", [0, PROBATION])
def test_a_tower_that_fails_costs_photos(
    setting: str, root: Path, checked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exact one embeds them, loaded again where its memory was given back; and at every start."""

    def fail(_: OnnxTower, pixels: Embedding) -> Embedding:
        raise RuntimeError("bad node")

    exact = ClipEmbedder.load(setting, CPU)
    Quantised(root, exact.model_id).keep(Facts(None, 1.0, 2.0, checked))
    monkeypatch.setattr(OnnxTower, "encode", fail)
    for _ in range(2):
        embedder = open_embedder(setting, root)
        shown = pictures(embedder, 2)
        assert np.array_equal(embedder.embed_images(shown), exact.embed_images(shown))
        assert not embedder.is_untried


def test_two_embedders_of_one_model_forget_a_refusal(setting: str, root: Path) -> None:
    """A reindexing to the model that is in use has its own: what one has found out holds for both."""
    first, second = open_embedder(setting, root), open_embedder(setting, root)
    first.place.keep(Facts("it was off"))
    second.embed_images(pictures(second, 2))
    facts = second.place.facts()
    assert facts is not None
    assert facts.refused == "it was off"


def test_a_conversion_outlives_its_bot(setting: str, tmp_path: Path) -> None:
    """When the bot ends, whatever ended it, standard input closes."""
    with converting(setting, tmp_path) as process:
        place = Quantised(tmp_path, ModelSpec.parse(setting).model_id())
        while not (place.path / FACTS).exists():
            assert process.poll() is None
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=60) == 1
    assert json.loads((place.path / FACTS).read_text("utf-8"))["refused"] is not None


def test_a_new_version_leaves_the_old_tower_or_takes_others(tmp_path: Path) -> None:
    """What an earlier version made of the same model goes; every other model's stays."""
    place, other = Quantised(tmp_path, "local-dir:tiny-1"), Quantised(tmp_path, "local-dir:tiny-2")
    earlier = Path(f"{str(place.path).rpartition('-')[0]}-1")
    for directory in (place.path, other.path, earlier):
        make_directory(directory)
        (directory / FACTS).touch()
    assert earlier not in (place.path, other.path)
    place.remove_earlier()
    assert sorted(tmp_path.iterdir()) == sorted([place.path, other.path])
