"""From a photo's bytes to its stored vector: this program against the obvious one and others, end to end.

    python -m benchmarks.indexing [--quick]

The ways are those of `benchmarks.peers`, the JPEGs those of `benchmarks.photographs`. Every model and number of cores
has a process of its own, in which every way takes its turn in every round.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from functools import partial
from itertools import cycle, islice
from pathlib import Path

from benchmarks.publishing import main
from benchmarks.report import Plot, Report, Table
from benchmarks.rounds import ROUNDS, Spread, in_turns, noise

ARCHITECTURES = {"ViT-B-32": 32, "ViT-B-32-SigLIP2-256": 16}
"""And photos of a round: a quarter of an hour for all."""
QUICK_ARCHITECTURES = {"ViT-S-32-alt": 16}
CORES = (1, 2)
DISTINCT = 12
"""Photos that are made up; a round repeats them."""
Rates = dict[str, Spread]
"""Photos a second by way."""


def run(quick: bool) -> Report:
    """Photos a second from bytes to stored, by way, model and cores."""
    tables, plots = [], []
    cores_here = len(os.sched_getaffinity(0))
    architectures = QUICK_ARCHITECTURES if quick else ARCHITECTURES
    for architecture, photos in architectures.items():
        with tempfile.TemporaryDirectory() as scratch:
            _child("prepare", architecture, scratch)
            rates = {
                cores: _measured(scratch, cores, photos, 1 if quick else ROUNDS)
                for cores in (CORES[:1] if quick else CORES)
                if cores <= cores_here
            }
        tables += [_table(f"{architecture}, {_cores(cores)}: photos a second", found) for cores, found in rates.items()]
        plots.append(_plot(architecture, rates))
    from benchmarks.peers import BATCH, OPENVINO, WARMING  # noqa: PLC0415 - imports torch

    notes = [
        noise(1 if quick else ROUNDS),
        (
            f"Photos of a round: {', '.join(f'{number} for {name}' for name, number in architectures.items())}, after "
            f"{WARMING} that warm up; {DISTINCT} made-up ones, again and again, in Telegram's sizes (longer side 90, "
            "320, 800 and 1280 pixels; benchmarks/photographs.py). Nothing is downloaded, and no text is read."
        ),
        "obvious: the largest size, open_clip's transform, torch in fp32, one by one, `collection.add` one by one.",
        (
            f"Batches of {BATCH} for the four others: the largest size, decoded by Pillow's `draft` at reduced size, "
            "`collection.add` once a batch. They do nothing else: no SQL, no other process opens their pictures, and "
            "what is lost in a crash is lost."
        ),
        (
            "Chatlens: the bot's own indexer, from the row in SQLite to the vector in SQLite (durable) and in the "
            "index, with a fingerprint of every picture, decoders in processes of their own, and the eight-bit tower. "
            "A chat of this size is answered from memory and has no collection in Chroma (docs/decisions/0002)."
        ),
        "Peers have as many threads as cores; Chatlens as many as it takes by itself (`CHATLENS_THREADS`).",
    ]
    if not all(OPENVINO in found for found in rates.values()):
        notes.append("OpenVINO is not installed here, so it did not take part.")
    return Report("indexing", "Indexing: from a photo's bytes to its stored vector", tables, plots, notes)


def _measured(scratch: str, cores: int, photos: int, rounds: int) -> Rates:
    told = json.loads(_child("measure", scratch, str(cores), str(photos), str(rounds)))
    return {way: Spread.of(rates) for way, rates in told.items()}


def _child(*arguments: str) -> str:
    """Its own process: affinity and thread pools are set once, and memory is given back."""
    command = [sys.executable, "-m", "benchmarks.indexing", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603 - ours


def prepare(architecture: str, scratch: str) -> None:
    """Makes the model and what engines need."""
    from benchmarks.peers import Prepared  # noqa: PLC0415

    Prepared.make(architecture, Path(scratch)).make_towers()


def measure(scratch: str, cores: int, photos: int, rounds: int) -> dict[str, list[float]]:
    """Photos a second, round by round."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-cores:])  # before any library makes its threads
    from benchmarks.peers import WARMING, Prepared, Way  # noqa: PLC0415
    from benchmarks.photographs import photographs  # noqa: PLC0415

    made = list(photographs(min(DISTINCT, photos // 2)))
    posted = [replace(photo, number=number) for number, photo in enumerate(islice(cycle(made), photos + WARMING))]

    def rate(index: Way) -> float:
        with tempfile.TemporaryDirectory(dir=scratch) as directory:
            return photos / index(posted, Path(directory))

    ways = Prepared(Path(scratch)).ways(cores)
    return in_turns({name: partial(rate, index) for name, index in ways.items()}, rounds)


def _cores(number: int) -> str:
    return "one core" if number == 1 else f"{number} cores"


def _table(caption: str, rates: Rates) -> Table:
    from benchmarks.peers import OBVIOUS, ONNX  # noqa: PLC0415

    header = ["way", "photos/s", "times the obvious", "times ONNX Runtime fp32"]
    rows = [
        [way, str(rate), f"{rate.median / rates[OBVIOUS].median:.1f}", f"{rate.median / rates[ONNX].median:.1f}"]
        for way, rate in rates.items()
    ]
    return Table(caption, header, rows)


def _plot(architecture: str, rates: dict[int, Rates]) -> Plot:
    ways = dict.fromkeys(way for found in rates.values() for way in found)
    series = {
        way: [
            (_cores(cores), found[way].median, found[way].lowest, found[way].highest)
            for cores, found in rates.items()
            if way in found
        ]
        for way in ways
    }
    return Plot(architecture, "cores", "photos a second", series)


if __name__ == "__main__":
    if sys.argv[1:2] == ["prepare"]:
        prepare(*sys.argv[2:])
    elif sys.argv[1:2] == ["measure"]:
        print(json.dumps(measure(sys.argv[2], *map(int, sys.argv[3:]))))
    else:
        main(run)
