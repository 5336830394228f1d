"""What may be claimed of an answer to a steered question: -word, or words beside a photo.

    python -m benchmarks.steered_verdict

The demo checkpoint with its figures over the sample archive, as one chat. "There" is a question whose first page
shows what was asked for: a thing less another thing or an everyday word; a photo's thing before another backdrop. "Not
there": things by the names of emoji that share no word and no keyword with anything shown; a photo and a backdrop
before which the archive does not have that thing. Each is judged by several vectors; the table says how many are
assured, doubted and refused.

The figures are kept in docs/decisions/0015-nothing-looks-like-that.md. They would be false if "not there" were there
under another name, and for any other model. Needs Debian's unicode-cldr-core.
"""

from __future__ import annotations

import random
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.steering import PLACES, Measured, Vector
from search.calibration import Calibration
from search.evidence import LOOKED_AT, Rivals
from search.verdict import Verdict

MODEL = Path(__file__).parents[1] / "models" / "demo"
CLDR = Path("/usr/share/unicode/cldr/common/annotations/en.xml")
EVERYDAY = ("people", "red", "blue", "night", "snow", "text", "dog", "food", "water", "person")
NO_THINGS = {"face", "button", "flag", "man", "woman", "person", "arrow", "hand", "sign", "square", "circle", "heart"}
PICTURES = "\U0001f300"
"""The first code point from which on most characters are pictures of things."""
MINUS, WORDS = 0.5, 1.5
"""As shipped (docs/decisions/0012-steering-weights.md)."""
Verdicts = dict[str, Verdict]


class Judged:
    """The archive, asked and judged."""

    def __init__(self) -> None:
        self.archive = Measured()
        self._figures = Calibration.from_json((MODEL / "calibration.json").read_text("utf-8"))
        self._rivals = Rivals(np.load(MODEL / "words.npy").astype(np.float32))
        self._rng = random.Random(3)
        self.shown = set[str]().union(*(scene.things for scene in self.archive.scenes))

    def there(self, without: Iterable[str]) -> Iterator[Verdicts]:
        """Things of the archive, each less four others."""
        left_out = sorted(without)
        for thing in sorted(self.shown):
            for other in self._rng.sample([one for one in left_out if one != thing], 4):
                best, verdicts = self._less(thing, other)
                scenes = [self.archive.scenes[row] for row in best]
                if any(thing in scene.things and other not in scene.features for scene in scenes):
                    yield verdicts

    def not_there(self, without: Iterable[str]) -> Iterator[Verdicts]:
        """What the archive does not have, each less one other."""
        left_out = sorted(without)
        for name in absent(self.shown):
            yield self._less(name, self._rng.choice(left_out))[1]

    def beside_photos(self, *, is_there: bool) -> Iterator[Verdicts]:
        """Every picture of a thing, and the same before another backdrop."""
        for row, scene in enumerate(self.archive.scenes):
            for place, words in PLACES.items() if scene.things and scene.backdrop else ():
                others = [
                    at for at, other in enumerate(self.archive.scenes)
                    if at != row and (other.things, other.backdrop) == (scene.things, place)
                ]  # fmt: skip
                for asked in (
                    (words, f"same but {words}") if bool(others) is is_there and scene.backdrop != place else ()
                ):
                    vector, photo = self.archive.text(asked), self.archive.pictures[row]
                    best = self._best(photo + WORDS * vector, leaving_out=row)
                    if not is_there or set(best) & set(others):
                        yield {"by the words": self._verdict(vector, best), "by the photo": self._alike(photo, best)}

    def _less(self, thing: str, other: str) -> tuple[list[int], Verdicts]:
        words = self.archive.text(thing)
        steered = words - MINUS * self.archive.text(other)
        steered /= np.linalg.norm(steered)
        best = self._best(steered)
        return best, {
            "by the steered direction": self._verdict(steered, best),
            "by the words before": self._verdict(words, best),
            "the words alone": self._verdict(words, self._best(words)),
        }

    def _best(self, direction: Vector, leaving_out: int | None = None) -> list[int]:
        scores = self.archive.pictures @ direction
        if leaving_out is not None:
            scores[leaving_out] = -np.inf
        return [int(row) for row in np.argsort(-scores)[:LOOKED_AT]]

    def _verdict(self, words: Vector, best: list[int]) -> Verdict:
        pictures = self.archive.pictures
        weighed = self._figures.weigh(self._rivals.evidence(words, pictures[best], len(pictures)))
        if weighed >= self._figures.sure:
            return Verdict.SURE
        return Verdict.UNSURE if weighed >= self._figures.nothing else Verdict.NOTHING

    def _alike(self, photo: Vector, best: list[int]) -> Verdict:
        pictures = self.archive.pictures
        is_like = float((pictures[best] @ photo).max()) >= self._figures.alike_bound(len(pictures))
        return Verdict.SURE if is_like else Verdict.UNSURE


@cache
def _annotations() -> tuple[dict[str, str], dict[str, set[str]]]:
    """Names and keywords of emoji."""
    names: dict[str, str] = {}
    keywords: dict[str, set[str]] = {}
    for one in ET.parse(CLDR).iter("annotation"):  # noqa: S314 - Debian's own file
        if one.get("type") == "tts":
            names[one.attrib["cp"]] = (one.text or "").strip()
        else:
            keywords[one.attrib["cp"]] = {word.strip() for word in (one.text or "").lower().split("|")}
    return names, keywords


def absent(shown: set[str]) -> list[str]:
    """Names of things that nothing shown can be taken for."""
    names, keywords = _annotations()
    said = {word for name in shown for word in _words(name)} | NO_THINGS
    related = {word for character, name in names.items() if name in shown for word in keywords.get(character, ())}
    return [
        name
        for character, name in names.items()
        if len(character) == 1 and character > PICTURES and not _words(name) & said
        if name not in related and not keywords.get(character, set()) & shown
    ]


def _words(name: str) -> set[str]:
    return set(re.findall("[a-z]+", name.lower()))


def main() -> None:
    judged = Judged()
    table = Table("", "questions", "judged", *Verdict, title="Steered questions over the sample archive")
    for name, asked in (
        ("there, less a thing of the archive", judged.there(judged.shown)),
        ("there, less an everyday word", judged.there(EVERYDAY)),
        ("not there, less a thing of the archive", judged.not_there(judged.shown)),
        ("not there, less an everyday word", judged.not_there(EVERYDAY)),
        ("there, a photo and words", judged.beside_photos(is_there=True)),
        ("not there, a photo and words", judged.beside_photos(is_there=False)),
    ):
        every = list(asked)
        for way in every[0]:
            counts = Counter(verdicts[way] for verdicts in every)
            table.add_row(name, str(len(every)), way, *(f"{counts[one] / len(every):.0%}" for one in Verdict))
        table.add_section()
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
