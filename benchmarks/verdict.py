"""How often the bot says "nothing here looks like that", and how often it should have.

    python -m benchmarks.verdict            # tables: AUC, true answers kept, false answers given
    python -m benchmarks.verdict --write    # fits the demo checkpoint's figures first: models/demo/calibration.json

Chats are drawn from composed pictures of the demo's art (`training.exhibits`) and asked for things that they show, for
things that they do not (no word of whose name or keywords belongs to anything shown), and for gibberish. Figures are
fitted to one half of the concepts in styles the model was trained on, and measured on the other half, in those and in
two styles it never saw. A true answer is one whose first page shows the thing: refusing another loses nothing.

The tables would be false if a concept of one half appeared in the other, if "absent" things were there after all under
another name (false answers would then be counted too high, not too low), or for real photographs, which the demo
checkpoint knows nothing of: another model's figures come from `python -m bot calibrate`. The things' English names are
among the words of search/words.txt; the row "words withheld" says what it costs when they are not.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Annotated

import numpy as np
import torch
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.verdict_chats import Gallery, Outcome, ask, judged, nearest
from benchmarks.verdict_questions import Asked, Questions, gibberish, things
from search.calibrating import SIZES, Pool, calibrate, words_of
from search.calibration import Calibration, fit
from search.clip import ClipEmbedder, Compute
from search.evidence import Rivals
from search.vocabulary import load_words
from training.art import HELD_OUT_STYLE, TUNING_STYLE
from training.concepts import load_concepts
from training.measure import archive_pictures, archive_scenes
from training.model import MODEL

SEEN = ("noto", "fluent-flat", "emojione", "fluent-3d", "fxemoji")
MEASURED_SIZES = (1, 5, 20, 50, 150)
CHATS = 40
"""Chats of each size."""


def auc(true: Sequence[float], false: Sequence[float]) -> float:
    """The chance that a true answer has more than a false one."""
    ranks = np.concatenate([true, false]).argsort().argsort() + 1
    return float((ranks[: len(true)].sum() - len(true) * (len(true) + 1) / 2) / (len(true) * len(false)))


def row(name: str, outcomes: Sequence[Outcome], calibration: Calibration) -> list[str]:
    """One line of a table."""
    weighed = {
        truth: [calibration.weigh(o.evidence) for o in outcomes if o.is_true is truth] for truth in (True, False)
    }
    true, false = np.array(weighed[True]), np.array(weighed[False])
    return [
        name, f"{len(true)} / {len(false)}", f"{auc(list(true), list(false)):.3f}" if len(true) else "–",
        f"{(true >= calibration.nothing).mean():.0%}" if len(true) else "–",
        f"{(true >= calibration.sure).mean():.0%}" if len(true) else "–",
        f"{(false >= calibration.sure).mean():.0%}", f"{(false >= calibration.nothing).mean():.0%}",
    ]  # fmt: skip


COLUMNS = ("", "true / false", "ROC AUC", "true kept", "… and assured", "false assured", '… or "not sure"')


def table(title: str, rows: Sequence[Sequence[str]]) -> Table:
    """As the others."""
    made = Table(title=title)
    for number, column in enumerate(COLUMNS):
        made.add_column(column, justify="left" if number == 0 else "right")
    for cells in rows:
        made.add_row(*cells)
    return made


class Benchmark:
    """Everything embedded once."""

    def __init__(self) -> None:
        torch.set_num_threads(1)
        self.embedder = ClipEmbedder.load(f"local-dir:{MODEL}", Compute(device="cpu", precision="fp32", threads=1))
        self.gallery = Gallery(self.embedder, (*SEEN, TUNING_STYLE, HELD_OUT_STYLE))
        self.questions = Questions(self.embedder)
        order = random.Random(7).sample(things(), len(things()))
        self.calibration_half, self.other_half = order[::2], order[1::2]
        self.rivals = Rivals(words_of(self.embedder, load_words()))

    def outcomes(
        self, styles: Sequence[str], pool: Sequence[int], size: int, seed: int, rivals: Rivals | None = None
    ) -> list[Outcome]:
        """Of `CHATS` chats; more of small ones."""
        rng = random.Random(seed * 1_000 + size)
        return [
            outcome
            for _ in range(max(CHATS, 4 * CHATS // size))
            for outcome in ask(
                self.questions, rivals or self.rivals, self.gallery.chat(styles, pool, size, rng), pool, rng
            )
        ]

    def fitted(self) -> Calibration:
        """With labels, on the calibration half."""
        every = [o for size in SIZES for o in self.outcomes(SEEN, self.calibration_half, size, 1)]
        rng, strangers = random.Random(3), []
        for size in SIZES:
            for _ in range(200):
                shown, pictures = self.gallery.chat(SEEN, self.calibration_half, size, rng)
                [concept], [vector] = self.gallery.chat(SEEN, self.calibration_half, 1, rng)
                if not any(self.questions.related(concept, other) for other in shown):
                    strangers.append((size, float((pictures @ vector).max())))
        true, false = ([o.evidence for o in every if o.is_true is truth] for truth in (True, False))
        origin = f"{len(true)} true and {len(false)} false answers of benchmarks/verdict.py"
        return fit(self.embedder.model_id, true, false, strangers, origin)

    def by_size(self, calibration: Calibration, styles: Sequence[str], rivals: Rivals | None = None) -> list[list[str]]:
        """A line for each size of chat, and one for all."""
        by_size = {size: self.outcomes(styles, self.other_half, size, 2, rivals) for size in MEASURED_SIZES}
        rows = [row(f"{size} photos", outcomes, calibration) for size, outcomes in by_size.items()]
        return [*rows, row("all", [o for outcomes in by_size.values() for o in outcomes], calibration)]

    def statistics(self) -> Table:
        """What else could decide, by AUC."""
        made = Table(title="ROC AUC of single statistics and of all, measured half")
        for column in ("", "cosine", "z over the chat", "margin over words", "shipped: cosine, margin, ln n"):
            made.add_column(column)
        calibration = Calibration.from_json((MODEL / "calibration.json").read_text("utf-8"))
        for styles in (SEEN, (TUNING_STYLE,), (HELD_OUT_STYLE,)):
            every = [o for size in MEASURED_SIZES for o in self.outcomes(styles, self.other_half, size, 2)]
            made.add_row(styles[0] if len(styles) == 1 else "seen", *(
                f"{auc([of(o) for o in every if o.is_true], [of(o) for o in every if not o.is_true]):.3f}"
                for of in (lambda o: o.evidence.score, lambda o: o.z, lambda o: o.evidence.margin,
                           lambda o: calibration.weigh(o.evidence))
            ))  # fmt: skip
        return made

    def archive(self, calibration: Calibration) -> list[list[str]]:
        """The sample archive as it is shown in the demo, all of it one chat."""
        scenes = archive_scenes()
        files = list(scenes)
        prepared = [self.embedder.prepare(picture) for picture in archive_pictures(files)]
        pictures = np.concatenate([self.embedder.embed_images(prepared[i : i + 32]) for i in range(0, len(files), 32)])
        by_name = {concept.names["en"]: place for place, concept in enumerate(load_concepts())}
        shown = [{by_name[thing["name"]] for thing in scenes[file]["things"]} for file in files]
        present = set().union(*shown)
        groups: dict[str, list[Outcome]] = {}
        for concept in range(len(load_concepts())):
            is_absent = concept in things() and not any(self.questions.related(concept, other) for other in present)
            for asked in self.questions.every(concept):
                best = nearest(pictures, asked.vector)
                is_true = concept in present and any(asked.fits(other) for r in best for other in shown[r])
                if is_true or (is_absent and not any(asked.fits(other) for other in present)):
                    outcome = judged(asked, pictures, best, self.rivals, is_true=is_true)
                    groups.setdefault(asked.kind, []).append(outcome)
        rows = [row(kind, outcomes, calibration) for kind, outcomes in groups.items()]
        vectors = words_of(self.embedder, gibberish(300, random.Random(11)))
        noise = [
            judged(asked, pictures, nearest(pictures, asked.vector), self.rivals, is_true=False)
            for asked in (Asked(vector, "gibberish", frozenset()) for vector in vectors)
        ]  # fmt: skip
        return [*rows, row("gibberish", noise, calibration)]

    def unsupervised(self) -> Calibration:
        """As an operator's: captions of which two in three say nothing of the picture."""
        rng = random.Random(5)
        vectors, captions, answers = [], [], []
        for number in range(900):
            [concept], [vector] = self.gallery.chat(SEEN, self.calibration_half, 1, rng)
            vectors.append(vector)
            other = concept if rng.random() < 1 / 3 else rng.choice(self.calibration_half)
            captions.append(self.questions.about(other, rng).vector)
            answers.append(number)
        pool = Pool(np.stack(vectors), np.stack(captions), answers)
        return calibrate(self.embedder.model_id, pool, self.rivals)

    def photos(self, calibration: Calibration) -> list[list[str]]:
        """Photo questions: the same thing in another style, or nothing of its kind."""
        rng, rows = random.Random(6), []
        for name, asked_style in (("seen", SEEN[0]), ("unseen", HELD_OUT_STYLE)):
            like: dict[bool, list[float]] = {True: [], False: []}
            for size in MEASURED_SIZES:
                for _ in range(300):
                    shown, pictures = self.gallery.chat(SEEN[1:], self.other_half, size, rng)
                    is_there = rng.random() < 0.5
                    absent = [c for c in self.other_half if not any(self.questions.related(c, o) for o in shown)]
                    concept = rng.choice(shown if is_there else absent or [-1])
                    vector = self.gallery.by_style[asked_style].get(concept)
                    if vector is not None:
                        like[is_there].append(float((pictures @ vector).max()) - calibration.alike_bound(size))
            true, false = np.array(like[True]), np.array(like[False])
            counts, area = f"{len(true)} / {len(false)}", f"{auc(like[True], like[False]):.3f}"
            rows.append([f"asked in a {name} style", counts, area,
                         "100%", f"{(true >= 0).mean():.0%}", f"{(false >= 0).mean():.0%}", "100%"])  # fmt: skip
        return rows


