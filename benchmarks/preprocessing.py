"""Which of a photo's sizes to take and how to open it: milliseconds a picture, and how far its vector moves.

    python -m benchmarks.preprocessing [--quick]

Everything is compared with the largest size, opened whole. What Chatlens takes is what `search.files` and
`search.images` decide; the decision is in docs/decisions/0006-which-photo-size.md.
"""

import io
import os
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
from PIL import Image

from benchmarks.peers import Prepared, open_clips_own
from benchmarks.photographs import Photograph, in_sizes, photographs
from benchmarks.publishing import main
from benchmarks.report import Cell, Plot, Report, Table
from benchmarks.rounds import ROUNDS, Spread, in_turns, noise
from search.clip import ClipEmbedder, Compute, picture_tower
from search.embedder import Embedding, Pixels
from search.files import COVER, file_to_embed
from search.images import DRAFT_COVER, DecodingLimits, model_input
from search.resizing import Transform

DEMO, ARCHIVE = "local-dir:models/demo", Path("sandbox/archive/pictures")
ARCHITECTURES = ("ViT-B-32", "ViT-B-32-SigLIP2-256")
BATCH = 8
LARGEST_FILE = 20_000_000
WHOLE = "the largest, opened whole (the obvious program)"
DRAFTED = "the largest, `draft()` to the input"
THUMBNAIL = "320 pixels, opened whole"
TAKEN = "what Chatlens takes, as it opens it"
Opening = Callable[[Photograph], tuple[Image.Image, int]]
"""A picture, and how many bytes were downloaded for it."""
Preparing = Callable[[Image.Image], Pixels]


def run(quick: bool) -> Report:
    """Milliseconds a picture, bytes, and cosines, by way of opening and model."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    rounds = 1 if quick else ROUNDS
    drawn = [in_sizes(place, picture) for place, picture in enumerate(_archive(8 if quick else 1))]
    made_up = list(photographs(4 if quick else 24))
    demo = ClipEmbedder.load(DEMO, Compute("cpu", "fp32", 1))
    tables = [
        _table("Demo model (trained), 64 pixels, the sample archive's pictures", demo, drawn, rounds),
        _table("Demo model (trained), 64 pixels, made-up photographs", demo, made_up, rounds),
    ]
    for architecture in [] if quick else ARCHITECTURES:
        with tempfile.TemporaryDirectory() as scratch:
            random = ClipEmbedder.load(Prepared.make(architecture, Path(scratch)).setting, Compute("cpu", "auto", 1))
            caption = f"{architecture} (random weights), {random.image_size} pixels, made-up photographs"
            tables.append(_table(caption, random, made_up, rounds))
    return Report(
        "preprocessing",
        "From a JPEG to a model's input",
        tables,
        [Plot("Opened and prepared, one core", "", "ms a picture", _ms(tables))],
        [
            noise(rounds),
            "Milliseconds: from bytes in memory to the model's input, one core, median picture of a round.",
            (
                f"Chatlens takes the smallest size whose shorter side is {COVER} times the model's input, and has a "
                f"JPEG reduced while it is decoded as long as {DRAFT_COVER} times the input is left. It takes the "
                "largest size only to read the text in a picture, which is done later and apart."
            ),
            (
                "The stated bound is a cosine of 0.98 at worst to the largest one's vector with trained weights; the "
                "320-pixel size misses it for inputs of 224 pixels and more by its ratio (90 pixels for the demo model "
                "are what 320 are for 224: 0.957 at worst), whatever random weights say of it."
            ),
        ],
    )


def _archive(every: int) -> list[Image.Image]:
    pictures = []
    for path in sorted(ARCHIVE.iterdir())[::every]:
        with Image.open(path) as image:
            pictures.append(image.convert("RGB"))
    return pictures


def _table(caption: str, embedder: ClipEmbedder, photos: Sequence[Photograph], rounds: int) -> Table:
    side = embedder.image_size
    own = open_clips_own(picture_tower(embedder.setting, "fp32")[0])
    ways: dict[str, Opening] = {
        WHOLE: lambda photo: (_whole(photo.largest), len(photo.largest)),
        DRAFTED: lambda photo: (_drafted(photo.largest, side), len(photo.largest)),
        TAKEN: partial(_taken, side=side),
        THUMBNAIL: lambda photo: (_whole(photo.files[1]), len(photo.files[1])),
        "90 pixels, opened whole": lambda photo: (_whole(photo.files[0]), len(photo.files[0])),
    }
    seconds = in_turns(
        {name: partial(_seconds, way, _preparing(name, embedder, own), photos) for name, way in ways.items()}, rounds
    )
    truth = _vectors(ways[WHOLE], _preparing(WHOLE, embedder, own), embedder, photos)
    rows: list[list[Cell]] = []
    for name, way in ways.items():
        cosines = (_vectors(way, _preparing(name, embedder, own), embedder, photos) * truth).sum(axis=1)
        size = median(way(photo)[1] for photo in photos) / 1_000
        took = str(Spread.of([1_000 * one for one in seconds[name]]))
        told = [f"{value:.4f}" for value in (cosines.min(), np.percentile(cosines, 5), cosines.mean())]
        rows.append([name, took, f"{size:.0f}", *told])
    return Table(f"{caption} ({len(photos)})", ["way", "ms", "kB", "least cosine", "5th percentile", "mean"], rows)


def _preparing(name: str, embedder: ClipEmbedder, own: Transform) -> Preparing:
    """Everybody but Chatlens has open_clip's own transform."""
    return embedder.prepare if name == TAKEN else lambda image: own(image).numpy()


def _seconds(way: Opening, preparing: Preparing, photos: Sequence[Photograph]) -> float:
    """The median picture's."""
    taken = []
    for photo in photos:
        started = perf_counter()
        preparing(way(photo)[0])
        taken.append(perf_counter() - started)
    return median(taken)


def _vectors(way: Opening, preparing: Preparing, embedder: ClipEmbedder, photos: Sequence[Photograph]) -> Embedding:
    batches = [photos[start : start + BATCH] for start in range(0, len(photos), BATCH)]
    return np.concatenate([embedder.embed_images([preparing(way(photo)[0]) for photo in batch]) for batch in batches])


def _whole(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def _drafted(data: bytes, side: int) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.draft("RGB", (side, side))
    return image.convert("RGB")


def _taken(photo: Photograph, side: int) -> tuple[Image.Image, int]:
    data = photo.file(file_to_embed(photo.post(), side, LARGEST_FILE))
    return model_input(data, DecodingLimits(), side), len(data)


def _ms(tables: Sequence[Table]) -> dict[str, list[tuple[str, float]]]:
    """By way: each table's median."""
    series: dict[str, list[tuple[str, float]]] = {}
    for table in tables:
        for row in table.rows:
            label = table.caption.split(" (")[0] + ("\narchive" if "archive" in table.caption else "\nphotographs")
            series.setdefault(str(row[0]), []).append((label, float(str(row[1]).split()[0])))
    return series


if __name__ == "__main__":
    main(run)
