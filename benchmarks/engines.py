"""How many pictures a second one processor core embeds, by engine, and how far their vectors are from torch's fp32.

    python -m benchmarks.engines [ARCHITECTURE ...]

Random weights, which is enough for speed; the towers of the named open_clip architectures. Every engine takes its turn
in every round; medians. OpenVINO takes part where it is installed.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.onnx_tower import INPUT, OUTPUT, OnnxTower, normalised
from search.quantising import TOWER, export, made_up_pictures, reduce

ROUNDS, BATCHES = 5, (1, 8, 16)
ARCHITECTURES = ("ViT-B-32", "ViT-B-32-SigLIP2-256")
Engine = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def main(architectures: list[str]) -> None:
    """Prints a table for each."""
    import torch  # noqa: PLC0415

    from search.torchvision_operators import declare_missing_operators  # noqa: PLC0415

    declare_missing_operators()
    torch.set_num_threads(1)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    for architecture in architectures or ARCHITECTURES:
        with tempfile.TemporaryDirectory() as scratch:
            _report(architecture, *_engines(architecture, Path(scratch)))


def _engines(architecture: str, scratch: Path) -> tuple[dict[str, Engine], int]:
    import open_clip  # noqa: PLC0415
    import torch  # noqa: PLC0415

    torch.manual_seed(1)
    exact = open_clip.create_model(architecture).visual.eval()
    half = open_clip.create_model(architecture, precision="bf16").visual.eval()
    half.load_state_dict(exact.state_dict())
    size = exact.image_size
    side = size if isinstance(size, int) else size[0]
    export(exact, scratch / "exact.onnx", made_up_pictures(2, side))
    reduce(scratch / "exact.onnx", scratch / TOWER)

    def by_torch(tower: Any, dtype: Any) -> Engine:
        def encode(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
            with torch.inference_mode():
                return normalised(tower(torch.from_numpy(pixels).to(dtype)).float().numpy())

        return encode

    engines = {
        "torch fp32": by_torch(exact, torch.float32),
        "torch bf16": by_torch(half, torch.bfloat16),
        "ONNX Runtime fp32": OnnxTower.open(scratch / "exact.onnx", 1).encode,
        "ONNX Runtime int8 (Chatlens)": OnnxTower.open(scratch / TOWER, 1).encode,
    }
    openvino = _openvino(scratch / "exact.onnx")
    return engines if openvino is None else {**engines, "OpenVINO bf16": openvino}, side


def _openvino(path: Path) -> Engine | None:
    try:
        import openvino  # noqa: PLC0415 - not among the dependencies
    except ImportError:
        return None
    hints = {"INFERENCE_PRECISION_HINT": "bf16", "INFERENCE_NUM_THREADS": 1}
    compiled = openvino.Core().compile_model(str(path), "CPU", hints)

    def encode(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        return normalised(compiled({INPUT: pixels})[OUTPUT])

    return encode


def _report(architecture: str, engines: dict[str, Engine], side: int) -> None:
    pixels = made_up_pictures(max(BATCHES), side)
    truth = engines["torch fp32"](pixels)
    seconds: dict[tuple[str, int], list[float]] = {(name, batch): [] for name in engines for batch in BATCHES}
    for name, batch in [key for _ in range(ROUNDS) for key in seconds]:
        started = perf_counter()
        engines[name](pixels[:batch])
        seconds[name, batch].append(perf_counter() - started)
    print(f"\n{architecture}, {side} pixels; images/s, one thread, medians of {ROUNDS} in turns\n")
    print("| engine | " + " | ".join(f"batch {batch}" for batch in BATCHES) + " | least cosine to fp32 |")
    print("|---|" + "---:|" * (len(BATCHES) + 1))
    for name, encode in engines.items():
        rates = [f"{batch / median(seconds[name, batch]):.1f}" for batch in BATCHES]
        print(f"| {name} | " + " | ".join(rates) + f" | {(encode(pixels) * truth).sum(axis=1).min():.4f} |")


if __name__ == "__main__":
    main(sys.argv[1:])
