"""What eight bits would do to retrieval: the demo model's tower, which Chatlens leaves alone, quantised all the same.

The only trained weights at hand. Its tower is a small convolutional net, so this says what eight bits cost one of
those; it says nothing certain of the transformers that Chatlens quantises.
"""

from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from benchmarks.engines import Engine, by_onnx, by_torch
from benchmarks.report import Cell, Table
from benchmarks.rounds import Spread, in_turns
from search.clip import picture_tower
from search.onnx_tower import INPUT
from search.quantising import export, made_up_pictures
from training.measure import Checkpoint, archive_pictures, archive_scenes, recall, same_scene, scene_phrase

DEMO = "local-dir:models/demo"
BATCH = 8


def table(scratch: Path, rounds: int) -> Table:
    """Recall by phrases among the sample archive's scenes, cosines and rate, exactly and in eight bits."""
    checkpoint = Checkpoint()
    scenes = archive_scenes()
    files = list(scenes)
    names = {str(thing["name"]): str(thing["name"]) for scene in scenes.values() for thing in scene["things"]}
    questions = checkpoint.texts([scene_phrase(scenes[file], names, "en", seed) for seed, file in enumerate(files)])
    pixels = _pixels(checkpoint, archive_pictures(files))
    engines = _engines(scratch, pixels)
    rates = in_turns({name: lambda encode=encode: _rate(encode, pixels) for name, encode in engines.items()}, rounds)  # type: ignore[misc]
    truth = _vectors(engines["torch fp32"], pixels)
    rows: list[list[Cell]] = []
    for name, encode in engines.items():
        found = _vectors(encode, pixels)
        cosines = (found * truth).sum(axis=1)
        reached = recall(questions, torch.from_numpy(found), same_scene(files, scenes))
        told = [f"{cosines.min():.4f}", f"{cosines.mean():.4f}", f"{reached.at_1:.3f}", f"{reached.at_10:.3f}"]
        rows.append([name, *told, str(Spread.of(rates[name]))])
    header = ["tower", "least cosine", "mean", "R@1", "R@10", "pictures a second"]
    return Table(
        f"The demo model (trained), English phrases for {len(files)} scenes of the sample archive", header, rows
    )


def _pixels(checkpoint: Checkpoint, pictures: list[Image.Image]) -> NDArray[np.float32]:
    return np.stack([np.asarray(checkpoint.preprocess(picture), np.float32) for picture in pictures])


def _engines(scratch: Path, pixels: NDArray[np.float32]) -> dict[str, Engine]:
    tower, side, dtype = picture_tower(DEMO, "fp32")
    exact = scratch / "demo.onnx"
    export(tower, exact, made_up_pictures(2, side))
    dynamic, fixed = scratch / "dynamic.onnx", scratch / "fixed.onnx"
    _quantise(exact, dynamic, fixed, pixels[::8])
    return {
        "torch fp32": by_torch(tower, dtype),
        "ONNX Runtime fp32": by_onnx(exact, 1),
        "int8, scales as pictures come": by_onnx(dynamic, 1),
        "int8, scales fixed on every eighth picture": by_onnx(fixed, 1),
    }


def _quantise(exact: Path, dynamic: Path, fixed: Path, pixels: NDArray[np.float32]) -> None:
    """Both with convolutions."""
    from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_dynamic, quantize_static  # noqa: PLC0415

    class Pictures(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime is not annotated
        def __init__(self) -> None:
            self._left = iter(pixels)

        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            one = next(self._left, None)
            return None if one is None else {INPUT: one[None]}

    quantize_dynamic(exact, dynamic, weight_type=QuantType.QUInt8, op_types_to_quantize=["Conv", "MatMul", "Gemm"])
    quantize_static(exact, fixed, Pictures(), per_channel=True, weight_type=QuantType.QInt8)


def _vectors(encode: Engine, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.concatenate([encode(pixels[start : start + BATCH]) for start in range(0, len(pixels), BATCH)])


def _rate(encode: Engine, pixels: NDArray[np.float32]) -> float:
    started = perf_counter()
    _vectors(encode, pixels)
    return len(pixels) / (perf_counter() - started)
