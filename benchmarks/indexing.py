"""From a photo's bytes to its stored vector: this program against the obvious one and others, end to end.

    python -m benchmarks.indexing [--photos 24] [--rounds 5] [--architecture ViT-B-32]

Every way takes its turn in every round, with the same JPEGs in Telegram's sizes (90, 320, 800, 1280 pixels) and the
same model with random weights, which is enough for speed; text in pictures is not read. Medians.

- obvious: the largest size, open_clip's transform, encoded one by one, `collection.add` one by one.
- ONNX Runtime fp32: the largest size decoded by Pillow at reduced size, batches of 8, added to Chroma in batches.
- torch bf16: the same with torch.
- Chatlens: its own indexer, as the bot runs it; SQLite and Chroma.
"""

import argparse
import asyncio
import io
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import chromadb
import numpy as np
from chromadb.config import Settings
from numpy.typing import NDArray
from PIL import Image

from benchmarks.indexer_bench import Bench
from search.clip import ClipEmbedder, Compute, picture_tower
from search.onnx_tower import OnnxTower, normalised
from search.quantised import PROBATION, QuantisedEmbedder
from search.quantising import Facts, Quantised, export, made_up_pictures, reduce
from search.records import PhotoPost, PhotoSize, Sender
from search.torchvision_operators import declare_missing_operators

SIDES = (90, 320, 800, 1280)
BATCH = 8
Way = Callable[[Sequence["Sample"], Path], float]
"""Indexes photos with what it keeps in a directory; seconds from the first photo on."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One photo in Telegram's sizes, smallest first."""

    number: int
    files: tuple[bytes, ...]
    shapes: tuple[tuple[int, int], ...]

    @property
    def largest(self) -> bytes:
        return self.files[-1]

    def post(self) -> PhotoPost:
        """As the bot is told of it."""
        sizes = tuple(
            PhotoSize(f"{self.number}-{place}", f"u{self.number}-{place}", *shape, len(data))
            for place, (data, shape) in enumerate(zip(self.files, self.shapes, strict=True))
        )
        return PhotoPost(
            chat_id=-1001,
            message_id=self.number + 1,
            sender=Sender(1, "Ann"),
            date=datetime(2026, 1, 1, tzinfo=UTC),
            file_id=sizes[-1].file_id,
            file_unique_id=sizes[-1].file_unique_id,
            sizes=sizes,
        )


