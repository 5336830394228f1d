"""What a question costs when it is answered exactly from memory, by Chroma's filter, or by a scan of SQL.

    python -m benchmarks.vector_search --vectors 100000 --dimensions 512

Clustered vectors in chats of several sizes, in a temporary folder, through the code the bot uses. Every
question is asked every way in turn, so that a busy machine is busy for all of them. The figures that decide
`exact_limit` are kept in docs/decisions/0002-exact-before-chroma.md. They would be wrong if a filter by
chat in Chroma became cheaper than a product of the chat's own matrix, at any of these sizes.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sqlalchemy import insert

from storage.chroma import ChromaIndex
from storage.collection import ChromaLocation
from storage.database import Database, batches
from storage.embeddings import STORED, Embeddings
from storage.generation import generation
from storage.records import IndexEntry, Neighbour
from storage.schema import AT_ONCE, images, photos, vectors
from storage.vectors import VectorIndex

MODEL = "benchmark"
SIZES = (50_000, 13_000, 400, 18)
"""Photos in the chats that are asked; chats of 400 make up the rest."""
K = 10


@dataclass(slots=True)
class Timings:
    """What one way of answering took and found, for one chat."""

    seconds: list[float] = field(default_factory=list)
    recalls: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        recall = f"  ({statistics.mean(self.recalls):.3f})" if self.recalls else ""
        return f"{statistics.median(self.seconds) * 1_000:,.2f}{recall}"


@dataclass(frozen=True, slots=True)
class Archive:
    """What is searched: one photo per vector, numbered from 1, each in its chat."""

    vectors: NDArray[np.float32]
    chats: NDArray[np.int64]

    @classmethod
    def clustered(cls, count: int, dimensions: int, rng: np.random.Generator) -> Archive:
        """A few hundred subjects, each with its variations, as pictures have; chat ids are -1, -2, …"""
        centres = rng.normal(size=(300, dimensions))
        rows = centres[rng.integers(0, 300, count)] + rng.normal(size=(count, dimensions)) * 0.8
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        sizes = [size for size in SIZES if size <= count]
        chats = np.repeat(-1 - np.arange(len(sizes)), sizes)[:count]
        rest = -100 - np.arange(count - len(chats)) // 400
        return cls(rows.astype(np.float32), rng.permutation(np.concatenate([chats, rest])))


async def fill(database: Database, chroma: ChromaIndex, archive: Archive) -> float:
    """Write the archive to SQL and Chroma; returns Chroma's entries per second."""
    ids = list(range(1, len(archive.vectors) + 1))
    for batch in batches(ids, 5_000):
        async with database.transaction() as connection:
            await connection.execute(insert(images), [{"id": i, "file_unique_id": str(i)} for i in batch])
            await connection.execute(insert(photos), [_photo(i, int(archive.chats[i - 1])) for i in batch])
            await connection.execute(insert(vectors), [_vector(i, archive.vectors[i - 1]) for i in batch])
    began = time.perf_counter()
    for batch in track(list(batches(ids, 1_000)), "Filling Chroma"):
        await chroma.upsert([IndexEntry(i, i, int(archive.chats[i - 1]), archive.vectors[i - 1]) for i in batch])
    return len(ids) / (time.perf_counter() - began)


def _photo(number: int, chat_id: int) -> dict[str, object]:
    return {
        "id": number,
        "chat_id": chat_id,
        "origin_chat_id": chat_id,
        "message_id": number,
        "image_id": number,
        "sender_name": "",
        "date": AT_ONCE,
        "kind": "photo",
        "file_id": "",
        "sizes": [],
        "spoiler": False,
        "protected": False,
        "source": "live",
        "state": "indexed",
        "attempts": 0,
        "due_at": AT_ONCE,
        "leased": False,
    }


def _vector(number: int, vector: NDArray[np.float32]) -> dict[str, object]:
    blob = vector.astype(STORED).tobytes()
    return {"image_id": number, "model": MODEL, "dimensions": len(vector), "vector": blob}


async def measure(
    database: Database, chroma: ChromaIndex, questions: NDArray[np.float32], chat_id: int
) -> dict[str, Timings]:
    """Ask one chat every question every way."""
    exact = VectorIndex(Embeddings(database, MODEL), chroma, exact_limit=10**9, cache_bytes=2**40)
    scan = VectorIndex(Embeddings(database, MODEL), chroma, exact_limit=0)
    timings = {name: Timings() for name in ("first", "memory", "chroma", "sql")}
    await _timed(timings["first"], lambda: exact.nearest(chat_id, questions[0], K))
    await chroma.query(questions[0], chat_id, K)
    for question in questions:
        true = await _timed(timings["memory"], lambda: exact.nearest(chat_id, question, K))  # noqa: B023
        found = await _timed(timings["chroma"], lambda: chroma.query(question, chat_id, K))  # noqa: B023
        ids = {hit.photo_id for hit in true}
        timings["chroma"].recalls.append(len(ids & {hit.photo_id for hit in found}) / len(ids))
        await _timed(timings["sql"], lambda: scan.nearest(chat_id, question, K))  # noqa: B023
    return timings


async def _timed(timings: Timings, ask: Callable[[], Awaitable[list[Neighbour]]]) -> list[Neighbour]:
    began = time.perf_counter()
    found = await ask()
    timings.seconds.append(time.perf_counter() - began)
    return found


async def run(count: int, dimensions: int, rounds: int, console: Console) -> None:
    """Measure and print."""
    rng = np.random.default_rng(1)
    archive = Archive.clustered(count, dimensions, rng)
    questions = archive.vectors[rng.integers(0, count, rounds)]
    table = Table(title=f"{count:,} vectors of {dimensions}; p50 in ms of {rounds} questions for {K}")
    for column in ("photos in the chat", "exact, first", "exact", "Chroma's filter (recall)", "scan of SQL"):
        table.add_column(column, justify="right")
    with tempfile.TemporaryDirectory(prefix="chatlens-bench-") as folder:
        database = await Database.open(f"sqlite+aiosqlite:///{folder}/chatlens.db")
        location = ChromaLocation(directory=Path(folder) / "chroma")
        chroma = ChromaIndex.at(location, MODEL, dimensions)
        await chroma.open(await generation(database))
        rate = await fill(database, chroma, archive)
        for number, size in enumerate((size for size in SIZES if size <= count), 1):
            timings = await measure(database, chroma, questions, -number)
            table.add_row(f"{size:,}", *map(str, timings.values()))
        await chroma.close()
        await database.close()
    console.print(table)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    console.print(f"Chroma took {rate:,.0f} vectors/s; peak resident memory {peak:,.0f} MiB.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vectors", type=int, default=100_000)
    parser.add_argument("--dimensions", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=21)
    asked = parser.parse_args()
    asyncio.run(run(asked.vectors, asked.dimensions, asked.rounds, Console()))


if __name__ == "__main__":
    main()
