"""Ways from a photo's bytes to its stored vector: the obvious one, careful ones with several engines, Chatlens's.

Everybody has the same model with random weights, which is enough for speed, and the same JPEGs. Text in pictures is
not read.
"""

import asyncio
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, cast

import chromadb
import numpy as np
from chromadb.config import Settings
from numpy.typing import NDArray
from PIL import Image

from benchmarks.checkpoint import write_checkpoint
from benchmarks.engines import Engine, by_onnx, by_openvino, by_torch
from benchmarks.indexer_bench import Bench
from benchmarks.photographs import Photograph
from search.clip import ClipEmbedder, Compute, picture_tower
from search.model_spec import ModelSpec
from search.quantised import PROBATION, QuantisedEmbedder
from search.quantising import Facts, Quantised, export, export_as_products, made_up_pictures, reduce
from search.resizing import Transform

OBVIOUS, ONNX, TORCH_HALF, OPENVINO, OURS = "obvious", "ONNX Runtime fp32", "torch bf16", "OpenVINO bf16", "Chatlens"
BATCH = 8
"""From 8 pictures on every engine's rate is flat (results/engines.md)."""
WARMING = 16
"""Photos that are indexed before the clock starts: a bot that runs has its workers and its collection open."""
Way = Callable[[Sequence[Photograph], Path], float]
"""Indexes photos with what it keeps in a directory; seconds from the `WARMING`th photo on."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A model's files, made once for every run with it."""

    directory: Path

    @property
    def setting(self) -> str:
        """As `CHATLENS_MODEL` would have it."""
        return f"local-dir:{self.directory / 'model'}"

    @property
    def exact(self) -> Path:
        """The picture tower as ONNX in fp32."""
        return self.directory / "exact.onnx"

    @property
    def engines(self) -> Path:
        """Chatlens's directory of quantised towers."""
        return self.directory / "engines"

    @classmethod
    def make(cls, architecture: str, directory: Path) -> "Prepared":
        """The architecture with random weights, as a model of the operator's own."""
        write_checkpoint(architecture, directory / "model")
        return cls(directory)

    def make_towers(self) -> None:
        """What the engines need of it."""
        tower, side, _ = picture_tower(self.setting, "fp32")
        pixels = made_up_pictures(2, side)
        export(tower, self.exact, pixels)
        place = Quantised(self.engines, ModelSpec.parse(self.setting).model_id())
        place.keep(Facts(None, 1.0, 2.0, PROBATION))
        export_as_products(tower, self.directory / "products.onnx", pixels)
        reduce(self.directory / "products.onnx", place.tower)

    def ways(self, threads: int) -> dict[str, Way]:
        """Everybody, with as many threads as there are cores; Chatlens with as many as it takes by itself."""
        import torch  # noqa: PLC0415

        compute = Compute("cpu", "fp32", threads)
        exact = ClipEmbedder.load(self.setting, compute)
        half, _, dtype = picture_tower(self.setting, "bf16")
        tower, _, _ = picture_tower(self.setting, "fp32")
        engines: dict[str, Engine | None] = {
            "torch fp32": by_torch(tower, torch.float32),
            TORCH_HALF: by_torch(half, dtype),
            ONNX: by_onnx(self.exact, threads),
            OPENVINO: by_openvino(self.exact, threads),
        }
        own = open_clips_own(tower)
        careful = {
            name: batched(own, exact.image_size, encode) for name, encode in engines.items() if encode is not None
        }
        ours = {OURS: chatlens(self.quantised())}
        if threads > Compute("cpu").chosen_threads():
            ours[f"{OURS}, CHATLENS_THREADS={threads}"] = chatlens(self.quantised(threads))
        torch.set_num_threads(threads)  # loading a model for Chatlens has changed it
        return {OBVIOUS: obvious(own, by_torch(tower, torch.float32)), **careful, **ours}

    def quantised(self, threads: int = 0) -> QuantisedEmbedder:
        """The bot's embedder as it is after its probation; 0 threads: as many as it takes by itself."""
        compute = Compute("cpu", "auto", threads)
        exact = ClipEmbedder.load(self.setting, compute)
        return QuantisedEmbedder(exact, Quantised(self.engines, exact.model_id), compute.chosen_threads())


def open_clips_own(tower: Any) -> Transform:
    """What open_clip gives with a picture tower, as everybody uses it."""
    from open_clip.transform import PreprocessCfg, image_transform_v2  # noqa: PLC0415

    return cast("Transform", image_transform_v2(PreprocessCfg(**tower.preprocess_cfg), is_train=False))


def obvious(transform: Transform, encode: Engine) -> Way:
    """What the first page of every tutorial does: the largest size, open_clip's transform, one by one."""

    def index(photos: Sequence[Photograph], directory: Path) -> float:
        collection = _collection(directory)
        started = 0.0
        for place, photo in enumerate(photos):
            if place == WARMING:
                started = perf_counter()
            pixels = transform(Image.open(io.BytesIO(photo.largest)).convert("RGB")).numpy()
            _add(collection, [photo], encode(pixels[None]))
        return perf_counter() - started

    return index


def batched(transform: Transform, side: int, encode: Engine) -> Way:
    """A careful program: the largest size decoded at reduced size, encoded and added in batches."""

    def index(photos: Sequence[Photograph], directory: Path) -> float:
        collection = _collection(directory)
        started = 0.0
        for start in range(0, len(photos), BATCH):
            if start == WARMING:
                started = perf_counter()
            batch = photos[start : start + BATCH]
            pixels = np.stack([transform(_reduced(photo.largest, side)).numpy() for photo in batch])
            _add(collection, batch, encode(pixels))
        return perf_counter() - started

    return index


def chatlens(embedder: QuantisedEmbedder) -> Way:
    """The bot's own indexer, with SQLite and Chroma."""

    def index(photos: Sequence[Photograph], directory: Path) -> float:
        files = {photo.file_id(place): data for photo in photos for place, data in enumerate(photo.files)}
        posts = [photo.post() for photo in photos]
        return asyncio.run(Bench(embedder, files, directory).index(posts[WARMING:], posts[:WARMING]))

    return index


def _reduced(data: bytes, side: int) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.draft("RGB", (side, side))
    return image.convert("RGB")


def _collection(directory: Path) -> Any:
    client = chromadb.PersistentClient(str(directory), Settings(anonymized_telemetry=False))
    return client.create_collection("photos", embedding_function=None)


def _add(collection: Any, photos: Sequence[Photograph], vectors: NDArray[np.float32]) -> None:
    ids = [str(photo.number) for photo in photos]
    collection.add(ids=ids, embeddings=vectors, metadatas=[{"chat_id": 1} for _ in photos])
