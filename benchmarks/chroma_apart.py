"""An embedded Chroma in the bot's process, its calls on threads, and in a process of its own, as Chatlens has it: how
long the event loop stands still while it is written to, how fast it takes vectors, how long questions take, the memory.

    python -m benchmarks.chroma_apart [--quick]
"""

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from time import perf_counter

import numpy as np
import psutil

from benchmarks.publishing import main
from benchmarks.report import Cell, Report, Table
from benchmarks.rounds import ROUNDS, Spread, noise
from storage.chroma import ChromaIndex
from storage.chroma_client import ChromaLocation
from storage.chroma_process import ChromaProcess
from storage.chroma_threads import ChromaThreads
from storage.collection import Collection
from storage.index_records import IndexEntry

DIMENSIONS = 768
CHATS = 1
BATCHES = (16, 32, 256)
FILLED = 3_000
QUESTIONS = 40
TICK = 0.001
APART, TOGETHER = "its own process", "the bot's process"


@dataclass
class _Figures:
    """Of one way, from every round."""

    stalls: dict[int, list[float]] = field(default_factory=dict)
    """Longest, in ms, by batch."""
    rates: dict[int, list[float]] = field(default_factory=dict)
    beside: dict[int, list[float]] = field(default_factory=dict)
    """Of every question asked while batches of this size were written, in ms."""
    alone: list[float] = field(default_factory=list)


def run(quick: bool) -> Report:
    """Both ways, in turns."""
    rounds = 1 if quick else ROUNDS
    filled = FILLED // (10 if quick else 1)
    figures = asyncio.run(_measured(rounds, filled))
    memory = {name: _memory(name) for name in figures}
    writing: list[list[Cell]] = [
        [f"{batch}, {name}", str(Spread.of(one.stalls[batch])), str(Spread.of(one.rates[batch])), *_percentiles(asked)]
        for batch in BATCHES
        for name, one in figures.items()
        for asked in [one.beside[batch]]
    ]
    resting: list[list[Cell]] = [
        [name, *_percentiles(one.alone), memory[name][0], memory[name][1], sum(memory[name])]
        for name, one in figures.items()
    ]
    header = ["entries in a call, Chroma in", "longest stall of the event loop, ms", "vectors/s"]
    return Report(
        "chroma_apart",
        "Chroma in the bot's process, and apart",
        [
            Table("While it is written to", [*header, "question beside, p50, ms", "p95, ms"], writing),
            Table(
                "At rest; memory that is shared between processes counts in parts (PSS)",
                ["Chroma in", "question, p50, ms", "p95, ms", "bot, MB", "keeper, MB", "together, MB"],
                resting,
            ),
        ],
        notes=[
            noise(rounds),
            (
                f"{filled:,} vectors of {DIMENSIONS} dimensions in one chat, and more as they are written; "
                "questions are asked of that chat's own collection, without a filter. The process has nothing but "
                "Chroma and an event loop that looks at the clock every millisecond: "
                "the bot's own work adds to the stalls, its model to the memory."
            ),
        ],
    )


async def _measured(rounds: int, filled: int) -> dict[str, _Figures]:
    figures = {name: _Figures() for name in (TOGETHER, APART)}
    with tempfile.TemporaryDirectory() as scratch:
        indexes = {name: _index(name, Path(scratch) / str(number)) for number, name in enumerate(figures)}
        entries = _entries()
        for chroma in indexes.values():
            await chroma.open("build")
            await chroma.upsert([next(entries) for _ in range(filled)])
        for turn in range(rounds + 1):
            for batch in BATCHES:
                for name, chroma in indexes.items():
                    await _round(chroma, entries, batch, figures[name] if turn else _Figures())
        for chroma in indexes.values():
            await chroma.close()
    return figures


async def _round(chroma: ChromaIndex, entries: Iterator[IndexEntry], batch: int, into: _Figures) -> None:
    """Questions, then writes; then writes with questions beside, which do not count for the rate."""
    into.alone += [await _asked(chroma, number) for number in range(QUESTIONS)]
    calls = 512 // batch
    batches = [[next(entries) for _ in range(batch)] for _ in range(calls)]
    watching = asyncio.create_task(_longest_stall())
    await asyncio.sleep(10 * TICK)
    started = perf_counter()
    for one in batches:
        await chroma._caller.write(Collection.upsert, one)  # noqa: SLF001 - batches of other sizes than its own
    into.rates.setdefault(batch, []).append(calls * batch / (perf_counter() - started))
    watching.cancel()
    into.stalls.setdefault(batch, []).append(1_000 * await watching)
    writing = asyncio.create_task(_write(chroma, batches))
    asked = into.beside.setdefault(batch, [])
    for number in count():
        asked.append(await _asked(chroma, number))
        if writing.done():
            break
    await writing


async def _write(chroma: ChromaIndex, batches: list[list[IndexEntry]]) -> None:
    for one in batches:
        await chroma._caller.write(Collection.upsert, one)  # noqa: SLF001 - see above


async def _asked(chroma: ChromaIndex, number: int) -> float:
    vector = np.random.default_rng(number).standard_normal(DIMENSIONS).astype(np.float32)
    started = perf_counter()
    await chroma.query(vector, number % CHATS + 1, 10)
    return 1_000 * (perf_counter() - started)


async def _longest_stall() -> float:
    longest, last = 0.0, perf_counter()
    try:
        while True:
            await asyncio.sleep(TICK)
            now = perf_counter()
            longest, last = max(longest, now - last - TICK), now
    except asyncio.CancelledError:
        return max(longest, perf_counter() - last - TICK)


def _entries() -> Iterator[IndexEntry]:
    random = np.random.default_rng(1)
    for number in count(1):
        vector = random.standard_normal(DIMENSIONS).astype(np.float32)
        yield IndexEntry(number, number, number % CHATS + 1, vector / np.linalg.norm(vector))


def _index(name: str, directory: Path) -> ChromaIndex:
    location = ChromaLocation(directory=directory)
    make: Callable[[], Collection] = partial(Collection, location, "model", DIMENSIONS)
    return ChromaIndex(ChromaProcess(make) if name == APART else ChromaThreads(make()))


def _percentiles(milliseconds: list[float]) -> list[float]:
    return [float(np.percentile(milliseconds, q)) for q in (50, 95)]


def _memory(name: str) -> tuple[int, int]:
    """Of a process that has an index open into which a batch was written, and of the keeper, in MB."""
    import multiprocessing  # noqa: PLC0415

    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_resting, (name,))


def _resting(name: str) -> tuple[int, int]:
    return asyncio.run(_rest(name))


async def _rest(name: str) -> tuple[int, int]:
    with tempfile.TemporaryDirectory() as scratch:
        chroma, entries = _index(name, Path(scratch) / "index"), _entries()
        await chroma.open("build")
        await chroma.upsert([next(entries) for _ in range(64)])
        this = psutil.Process()
        keepers = sum(_pss(child) for child in this.children())
        told = _pss(this), keepers
        await chroma.close()
    return told


def _pss(process: psutil.Process) -> int:
    return int(process.memory_full_info().pss / 1e6)


if __name__ == "__main__":
    main(run)
