"""How many pictures a second one processor core embeds, by engine, and how far their vectors are from torch's fp32.

    python -m benchmarks.engines [--quick]

Random weights, which is enough for speed. Every engine takes its turn in every round. OpenVINO takes part where it is
installed (`pip install -e ".[peers]"`).
"""

import os
import tempfile
from collections.abc import Callable
from copy import deepcopy
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.publishing import main
from benchmarks.report import Plot, Report, Table
from benchmarks.rounds import ROUNDS, Spread, in_turns, noise
from search.onnx_tower import INPUT, OUTPUT, OnnxTower, normalised
from search.quantising import TOWER, export, export_as_products, made_up_pictures, reduce

BATCHES = (1, 8, 16)
ARCHITECTURES = ("ViT-B-32", "ViT-B-32-SigLIP2-256")
QUICK_ARCHITECTURES = ("ViT-S-32-alt",)
EXACT, OURS = "torch fp32", "ONNX Runtime int8 (Chatlens)"
Engine = Callable[[NDArray[np.float32]], NDArray[np.float32]]
Rates = dict[tuple[str, int], Spread]
"""Pictures a second by engine and batch."""


def run(quick: bool) -> Report:
    """Pictures a second on one core, by engine and batch."""
    import torch  # noqa: PLC0415 - seconds, and not for those who only ask what there is

    from search.torchvision_operators import declare_missing_operators  # noqa: PLC0415

    declare_missing_operators()
    torch.set_num_threads(1)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    rounds = 1 if quick else ROUNDS
    tables, plots = [], []
    for architecture in QUICK_ARCHITECTURES if quick else ARCHITECTURES:
        with tempfile.TemporaryDirectory() as scratch:
            engines, side = _engines(architecture, Path(scratch))
            pixels = made_up_pictures(max(BATCHES), side)
            rates = _rates(engines, pixels, rounds)
            tables.append(_table(f"{architecture}, {side} pixels: pictures a second", engines, pixels, rates))
            plots.append(_plot(architecture, rates))
    from benchmarks.demo_in_eight_bits import table  # noqa: PLC0415 - it takes engines from here

    with tempfile.TemporaryDirectory() as scratch:
        tables.append(table(Path(scratch), rounds))
    notes = [
        noise(rounds),
        "One thread on one core. Pictures are made up (`search.quantising.made_up_pictures`), weights random.",
        (
            "The cosine is the least of 16 pictures' to what torch says in fp32. Random weights have none of the "
            "outliers of trained ones: Chatlens measures it anew on real pictures (docs/decisions/0019-eight-bits.md)."
        ),
        (
            "Chatlens leaves the demo model's tower as it is, for it is a small convolutional net. The last table says "
            "what eight bits would do to it all the same: its weights are the only trained ones at hand."
        ),
    ]
    if not any("OpenVINO" in name for name in engines):
        notes.append("OpenVINO is not installed here, so it did not take part.")
    return Report("engines", "Engines for the picture tower, on one core", tables, plots, notes)


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
    export_as_products(deepcopy(exact), scratch / "products.onnx", made_up_pictures(2, side))
    reduce(scratch / "products.onnx", scratch / TOWER)
    engines = {
        EXACT: by_torch(exact, torch.float32),
        "torch bf16": by_torch(half, torch.bfloat16),
        "ONNX Runtime fp32": by_onnx(scratch / "exact.onnx", 1),
        OURS: OnnxTower.open(scratch / TOWER, 1).encode,
    }
    openvino = by_openvino(scratch / "exact.onnx", threads=1)
    return engines if openvino is None else {**engines, "OpenVINO bf16": openvino}, side


def by_torch(tower: Any, dtype: Any) -> Engine:
    """With as many threads as torch was told to take."""
    import torch  # noqa: PLC0415

    def encode(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode():
            return normalised(tower(torch.from_numpy(pixels).to(dtype)).float().numpy())

    return encode


def by_onnx(path: Path, threads: int) -> Engine:
    """ONNX Runtime as it comes."""
    import onnxruntime  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda pixels: normalised(session.run([OUTPUT], {INPUT: pixels})[0])


def by_openvino(path: Path, threads: int) -> Engine | None:
    """An ONNX file computed in bf16; None where OpenVINO is not installed."""
    try:
        import openvino  # noqa: PLC0415 - not among the dependencies
    except ImportError:
        return None
    hints = {"INFERENCE_PRECISION_HINT": "bf16", "INFERENCE_NUM_THREADS": threads}
    compiled = openvino.Core().compile_model(str(path), "CPU", hints)

    def encode(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        return normalised(compiled({INPUT: pixels})[OUTPUT])

    return encode


def _rates(engines: dict[str, Engine], pixels: NDArray[np.float32], rounds: int) -> Rates:
    ways = {(name, batch): partial(_rate, engines[name], pixels[:batch]) for name in engines for batch in BATCHES}
    return {way: Spread.of(rates) for way, rates in in_turns(ways, rounds).items()}


def _rate(encode: Engine, pixels: NDArray[np.float32]) -> float:
    started = perf_counter()
    encode(pixels)
    return len(pixels) / (perf_counter() - started)


def _table(caption: str, engines: dict[str, Engine], pixels: NDArray[np.float32], rates: Rates) -> Table:
    truth = engines[EXACT](pixels)
    rows = []
    for name, encode in engines.items():
        cosine = (encode(pixels) * truth).sum(axis=1).min()
        rows.append([name, *(str(rates[name, batch]) for batch in BATCHES), f"{cosine:.4f}"])
    return Table(caption, ["engine", *(f"batch {batch}" for batch in BATCHES), "least cosine"], rows)


def _plot(architecture: str, rates: Rates) -> Plot:
    series: dict[str, list[tuple[str, float, float, float]]] = {}
    for (name, batch), rate in rates.items():
        series.setdefault(name, []).append((f"{batch}", rate.median, rate.lowest, rate.highest))
    return Plot(architecture, "pictures in a batch", "pictures a second", series)


if __name__ == "__main__":
    main(run)