def main(
    write: Annotated[bool, typer.Option(help="Fit and write the demo checkpoint's figures first.")] = False,
) -> None:
    """Measures and prints."""
    console, benchmark = Console(width=110), Benchmark()
    if write:
        (MODEL / "calibration.json").write_text(benchmark.fitted().to_json(), "utf-8")
        np.save(MODEL / "words.npy", benchmark.rivals.vectors.astype(np.float16))
    shipped = Calibration.from_json((MODEL / "calibration.json").read_text("utf-8"))
    console.print(benchmark.statistics())
    for name, styles in (("seen styles", SEEN), (TUNING_STYLE, (TUNING_STYLE,)), (HELD_OUT_STYLE, (HELD_OUT_STYLE,))):
        console.print(table(f"Shipped figures, {name}", benchmark.by_size(shipped, styles)))
    withheld = Rivals(words_of(benchmark.embedder, benchmark.questions.without(load_words(), benchmark.other_half)))
    console.print(table("Shipped figures, seen styles, words withheld", benchmark.by_size(shipped, SEEN, withheld)))
    console.print(table("The sample archive, by kind of question", benchmark.archive(shipped)))
    console.print(table("Photo questions (never refused)", benchmark.photos(shipped)))
    own = benchmark.unsupervised()
    console.print(table(f"Figures fitted without labels: {own.origin}", benchmark.by_size(own, SEEN)))


if __name__ == "__main__":
    typer.run(main)
