"""Which posts count as the same picture: recall over edits, false alarms over pictures that only look alike.

    python -m benchmarks.near_duplicates [--photos DIRECTORY] [--side 320]

Pictures are those of the sample archive, and of a directory of yours. Every second one chooses the thresholds
(calibration), the others judge them (test): only the test's figures count. All reach the bot as Telegram's size of
`--side` pixels. Then how long a question takes in a chat of 50,000 photos.

The figures would be false if people's edits were other than these (larger stickers, heavier filters), or their
pictures much more alike than scenes with one thing changed, distinct pictures, and printed pages: look at the false
alarms of `--photos` with a directory of your own, where no two are the same picture.
"""

import argparse
import copy
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import perf_counter

import numpy as np
from PIL import Image

import search.fingerprint as rule
from benchmarks.look_alikes import ALIKE, Scene, receipt
from benchmarks.picture_edits import SAME
from search.clip import ClipEmbedder, Compute
from search.fingerprint import VIEWS, WORDS, Fingerprint
from search.near_hashes import HeldHashes, near_pairs

ROOT = Path(__file__).parent.parent
ARCHIVE = ROOT / "sandbox" / "archive" / "pictures"
REPOSTED = ("111", "121", "155")
"""Pictures of the archive that are recompressed ones of others, meant as such."""
THINGS = "🚗🍕🌹🐸🎂🌳🍓⛵🎸🍄🦊🍉🎁🥑🎈"
ENOUGH = 60
"""Scenes of each kind."""

Pair = tuple[Fingerprint | None, Fingerprint | None]


@dataclass(frozen=True, slots=True)
class Sample:
    """Pairs by what was done, and pictures that are all different."""

    same: dict[str, list[Pair]]
    alike: dict[str, list[Pair]]
    different: list[Fingerprint]


def received(image: Image.Image, side: int) -> Image.Image:
    """As it comes from Telegram: reduced, and compressed once more."""
    image = image.copy()
    image.thumbnail((side, side))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=87)
    return Image.open(buffer).convert("RGB")


def sample(pictures: Sequence[Image.Image], side: int, seed: int) -> Sample:
    """Everything of one half."""
    made = [Fingerprint.of(received(picture, side)) for picture in pictures]
    same: dict[str, list[Pair]] = {}
    for name, edit in SAME.items():
        rng = Random(f"{name} {seed}")
        edits = [Fingerprint.of(received(edit(picture, rng), side)) for picture in pictures]
        same[name] = list(zip(made, edits, strict=True))
    alike = {name: [_changed(name, change, side, seed, n) for n in range(ENOUGH)] for name, change in ALIKE.items()}
    pages = [Fingerprint.of(received(receipt(Random(seed * 1_000 + n)), side)) for n in range(ENOUGH)]
    alike["printed pages"] = list(zip(pages[::2], pages[1::2], strict=True))
    return Sample(same, alike, [one for one in made if one is not None])


def _changed(name: str, change: Callable[[Scene, Random], None], side: int, seed: int, number: int) -> Pair:
    rng = Random(f"{name} {seed} {number}")
    scene = Scene(rng, THINGS)
    if name in ("burst", "other place"):  # before an even ground, moving the thing is the same as cropping
        scene.ground = rng.choice(["hills", "rooms"])
    other = copy.copy(scene)
    change(other, rng)
    return Fingerprint.of(received(scene.paint(), side)), Fingerprint.of(received(other.paint(), side))


def share(pairs: Sequence[Pair]) -> float:
    """How many of the pairs count as the same picture."""
    return float(np.mean([one is not None and other is not None and one.is_same(other) for one, other in pairs]))


def false_pairs(different: Sequence[Fingerprint]) -> tuple[int, int]:
    """How many pairs of different pictures count as the same, and of how many."""
    near = near_pairs(np.stack([one.hashes for one in different]))
    found = sum(different[i].is_same(different[j]) for i, j in near)
    return found, len(different) * (len(different) - 1) // 2


def calibrate(half: Sample) -> None:
    """Sets of thresholds and what they give; those in use stand in `search.fingerprint`."""
    print("\ncalibration half\nbits, cropped, changed: recall, alike taken for the same, different taken for the same")
    in_use = (rule.NEAR, rule.NEAR_CROPPED, rule.CHANGED)
    for near, cropped, changed in [
        (60, 44, 0.05),
        (60, 44, 0.09),
        in_use,
        (72, 60, 0.09),
        (84, 60, 0.09),
        (84, 60, 0.13),
    ]:
        rule.NEAR, rule.NEAR_CROPPED, rule.CHANGED = near, cropped, changed
        recall = np.mean([share(pairs) for pairs in half.same.values()])
        alike = np.mean([share(pairs) for pairs in half.alike.values()])
        mark = "  <- in use" if (near, cropped, changed) == in_use else ""
        counts = "{} of {:,}".format(*false_pairs(half.different))
        print(
            f"  {near:3}, {cropped:3}, {changed:.2f}         | {recall:7.3f} | {alike:19.3f} | {counts}{mark}",
            flush=True,
        )
    rule.NEAR, rule.NEAR_CROPPED, rule.CHANGED = in_use