def samples(number: int) -> list[Sample]:
    """Pictures with as much detail as photographs have: 1280×960 takes some 200 kB."""
    made = []
    noise = np.random.default_rng(3)
    for place, field in enumerate(made_up_pictures(number, 480)):
        pixels = (field.transpose(1, 2, 0) + 1.8) * 70
        image = Image.fromarray(np.clip(pixels + noise.normal(0, 12, pixels.shape), 0, 255).astype(np.uint8))
        image = image.crop((0, 60, 480, 420)).resize((1280, 960), Image.Resampling.BICUBIC)
        files, shapes = [], []
        for side in SIDES:
            size = (side, side * 3 // 4)
            buffer = io.BytesIO()
            image.resize(size, Image.Resampling.LANCZOS).save(buffer, "JPEG", quality=87)
            files.append(buffer.getvalue())
            shapes.append(size)
        made.append(Sample(place, tuple(files), tuple(shapes)))
    return made


def model_directory(architecture: str, directory: Path) -> str:
    """The architecture with random weights, saved as a model of the operator's own; what the setting says for it."""
    declare_missing_operators()
    import open_clip  # noqa: PLC0415 - after the operators are declared
    import torch  # noqa: PLC0415

    torch.manual_seed(1)
    model = open_clip.create_model(architecture)
    config = {"model_cfg": open_clip.get_model_config(architecture), "preprocess_cfg": {}}
    (directory / "open_clip_config.json").write_text(json.dumps(config), encoding="utf-8")
    torch.save(model.state_dict(), directory / "open_clip_pytorch_model.bin")
    return f"local-dir:{directory}"


def obvious(setting: str) -> Way:
    """What the first page of every tutorial does."""
    import torch  # noqa: PLC0415

    embedder = ClipEmbedder.load(setting, Compute("cpu", "fp32", os.cpu_count() or 1))

    def index(photos: Sequence[Sample], directory: Path) -> float:
        torch.set_num_threads(os.cpu_count() or 1)
        collection = _collection(directory)
        started = perf_counter()
        for photo in photos:
            image = Image.open(io.BytesIO(photo.largest)).convert("RGB")
            [vector] = embedder.embed_images([embedder.prepare(image)])
            _add(collection, [photo], vector[None])
        return perf_counter() - started

    return index


def batched(embedder: ClipEmbedder, encode: Callable[[NDArray[np.float32]], NDArray[np.float32]]) -> Way:
    """A careful program: decoded at reduced size, in batches."""

    def index(photos: Sequence[Sample], directory: Path) -> float:
        collection = _collection(directory)
        started = perf_counter()
        for start in range(0, len(photos), BATCH):
            batch = photos[start : start + BATCH]
            pixels = np.stack([embedder.prepare(_reduced(photo.largest, embedder.image_size)) for photo in batch])
            _add(collection, batch, encode(pixels))
        return perf_counter() - started

    return index


def chatlens(embedder: QuantisedEmbedder | ClipEmbedder) -> Way:
    """The bot's own indexer."""

    def index(photos: Sequence[Sample], directory: Path) -> float:
        files = {f"{photo.number}-{place}": data for photo in photos for place, data in enumerate(photo.files)}
        return asyncio.run(Bench(embedder, files, directory).index([photo.post() for photo in photos]))

    return index


def _reduced(data: bytes, side: int) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.draft("RGB", (side, side))
    return image.convert("RGB")


def _collection(directory: Path) -> Any:
    client = chromadb.PersistentClient(str(directory), Settings(anonymized_telemetry=False))
    return client.create_collection("photos", embedding_function=None)


def _add(collection: Any, photos: Sequence[Sample], vectors: NDArray[np.float32]) -> None:
    ids = [str(photo.number) for photo in photos]
    collection.add(ids=ids, embeddings=vectors, metadatas=[{"chat_id": 1} for _ in photos])


def ways(architecture: str, scratch: Path) -> dict[str, Way]:
    """Everybody, with a model loaded."""
    import torch  # noqa: PLC0415

    model = scratch / "model"
    model.mkdir()
    setting = model_directory(architecture, model)
    exact = ClipEmbedder.load(setting, Compute("cpu", "fp32", 1))
    place = Quantised(scratch / "engines", exact.model_id)
    place.keep(Facts(None, 1.0, 2.0, PROBATION))
    module, side, _ = picture_tower(setting, "fp32")
    export(module, scratch / "exact.onnx", made_up_pictures(2, side))
    reduce(scratch / "exact.onnx", place.tower)
    half, _, dtype = picture_tower(setting, "bf16")
    threads = os.cpu_count() or 1

    def by_torch(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        torch.set_num_threads(threads)
        with torch.inference_mode():
            return normalised(half(torch.from_numpy(pixels).to(dtype)).float().numpy())

    quick = QuantisedEmbedder(ClipEmbedder.load(setting, Compute("cpu", "fp32", 1)), place, threads=1)
    return {
        "obvious": obvious(setting),
        "torch bf16, batches": batched(exact, by_torch),
        "ONNX Runtime fp32, batches": batched(exact, OnnxTower.open(scratch / "exact.onnx", threads).encode),
        "Chatlens": chatlens(quick),
    }


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--architecture", default="ViT-B-32")
    asked = parser.parse_args()
    photos = samples(asked.photos)
    with tempfile.TemporaryDirectory() as scratch:
        everybody = ways(asked.architecture, Path(scratch))
        rates: dict[str, list[float]] = {name: [] for name in everybody}
        for turn in range(asked.rounds + 1):
            for name, index in everybody.items():
                directory = Path(scratch) / f"{turn}-{name.split()[0]}"
                directory.mkdir()
                fresh = [replace(photo, number=photo.number + turn * asked.photos) for photo in photos]
                seconds = index(fresh, directory)
                if turn:  # the first warms up
                    rates[name].append(asked.photos / seconds)
    slowest = median(rates["obvious"])
    machine = f"{os.cpu_count()} cores, {asked.photos} photos a round, medians of {asked.rounds} rounds"
    print(f"{asked.architecture}, {machine}\n")
    print("| way | photos/s | lowest–highest | times the obvious |\n|---|---:|---:|---:|")
    for name, found in rates.items():
        spread = f"{min(found):.1f}–{max(found):.1f}"
        print(f"| {name} | {median(found):.1f} | {spread} | {median(found) / slowest:.1f} |")


if __name__ == "__main__":
    main()
