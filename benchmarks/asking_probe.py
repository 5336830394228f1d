"""One process that opens an archive, asks it questions, and says what they took: see `benchmarks.asking`.

    python -m benchmarks.asking_probe DIRECTORY --cache-mb 256 --rounds 20

From a ready text vector to ranked photos with their rows: everything that `search.Searcher` does but for the encoder,
on the parts that the bot has. Prints JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import psutil

from benchmarks.synthetic_archive import DIMENSIONS, MODEL, Cone, chat_id, moment, sizes, topics_of, word
from search.calibration import Calibration
from search.candidates import Candidates
from search.direction import Direction, Directions
from search.duplicates import Duplicates
from search.evidence import Rivals
from search.pictures import Pictures
from search.query import Filters, Query, Words
from search.searcher import Searcher
from search.text_search import TextSearch
from search.verdict import Calibrated, Judge
from storage.chats import Chats
from storage.chroma import ChromaIndex
from storage.chroma_client import ChromaLocation
from storage.database import Database
from storage.embeddings import Embeddings
from storage.filtered import FilteredPhotos
from storage.fingerprints import Fingerprints
from storage.index_records import ChatMatrix
from storage.matrix import nearest
from storage.photos import Photos
from storage.vectors import CACHE_BYTES, EXACT_LIMIT, VectorIndex

KINDS = ("words", "date", "sender", "text")
"""Questions: words alone, of two thirds of the time, of one person, with a phrase that captions must have."""
TOP = 10


@dataclass(frozen=True, slots=True)
class Asked:
    """What one question took and found."""

    rank: int
    """Of its chat."""
    kind: str
    is_first: bool
    """Of its chat, in this process."""
    milliseconds: float
    recall: float | None
    """Of the ten nearest pictures; None where it was not looked at."""


class Ready:
    """In place of `search.direction.Directions`: a vector that is already there."""

    model = MODEL

    def __init__(self) -> None:
        self.direction: Direction | None = None

    async def of(self, _query: Query) -> Direction | None:
        return self.direction


class Probe:
    """An archive, open, and questions about it."""

    def __init__(self, database: Database, index: VectorIndex, photos: int) -> None:
        self._database = database
        self._total = photos
        self._texts = index.texts
        self._cone = Cone.seeded()
        self._rng = np.random.default_rng(3)
        self._directions = Ready()
        self._matrices: dict[int, ChatMatrix] = {}
        chats, rows = Chats(database), Photos(database)
        self._filtered = FilteredPhotos(database)
        self._candidates = Candidates(self._filtered, index)
        duplicates = Duplicates(Fingerprints(database), rows)
        self._searcher = Searcher(
            chats,
            rows,
            cast("Directions", self._directions),
            self._candidates,
            TextSearch(chats, index.texts),
            Judge(Embeddings(database, MODEL), _calibrated(self._cone)),
            duplicates,
            cast("Pictures", None),  # of questions about photos only
        )

    async def ask(self, rank: int, kind: str, *, is_first: bool = False, is_checked: bool = False) -> Asked:
        """One question, never the same twice."""
        liked = topics_of(rank)
        vector = self._cone.question(int(self._rng.choice(liked)), self._rng)
        self._directions.direction = direction = Direction(vector, words=vector)
        query = self._query(rank, kind)
        began = time.perf_counter()
        await self._searcher.answer(query)
        took = (time.perf_counter() - began) * 1_000
        return Asked(rank, kind, is_first, took, await self._recall(query, direction) if is_checked else None)

    def forget_checks(self) -> None:
        """Give back the memory that only checking took."""
        self._matrices.clear()

    def _query(self, rank: int, kind: str) -> Query:
        words = Words(f"{word(int(self._rng.integers(20, 60)))} {word(int(self._rng.integers(200, 600)))}")
        if kind == "date":
            first = int(self._rng.uniform(0, self._total / 3))
            since, before = (moment(one, self._total) for one in (first, first + self._total * 2 // 3))
            return Query(chat_id(rank), words, filters=Filters(since=since, before=before))
        if kind == "sender":
            return Query(chat_id(rank), words, filters=Filters(sender_ids=frozenset({1_000 * rank})))
        if kind == "text":
            return Query(chat_id(rank), words, text=(word(int(self._rng.integers(5, 20))),))
        return Query(chat_id(rank), words)

    async def _recall(self, query: Query, direction: Direction) -> float:
        """Against a product with every vector that SQL has of the chat, or that its filters leave."""
        if query.text:
            query = await TextSearch(Chats(self._database), self._texts).narrowed(query)
        found = [one.posting.id for one in await self._candidates.best(query, direction)][:TOP]
        if query.chat_id not in self._matrices:  # 400 MB of the largest: one at a time, and read once
            self._matrices = {query.chat_id: await Embeddings(self._database, MODEL).chat_matrix(query.chat_id)}
        matrix = self._matrices[query.chat_id]
        among = await self._filtered.ids(query.chat_id, query.filters) if query.filters else None
        true = [one.photo_id for one in nearest(matrix, direction.vector, TOP, among=among)]
        return len(set(true) & set(found)) / len(true) if true else 1.0


def _calibrated(cone: Cone) -> Calibrated:
    """Some words to compete with, as every calibrated model has 800, and figures by which everything is shown."""
    rng = np.random.default_rng(5)
    words = np.stack([cone.question(int(topic), rng) for topic in rng.integers(0, len(cone.centres), 800)])
    zeros = dict.fromkeys(("score", "margin", "log_photos", "alike", "alike_log_photos"), 0.0)
    return Calibrated(Calibration(model=MODEL, nothing=-1.0, sure=1.0, origin="", **zeros), Rivals(words))


def resident() -> float:
    """MiB of this process and of those it has started, what they share counted once."""
    me = psutil.Process()
    total = 0
    for process in (me, *me.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            total += process.memory_full_info().pss
    return total / 2**20


def descriptors() -> int:
    me = psutil.Process()
    return sum(process.num_fds() for process in (me, *me.children(recursive=True)))


def chats_of(photos: int) -> dict[str, list[int]]:
    """Ranks of the chats that are asked, by size; every one has photos."""
    last = int(np.count_nonzero(sizes(photos)))  # ranks without photos come last
    return {
        "smallest": list(range(last - 2, last + 1)),
        "medium": [29, 30, 31],
        "large": [2, 3],
        "largest": [1],
    }


async def probe(directory: Path, cache_bytes: int, exact_limit: int, rounds: int) -> dict[str, Any]:
    """Everything that one process has to tell."""
    photos = int(json.loads((directory / "archive.json").read_text("utf-8"))["photos"])
    at_start = resident()
    began = time.perf_counter()
    database = await Database.open(f"sqlite+aiosqlite:///{(directory / 'chatlens.db').resolve()}")
    chroma = ChromaIndex.at(ChromaLocation(directory=directory / "chroma"), MODEL, DIMENSIONS)
    embeddings = Embeddings(database, MODEL)
    index = VectorIndex(embeddings, chroma, exact_limit=exact_limit, cache_bytes=cache_bytes)
    opened = time.perf_counter() - began
    mended = await index.reconcile()
    compared = time.perf_counter() - began
    at_rest = resident()
    one = Probe(database, index, photos)
    await one.ask(500, "words")  # what the process compiles and imports at its very first question
    asked = [await one.ask(rank, "words", is_first=True) for rank in _ranks(photos)]
    for rank in _ranks(photos) if rounds else ():
        for kind in KINDS:
            await one.ask(rank, kind)  # another chat may have driven this one out of the memory
        for number in range(rounds):
            for kind in KINDS:
                asked.append(await one.ask(rank, kind, is_checked=number < 2))  # noqa: PERF401 - one after another
    one.forget_checks()
    result = {
        "photos": photos,
        "cache_mb": cache_bytes >> 20,
        "filled": mended.missing,
        "seconds to open": opened,
        "seconds to compare": compared,
        "MiB of Python": at_start,
        "MiB at rest": at_rest,
        "MiB after questions": resident(),
        "descriptors": descriptors(),
        "bytes of SQL": _bytes(directory, "chatlens.db*"),
        "bytes of Chroma": _bytes(directory / "chroma", "**/*"),
        "asked": [asdict(question) for question in asked],
    }
    await index.close()
    await database.close()
    return result


def _ranks(photos: int) -> Sequence[int]:
    return [rank for ranks in chats_of(photos).values() for rank in ranks]


def _bytes(directory: Path, pattern: str) -> int:
    return sum(file.stat().st_blocks * 512 for file in directory.glob(pattern) if file.is_file())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--cache-mb", type=int, default=CACHE_BYTES >> 20)
    parser.add_argument("--exact-limit", type=int, default=EXACT_LIMIT)
    parser.add_argument("--rounds", type=int, default=10)
    asked = parser.parse_args()
    told = asyncio.run(probe(asked.directory, asked.cache_mb << 20, asked.exact_limit, asked.rounds))
    print(json.dumps(told))


if __name__ == "__main__":
    main()
