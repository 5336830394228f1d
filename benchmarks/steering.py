"""How strongly -word and the words beside a photo should count, and what is good enough to be sorted by date.

    python -m benchmarks.steering

The demo checkpoint over the sandbox's sample archive, whose scenes say what every picture shows and before what.

- minus: the archive has pictures of A with B and of A without B. "A -B" should put those without B first, and still
  find them. Without steering (weight 0) they stand as they happen to.
- beside a photo: it has pictures of A before different backdrops. With one of them and the other's backdrop in words
  ("at night"), the other should come first. Weight 0 asks with the photo alone; "words alone" with the words.
- filler: the same with "same but at night" as people write it.

- by date: "dog sort:new" shows only what is good enough, or the newest would always win. Every thing of the archive is
  asked for by its name; what counts is how much of what is shown is right, and how much of it is shown.

The figures are kept in docs/decisions, with the choice. They would be wrong if another weight were better by more
than one pair in twenty; they say nothing of another model, for which the settings are there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.table import Table

from search.clip import ClipEmbedder, Compute

ROOT = Path(__file__).parents[1]
ARCHIVE = ROOT / "sandbox" / "archive"
WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0)
PLACES = {
    "night": "at night",
    "snow": "in the snow",
    "sea": "by the sea",
    "beach": "on the beach",
    "grass": "on grass",
    "sunset": "at sunset",
}
TEMPLATES = ("{}", "same but {}", "the same thing, only {}")

Vector = NDArray[np.float32]


@dataclass(frozen=True)
class Scene:
    """What a picture of the archive shows."""

    file: str
    things: frozenset[str]
    backdrop: str | None

    @property
    def features(self) -> frozenset[str]:
        """All that can be named in it."""
        return self.things | {self.backdrop} if self.backdrop else self.things


class Measured:
    """The archive, embedded."""

    def __init__(self) -> None:
        scenes = json.loads((ARCHIVE / "scenes.json").read_text(encoding="utf-8"))
        self.scenes = [
            Scene(file, frozenset(thing["name"] for thing in scene.get("things", [])), scene.get("backdrop"))
            for file, scene in scenes.items()
        ]
        self._embedder = ClipEmbedder.load(f"local-dir:{ROOT / 'models' / 'demo'}", Compute(device="cpu", threads=1))
        pixels = [self._embedder.prepare(Image.open(ARCHIVE / scene.file).convert("RGB")) for scene in self.scenes]
        self.pictures: Vector = self._embedder.embed_images(pixels)
        self._texts: dict[str, Vector] = {}

    def text(self, text: str) -> Vector:
        """Embedded once."""
        if text not in self._texts:
            self._texts[text] = self._embedder.embed_texts([text])[0]
        return self._texts[text]

    def ranks(self, direction: Vector, exclude: int | None = None) -> NDArray[np.int64]:
        """The rank of every picture, from 1; the excluded one comes last."""
        scores = self.pictures @ direction
        if exclude is not None:
            scores[exclude] = -np.inf
        ranks = np.empty(len(scores), np.int64)
        ranks[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
        return ranks


def minus_pairs(scenes: Sequence[Scene]) -> Iterator[tuple[str, str, list[int], list[int]]]:
    """A, B, the pictures of A without B, and those with it."""
    things = sorted(set().union(*(scene.things for scene in scenes)))
    for a in things:
        having = [place for place, scene in enumerate(scenes) if a in scene.things]
        for b in sorted(set().union(*(scenes[place].features for place in having)) - {a}):
            wanted = [place for place in having if b not in scenes[place].features]
            unwanted = [place for place in having if b in scenes[place].features]
            if wanted:
                yield a, b, wanted, unwanted


def moves(scenes: Sequence[Scene]) -> Iterator[tuple[int, int, str]]:
    """A picture, another of the same things, and what is different there."""
    for one, other in permutations(range(len(scenes)), 2):
        there = scenes[other].backdrop
        if scenes[one].things == scenes[other].things and scenes[one].things and there != scenes[one].backdrop:
            yield one, other, there or ""


def words_for(backdrop: str) -> str:
    """As people would write it."""
    return PLACES.get(backdrop, f"on a {backdrop} background")


def minus(measured: Measured) -> Table:
    """The table for -word."""
    pairs = list(minus_pairs(measured.scenes))
    table = Table(
        "weight", "without B before with B", "without B in the first 10", title=f"A -B, {len(pairs)} questions"
    )
    for weight in WEIGHTS:
        right, kept = [], []
        for a, b, wanted, unwanted in pairs:
            ranks = measured.ranks(measured.text(a) - weight * measured.text(b))
            right.append(np.mean([ranks[one] < ranks[other] for one in wanted for other in unwanted]))
            kept.append(np.mean(ranks[wanted] <= 10))
        table.add_row(f"{weight:g}", f"{np.mean(right):.2f}", f"{np.mean(kept):.2f}")
    return table


def beside(measured: Measured) -> Table:
    """The table for words beside a photo."""
    asked = [move for move in moves(measured.scenes) if move[2]]
    table = Table("weight", *(f"{cut} {template.format('…')}" for template in TEMPLATES for cut in ("R@1", "R@5")))
    table.title = f"a photo and words, {len(asked)} questions"

    def row(name: str, direction: Callable[[Vector, Vector], Vector]) -> None:
        cells = []
        for template in TEMPLATES:
            found = [
                measured.ranks(direction(measured.pictures[one], words), one)[other]
                for one, other, there in asked
                for words in [measured.text(template.format(words_for(there)))]
            ]
            cells += [f"{np.mean(np.array(found) <= cut):.2f}" for cut in (1, 5)]
        table.add_row(name, *cells)

    for weight in WEIGHTS:
        row(f"{weight:g}", lambda photo, words, weight=weight: photo + weight * words)  # type: ignore[misc]
    row("words alone", lambda _, words: words)
    return table


def by_date(measured: Measured) -> Table:
    """The table for sort:new."""
    things = sorted(set().union(*(scene.things for scene in measured.scenes)))
    table = Table("shown", "precision", "recall", "pictures", title=f"sort:new, {len(things)} questions")

    def row(name: str, good: Callable[[Vector], NDArray[np.bool_]]) -> None:
        precision, recall, shown = [], [], []
        for thing in things:
            is_right = np.array([thing in scene.things for scene in measured.scenes])
            is_shown = good(measured.pictures @ measured.text(thing))
            precision.append((is_right & is_shown).sum() / is_shown.sum())
            recall.append((is_right & is_shown).sum() / is_right.sum())
            shown.append(is_shown.sum())
        table.add_row(name, f"{np.mean(precision):.2f}", f"{np.mean(recall):.2f}", f"{np.mean(shown):.1f}")

    for best in (5, 10, 50):
        row(f"the best {best}", lambda scores, best=best: scores >= np.sort(scores)[-best])  # type: ignore[misc]
    for way in (0.5, 0.6, 0.7, 0.8):
        row(
            f"{way:g} of the way from the average to the best",
            lambda scores, way=way: scores >= scores.mean() + way * (scores.max() - scores.mean()),  # type: ignore[misc]
        )
    return table


def main() -> None:
    """Prints the tables."""
    measured, console = Measured(), Console(width=150)
    console.print(minus(measured))
    console.print(beside(measured))
    console.print(by_date(measured))


if __name__ == "__main__":
    main()
