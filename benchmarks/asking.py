"""What a question costs beyond the text encoder, at 1,000 to 1,000,000 photos in a thousand chats, and how it grows.

    python -m benchmarks.asking [--quick]

Every process that is measured opens a synthetic archive (`benchmarks.synthetic_archive`, made once and kept under the
system's folder for temporary files, 5 GB) and asks it as `benchmarks.asking_probe` says. Cold is the first question of
a chat in such a process: nothing of the chat is in its memory, while the system may still have the file in its own.
The figures decide how vectors are laid out (docs/decisions/0002-exact-before-chroma.md).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np

from benchmarks.asking_probe import KINDS, chats_of
from benchmarks.publishing import main
from benchmarks.report import Plot, Report, Table
from benchmarks.synthetic_archive import make, sizes

ARCHIVES = Path(tempfile.gettempdir()) / "chatlens-benchmarks"
SIZES = (1_000, 10_000, 100_000, 1_000_000)
QUICK_SIZES = (1_000, 10_000)
BUDGET = 256
BUDGETS = (64, BUDGET, 1_024)
"""MiB of vectors in memory; the middle one is the default setting."""
PROCESSES = 3
"""At the default budget, so that there is more than one first question of the largest chat."""
ROUNDS = 10
AIMS = {100_000: 25.0, 1_000_000: 50.0}
"""Milliseconds, p95, warm."""

Figures = dict[str, Any]


def run(quick: bool) -> Report:
    """What a question costs beyond the text encoder, by size of archive and of chat."""
    photos = QUICK_SIZES if quick else SIZES
    told: dict[tuple[int, int], list[Figures]] = defaultdict(list)
    for number in photos:
        make(ARCHIVES / str(number), number)
        _probed(number, BUDGET, 0)  # fills Chroma, where that was never done
        for budget in (BUDGET,) if quick or number < 100_000 else BUDGETS:
            for _ in range(1 if quick or budget != BUDGET else PROCESSES):
                told[number, budget].append(_probed(number, budget, 2 if quick else ROUNDS))
    usual = {number: told[number, BUDGET] for number in photos}
    tables = [
        _warm(usual),
        _cold(usual),
        _memory(told),
        _growth(usual),
    ]
    notes = [
        (
            f"Warm figures are of {2 if quick else ROUNDS} questions of each kind, chat and process, one chat after "
            "the other; the machine's other work is in them."
        ),
        (
            "date: photos of two thirds of the time; sender: of one person; text: a phrase that must be in the "
            "caption or the picture. Every question has two words, which are looked for in the texts of 45 % of the "
            "photos."
        ),
    ]
    return Report("asking", "What a question costs beyond the text encoder", tables, _plots(usual), notes)


def _probed(photos: int, budget: int, rounds: int) -> Figures:
    options = [str(ARCHIVES / str(photos)), "--cache-mb", str(budget), "--rounds", str(rounds)]
    command = [sys.executable, "-m", "benchmarks.asking_probe", *options]
    as_the_bot = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=as_the_bot)  # noqa: S603 - ours
    told: Figures = json.loads(done.stdout.splitlines()[-1])
    return told


def _asked(figures: Iterable[Figures], ranks: Sequence[int], kind: str | None, *, is_first: bool) -> list[Figures]:
    every = (one for process in figures for one in process["asked"])
    return [
        one for one in every if one["rank"] in ranks and one["is_first"] is is_first and kind in (None, one["kind"])
    ]


def _p95(asked: Sequence[Figures]) -> float:
    return float(np.quantile([one["milliseconds"] for one in asked], 0.95))


def _warm(usual: dict[int, list[Figures]]) -> Table:
    rows = []
    for photos, figures in usual.items():
        for name, ranks in chats_of(photos).items():
            cells = []
            for kind in KINDS:
                asked = _asked(figures, ranks, kind, is_first=False)
                half = median(one["milliseconds"] for one in asked)
                cells.append(f"{half:.1f} / {_p95(asked):.1f}")
            recalls = [
                one["recall"]
                for kind in KINDS
                for one in _asked(figures, ranks, kind, is_first=False)
                if one["recall"] is not None
            ]
            rows.append([f"{photos:,}: {name} ({_size(photos, ranks)})", *cells, f"{mean(recalls):.3f}"])
    caption = f"Milliseconds, warm, p50 / p95; {BUDGET} MiB of vectors in memory"
    return Table(caption, ["photos: chat", *KINDS, "recall@10"], rows)


def _size(photos: int, ranks: Sequence[int]) -> str:
    first, last = (int(sizes(photos)[rank - 1]) for rank in (ranks[0], ranks[-1]))
    return f"{first:,}" if first == last else f"{last:,}–{first:,}"


def _cold(usual: dict[int, list[Figures]]) -> Table:
    rows = []
    for photos, figures in usual.items():
        cells: list[str] = []
        for ranks in chats_of(photos).values():
            took = [one["milliseconds"] for one in _asked(figures, ranks, None, is_first=True)]
            cells.append(f"{median(took):.0f} ({min(took):.0f}–{max(took):.0f})")
        rows.append([f"{photos:,}", *cells])
    return Table("Milliseconds, the first question of a chat: median, least and most", ["photos", *chats_of(1)], rows)


def _memory(told: dict[tuple[int, int], list[Figures]]) -> Table:
    rows = []
    for (photos, budget), figures in told.items():
        asked = _asked(figures, [1], None, is_first=False)
        each = [figures[0][key] for key in ("MiB of Python", "MiB at rest", "MiB after questions")]
        rows.append(
            [f"{photos:,}, {budget} MiB", *(f"{one:,.0f}" for one in each), figures[0]["descriptors"], _p95(asked)]
        )
    header = [
        "photos, budget",
        "imports only",
        "opened and compared",
        "after the questions",
        "descriptors",
        "largest chat, p95 ms",
    ]
    return Table("MiB resident, of all processes together", header, rows)


def _growth(usual: dict[int, list[Figures]]) -> Table:
    rows = [
        [
            f"{photos:,}",
            figures[0]["bytes of SQL"] / photos,
            figures[0]["bytes of Chroma"] / photos,
            median(one["seconds to open"] for one in figures),
            median(one["seconds to compare"] for one in figures),
        ]
        for photos, figures in usual.items()
    ]
    header = ["photos", "bytes a photo in SQL", "in Chroma", "seconds to open", "until Chroma is compared"]
    return Table("On disk, and at the start", header, rows)


def _plots(usual: dict[int, list[Figures]]) -> list[Plot]:
    def line(value: Callable[[int, list[Figures]], float]) -> list[tuple[float, float]]:
        return [(photos, value(photos, figures)) for photos, figures in usual.items()]

    def slowest(name: str) -> list[tuple[float, float]]:
        return line(lambda photos, figures: _p95(_asked(figures, chats_of(photos)[name], None, is_first=False)))

    asking = {name: slowest(name) for name in chats_of(1)}
    memory = {
        "at rest": line(lambda _, figures: figures[0]["MiB at rest"]),
        "after the questions": line(lambda _, figures: figures[0]["MiB after questions"]),
    }
    disk = {
        "SQL": line(lambda photos, figures: figures[0]["bytes of SQL"] / photos),
        "Chroma": line(lambda photos, figures: figures[0]["bytes of Chroma"] / photos),
    }
    return [
        Plot("A warm question, any kind", "photos", "p95, ms", asking, "x", {"aim at 1,000,000": AIMS[1_000_000]}),
        Plot("Memory", "photos", "MiB, all processes", memory, "x"),
        Plot("Disk", "photos", "bytes a photo", disk, "x"),
    ]


if __name__ == "__main__":
    main(run)
