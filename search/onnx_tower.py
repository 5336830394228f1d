"""The picture half of a model in eight bits, as ONNX Runtime computes it."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.embedder import Embedding
from search.errors import ModelDamaged

INPUT, OUTPUT = "pixels", "embedding"


class OnnxTower:
    """A loaded file of `search.quantising`. Called from one thread at a time."""

    def __init__(self, session: Any) -> None:
        self._session = session

    @classmethod
    def open(cls, path: Path, threads: int) -> "OnnxTower":
        """Loads the file, for `threads` threads of its own.

        Raises:
            ModelDamaged
        """
        import onnxruntime  # noqa: PLC0415 - only where a model was quantised

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # A tenth faster: it keeps its memory from batch to batch, 41 MB for 7 of ViT-B-32, where 31 stay without. Of 32
        # it would be 186, but a batch has as many as take a quarter of a second (`search.pace`).
        options.enable_cpu_mem_arena = True
        options.log_severity_level = 3  # errors; they are raised as well
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # it has no processor to itself
        try:
            return cls(onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"]))
        except Exception as exc:  # onnxruntime has a class for every cause, and none in common
            raise ModelDamaged(f"{path} cannot be read ({exc}). Remove its directory, and it is made again.") from exc

    def encode(self, pixels: NDArray[np.float32]) -> Embedding:
        """float32 `[n, 3, height, width]` to `[n, d]`, normalised.

        Raises:
            MemoryError, RuntimeError
        """
        try:
            features = self._session.run([OUTPUT], {INPUT: pixels})[0]
        except Exception as exc:
            kind = MemoryError if "alloc" in str(exc).lower() else RuntimeError
            raise kind(f"ONNX Runtime could not embed {len(pixels)} pictures ({exc})") from exc
        return normalised(features)


def normalised(features: NDArray[np.float32]) -> Embedding:
    """Rows of length one."""
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return np.asarray(features / np.maximum(lengths, np.finfo(np.float32).tiny), np.float32)
