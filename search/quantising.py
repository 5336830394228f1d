"""A process of its own that makes the eight-bit picture tower of a model: `python -m search.quantising`.

torch's export takes the memory of the model twice over and half a minute, and gives neither back. What comes of it
lies in a directory per model (`Quantised`) and is made once. The tower's work is written as products of matrices
(`search.products`), whose weights become int8, one scale a channel; what flows between them is quantised as it comes
(dynamically): no pictures are needed to calibrate it.
"""

import json
import logging
import os
import re
import shutil
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.onnx_tower import INPUT, OUTPUT, OnnxTower, normalised

FORMAT = 2
"""Part of the directory's name: another way to quantise makes another one."""
TOWER, FACTS = "picture.onnx", "facts.json"
BOUND = 0.99
"""The least cosine between what both towers say of a picture. A photo's size chosen for speed moves it as far
(docs/decisions/0006-which-photo-size.md)."""
CHECKED, TIMED = 16, 8
"""Pictures made up for the first check; pictures in a batch that is timed: from 8 on the rate is flat."""
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Facts:
    """What came of quantising a model."""

    refused: str | None
    """Why the exact tower stays; None where the quantised one may be used."""
    cosine: float = 0.0
    """The least one on made-up pictures."""
    speedup: float = 0.0
    checked: int = 0
    """Real pictures of which both towers said the same (`search.quantised`)."""
    unfinished: int = 0
    """How often it was begun since it was last brought to an end."""