def judge(half: Sample) -> None:
    """The test half, by kind."""
    print("\ntest half: recall by edit")
    for name, pairs in half.same.items():
        print(f"  {name:24} {share(pairs):6.3f}  of {len(pairs)}")
    print("test half: false alarms among pictures that look alike")
    for name, pairs in half.alike.items():
        print(f"  {name:24} {share(pairs):6.3f}  of {len(pairs)}")
    true = sum(share(pairs) * len(pairs) for pairs in half.same.values())
    false = sum(share(pairs) * len(pairs) for pairs in half.alike.values())
    found, pairs_count = false_pairs(half.different)
    total = sum(len(pairs) for pairs in half.same.values())
    print(f"  different pictures       {found} of {pairs_count:,} pairs")
    print(f"in all: recall {true / total:.3f}, precision {true / (true + false + found):.3f}")


def cosines(pictures: Sequence[Image.Image], side: int) -> None:
    """What the model's own cosine would make of the same question: no threshold divides the two."""
    embedder = ClipEmbedder.load(f"local-dir:{ROOT / 'models' / 'demo'}", Compute(device="cpu", threads=1))
    few, rng = pictures[:40], Random(7)

    def embedded(images: Sequence[Image.Image]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return embedder.embed_images([embedder.prepare(received(image, side)) for image in images])

    base = embedded(few)
    print("\ncosine of the demo model: 5th percentile of edits, 95th of those that look alike")
    for name in ("JPEG, quality 30", "border", "screenshot, phone", "cropped 10 %"):
        cosine = (base * embedded([SAME[name](picture, rng) for picture in few])).sum(axis=1)
        print(f"  {name:24} {np.percentile(cosine, 5):6.3f}")
    for name, change in ALIKE.items():
        scenes = [Scene(rng, THINGS) for _ in few]
        others = [copy.copy(scene) for scene in scenes]
        for other in others:
            change(other, rng)
        cosine = (embedded([one.paint() for one in scenes]) * embedded([one.paint() for one in others])).sum(axis=1)
        print(f"  {name:24} {np.percentile(cosine, 95):6.3f}")


def times(pictures: Sequence[Image.Image], side: int) -> None:
    """What it costs."""
    images = [received(picture, side) for picture in pictures[:40]]
    started = perf_counter()
    made = [one for one in map(Fingerprint.of, images) if one is not None]
    print(f"\na fingerprint of a picture: {1_000 * (perf_counter() - started) / len(images):.1f} ms")
    hashes = np.random.default_rng(1).integers(0, 2**63, (50_000, VIEWS, WORDS), np.uint64)
    for count in (1_000, 10_000, 50_000):
        held, taken = HeldHashes.empty().with_more(range(count), hashes[:count].tobytes()), []
        for one in made[:9]:
            started = perf_counter()
            held.near(one.hashes[None])
            taken.append(perf_counter() - started)
        print(f"one picture against a chat of {count:6,}: {1_000 * float(np.median(taken)):6.1f} ms")
    started = perf_counter()
    near_pairs(hashes[:300])
    print(f"300 against each other: {1_000 * (perf_counter() - started):.1f} ms")
    print(f"memory for 50,000: {hashes.nbytes / 2**20:.0f} MiB")


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, help="a directory of JPEGs of your own, no two of the same picture")
    parser.add_argument("--side", type=int, default=320, help="Telegram's size: 320 for the demo model, 800 for others")
    asked = parser.parse_args()
    files = [file for file in sorted(ARCHIVE.iterdir()) if not file.name.startswith(REPOSTED)]
    files += sorted(asked.photos.glob("*.jp*g")) if asked.photos else []
    pictures = [Image.open(file).convert("RGB") for file in files]
    print(f"{len(pictures)} pictures, {len(SAME)} edits, as {asked.side} pixels")
    times(pictures, asked.side)
    cosines(pictures, asked.side)
    calibrate(sample(pictures[::2], asked.side, seed=1))
    judge(sample(pictures[1::2], asked.side, seed=2))


if __name__ == "__main__":
    main()