class Quantised:
    """The directory of one model's quantised tower."""

    def __init__(self, root: Path, model_id: str) -> None:
        name = re.sub(r"[^\w.-]+", "-", model_id)[:60]
        self._ways = f"{name}-{sha256(model_id.encode()).hexdigest()[:8]}-int8-"
        self.path = root / f"{self._ways}{FORMAT}"

    @property
    def tower(self) -> Path:
        """The ONNX file."""
        return self.path / TOWER

    def facts(self) -> Facts | None:
        """None where nobody has tried yet, or what was written cannot be read."""
        try:
            return Facts(**json.loads((self.path / FACTS).read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def remove_earlier(self) -> None:
        """What other versions made of the same model, some 100 MB each."""
        for earlier in self.path.parent.glob(f"{self._ways}*"):
            if earlier != self.path:
                shutil.rmtree(earlier, ignore_errors=True)

    def forget(self) -> None:
        """Nobody has tried yet, after all."""
        (self.path / FACTS).unlink(missing_ok=True)

    def keep(self, facts: Facts) -> None:
        """Writes them, whole or not at all.

        Raises:
            OSError
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=self.path, delete=False, encoding="utf-8") as file:
            json.dump(asdict(facts), file)
        Path(file.name).replace(self.path / FACTS)


def main(setting: str, model_id: str, root: str, precision: str, worthwhile: str) -> None:
    """Quantises, compares, times, and keeps what came of it."""
    _step_back()
    threading.Thread(target=_end_with_the_bot, daemon=True).start()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    place = Quantised(Path(root), model_id)
    place.remove_earlier()
    before = place.facts()
    begun = 1 if before is None else before.unfinished + 1
    place.keep(Facts("it was begun and never finished", unfinished=begun))
    place.keep(quantise(setting, place, precision, float(worthwhile)))


def quantise(setting: str, place: Quantised, precision: str, worthwhile: float) -> Facts:
    """Makes the tower of the model that `setting` names; refuses one that is off, or not at least `worthwhile` times as
    fast as torch's at `precision`, one thread each.
    """
    import torch  # noqa: PLC0415 - two seconds

    torch.set_num_threads(1)
    exact = _picture_tower(setting, "fp32")
    pixels = made_up_pictures(CHECKED, exact.side)
    truth = exact.encode(pixels)  # before anything is replaced in it
    with tempfile.TemporaryDirectory(dir=place.path) as scratch:
        export_as_products(exact.module, Path(scratch) / "exact.onnx", pixels[:2])
        reduce(Path(scratch) / "exact.onnx", Path(scratch) / TOWER)
        (Path(scratch) / TOWER).replace(place.tower)
    del exact
    quick = OnnxTower.open(place.tower, 1)
    cosine = float((truth * quick.encode(pixels)).sum(axis=1).min())
    if cosine < BOUND:
        return _refused(place, f"its vectors are too far off: a cosine of {cosine:.3f}, {BOUND} is the least", cosine)
    rival = _picture_tower(setting, precision)
    speedup = _times_as_fast(quick.encode, rival.encode, pixels[:TIMED])
    if speedup < worthwhile:
        return _refused(place, f"it is only {speedup:.1f} times as fast", cosine, speedup)
    return Facts(None, cosine, speedup)


def made_up_pictures(number: int, side: int) -> NDArray[np.float32]:
    """`[number, 3, side, side]` as a model's input: colours that flow, with a few edges, the same every time."""
    noise = np.random.default_rng(20)
    across, down = np.meshgrid(np.linspace(0, 1, side), np.linspace(0, 1, side))
    pictures = np.zeros((number, 3, side, side), np.float32)
    for _ in range(6):
        waves = noise.uniform(-12, 12, (2, number, 3, 1, 1))
        pictures += np.sin(waves[0] * across + waves[1] * down + noise.uniform(0, 6, (number, 3, 1, 1))) / 3
    pictures += 2 * (across > noise.uniform(0, 1, (number, 1, 1, 1))) * noise.uniform(-1, 1, (number, 3, 1, 1))
    return np.clip(pictures, -1.8, 1.8).astype(np.float32)


@dataclass(frozen=True, slots=True)
class _Exact:
    module: Any
    side: int
    dtype: Any

    def encode(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        import torch  # noqa: PLC0415

        with torch.inference_mode():
            return normalised(self.module(torch.from_numpy(pixels).to(self.dtype)).float().numpy())


def _picture_tower(setting: str, precision: str) -> _Exact:
    from search.clip import picture_tower  # noqa: PLC0415 - imports torch and open_clip

    return _Exact(*picture_tower(setting, precision))


def export(module: Any, path: Path, example: NDArray[np.float32]) -> None:
    """Writes torch's tower as ONNX, for batches of any size."""
    import torch  # noqa: PLC0415

    class Tower(torch.nn.Module):  # the names of what goes in and out; some towers take more
        def __init__(self) -> None:
            super().__init__()
            self.inner = module

        def forward(self, pixels: Any) -> Any:
            return self.inner(pixels)

    batch = torch.export.Dim("batch", min=1, max=1024)
    program = torch.onnx.export(
        Tower().eval(),
        (torch.from_numpy(example),),
        dynamo=True,
        input_names=[INPUT],
        output_names=[OUTPUT],
        dynamic_shapes={INPUT: {0: batch}},
        verbose=False,
    )
    assert program is not None  # noqa: S101 - as `dynamo` promises
    program.save(str(path), external_data=True)


def export_as_products(tower: Any, path: Path, example: NDArray[np.float32]) -> None:
    """The same of a tower that is another one afterwards."""
    from search.products import as_products  # noqa: PLC0415 - imports torch

    as_products(tower)
    export(tower, path, example)


def reduce(exact: Path, reduced: Path) -> None:
    """Writes an exact tower once more in eight bits. Convolutions stay as they are: quantised, they are slower."""
    from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: PLC0415

    quantize_dynamic(
        exact, reduced, weight_type=QuantType.QInt8, per_channel=True, op_types_to_quantize=["MatMul", "Gemm"]
    )


def _times_as_fast(
    quick: Callable[[NDArray[np.float32]], object],
    exact: Callable[[NDArray[np.float32]], object],
    pixels: NDArray[np.float32],
) -> float:
    """In turns, for other work comes and goes; the first of each does not count."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS + 1):
        for encode, taken in zip((quick, exact), seconds, strict=True):
            started = perf_counter()
            encode(pixels)
            taken.append(perf_counter() - started)
    return median(seconds[1][1:]) / median(seconds[0][1:])


def _refused(place: Quantised, why: str, cosine: float, speedup: float = 0.0) -> Facts:
    place.tower.unlink(missing_ok=True)
    return Facts(why, cosine, speedup)


def _end_with_the_bot() -> None:
    """Standard input closes when the bot ends, however it does."""
    os.read(0, 1)
    os._exit(1)


def _step_back() -> None:
    """Last in the scheduler's order, and first to go where memory runs out."""
    os.nice(19)
    score = Path("/proc/self/oom_score_adj")
    if score.exists():
        score.write_text("1000", encoding="ascii")


if __name__ == "__main__":
    main(*sys.argv[1:])
