"""What reading pictures brings to search, what it costs, and what it takes from those who ask meanwhile.

    python -m benchmarks.text_in_pictures [--seconds 60] [--skip retrieval|latency|scan] [--readings FILE]

One chat holds the sample archive's pictures with the captions they were posted with, and 120 pictures of texts in
English, Chinese and Russian without captions (`benchmarks.text_archive`); `benchmarks.fused_ranks` asks 609 questions.
It needs the fonts that `benchmarks.rendered_texts` names and Debian's unicode-cldr-core, and reads Russian only where
tesseract's `rus` is installed. What was read is kept in a file where one is named, and taken from there when it is
there: reading takes minutes, asking a few seconds, so that other weights are soon tried.

The figures are kept in docs/decisions/0018-reading-pictures.md. They would be wrong of photographs where these are
drawings: of text that is curved, handwritten or far away; of a model that reads text in pictures by itself, as large
ones do to some degree; and of an archive whose captions say what its pictures do not show more often than here.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sqlalchemy import insert

from benchmarks.fused_ranks import fused_ranks
from benchmarks.rendered_texts import Rendered
from benchmarks.text_archive import CHAT, MODEL, Archive
from search.clip import ClipEmbedder, Compute
from search.encoding import Encoding
from search.images import DecodingLimits, decode
from search.ocr import Ocr
from search.query import Query, Words
from search.terms import terms
from search.text_search import TextSearch
from storage.chats import Chats
from storage.database import Database, batches
from storage.embeddings import Embeddings
from storage.filters import Filters
from storage.folding import fold
from storage.matrix import nearest
from storage.schema import images, photos, texts
from storage.texts import Texts

BIG_CHATS = {-100_2: 1_000, -100_3: 13_000, -100_4: 134_000}
console = Console()


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="how long questions are asked, for each way")
    parser.add_argument("--skip", action="append", default=[], choices=["retrieval", "latency", "scan"])
    parser.add_argument("--readings", type=Path, help="where what was read is kept")
    asked = parser.parse_args()
    embedder = ClipEmbedder.load(f"local-dir:{MODEL}", Compute(device="cpu", threads=1))
    with tempfile.TemporaryDirectory() as folder:
        database = await Database.open(f"sqlite+aiosqlite:///{folder}/chatlens.db")
        try:
            if not {"retrieval", "latency"} <= set(asked.skip):
                archive = Archive(database, embedder)
                await _filled(archive, asked.readings, is_read="retrieval" not in asked.skip)
            if "retrieval" not in asked.skip:
                await fused_ranks(archive, console)
            if "latency" not in asked.skip:
                await _latency(archive, archive.made, asked.seconds)
            if "scan" not in asked.skip:
                await _scan(database)
        finally:
            await database.close()


async def _filled(archive: Archive, kept: Path | None, *, is_read: bool) -> None:
    """With what is read, was read, or, where nobody asks what is right, is written in the pictures."""
    readings = _kept(kept) if is_read else {one.text: one.text for one in archive.made}
    read = await archive.fill(console, readings)
    if readings is None and kept is not None:
        kept.write_text(json.dumps(read, ensure_ascii=False, indent=1), "utf-8")  # noqa: ASYNC240 - nobody waits


def _kept(path: Path | None) -> dict[str, str] | None:
    if path is None or not path.exists():
        return None
    readings: dict[str, str] = json.loads(path.read_text("utf-8"))
    return readings


# -- latency ------------------------------------------------------------------------------------------------


async def _latency(archive: Archive, made: Sequence[Rendered], seconds: int) -> None:
    """Questions while nothing else runs and while pictures are read without a pause, in turns of five seconds."""
    encoding = Encoding(archive.embedder)
    encoding.start()
    matrix = await Embeddings(archive.database, "demo").chat_matrix(CHAT)
    search = TextSearch(Chats(archive.database), Texts(archive.database))
    took: dict[bool, list[float]] = {False: [], True: []}
    ocr, read = Ocr(), 0
    decoded = [decode(one.jpeg, DecodingLimits()) for one in made]
    await ocr.read(decoded[0])

    async def keep_reading(until: float) -> None:
        nonlocal read
        while time.monotonic() < until:
            await ocr.read(random.choice(decoded))
            read += 1

    for turn in track(range(2 * max(1, seconds // 5)), "asking", console=console):
        is_reading = turn % 2 == 1
        until = time.monotonic() + 5
        reading = asyncio.create_task(keep_reading(until)) if is_reading else None
        while time.monotonic() < until:
            text = random.choice(made).questions[0]
            started = time.perf_counter()
            with ocr.held():
                nearest(matrix, await encoding.words(text), 1_000, ())
                await search.find(await search.narrowed(Query(CHAT, Words(text))))
            took[is_reading].append(time.perf_counter() - started)
            await asyncio.sleep(0.05)
        if reading is not None:
            await reading  # the picture in hand belongs to no turn
    await ocr.rest()
    await encoding.close()
    table = Table(
        "", "questions", "p50 ms", "p95 ms", title=f"Answering, turns of 5 s; {read} pictures were read meanwhile"
    )
    for is_reading, label in ((False, "nothing is read"), (True, "pictures are read")):
        spent = np.array(took[is_reading]) * 1_000
        table.add_row(label, str(len(spent)), f"{np.percentile(spent, 50):.1f}", f"{np.percentile(spent, 95):.1f}")
    console.print(table)


# -- scan ---------------------------------------------------------------------------------------------------


async def _scan(database: Database) -> None:
    """A search of the texts of chats of several sizes, all in one database; captions of 4 to 40 words."""
    rng = random.Random(1)
    words = ["".join(rng.choices("abcdefghiklmnoprstuvwy", k=rng.randint(3, 9))) for _ in range(30_000)]
    weights = [1 / (rank + 10) for rank in range(len(words))]
    for chat_id, size in BIG_CHATS.items():
        said = [" ".join(rng.choices(words, weights, k=rng.choice((4, 8, 12, 40)))) for _ in range(size)]
        await _write(database, chat_id, said)
    table = Table(
        "texts in the chat", "1 word, ms", "3 words, ms", "phrase as a filter, ms", title="Searching texts (best of 5)"
    )
    for chat_id, size in BIG_CHATS.items():
        one, three = _needles(words[3_000]), _needles(*words[500:2_000:500])
        find = partial(Texts(database).matching, chat_id)
        asked = (
            partial(find, one, 300, Filters()),
            partial(find, three, 300, Filters()),
            partial(find, ["abc"], 300, Filters(phrases=("abc d",))),
        )
        table.add_row(f"{size:,}", *[f"{await _best(ask):.1f}" for ask in asked])
    console.print(table)


def _needles(*words: str) -> list[str]:
    return [term.needle for term in terms(" ".join(words))]


async def _best(ask: Callable[[], Awaitable[object]]) -> float:
    spent = []
    for _ in range(5):
        started = time.perf_counter()
        await ask()
        spent.append(time.perf_counter() - started)
    return min(spent) * 1_000


async def _write(database: Database, chat_id: int, said: Sequence[str]) -> None:
    first = -chat_id * 1_000_000
    async with database.transaction() as connection:
        await connection.execute(insert(images), {"id": first, "file_unique_id": f"big-{chat_id}"})
        for batch in batches(list(enumerate(said, start=first))):
            await connection.execute(insert(photos), [_row(chat_id, photo_id, first) for photo_id, _ in batch])
            await connection.execute(
                insert(texts),
                [
                    {"chat_id": chat_id, "photo_id": photo_id, "source": "caption", "text": text, "folded": fold(text)}
                    for photo_id, text in batch
                ],
            )


def _row(chat_id: int, photo_id: int, image_id: int) -> dict[str, object]:
    now = datetime(2024, 1, 1, tzinfo=UTC)
    where = {
        "id": photo_id,
        "chat_id": chat_id,
        "origin_chat_id": chat_id,
        "message_id": photo_id,
        "image_id": image_id,
    }
    said = {"sender_name": "Ann", "date": now, "kind": "photo", "file_id": "f", "sizes": [], "source": "live"}
    state = {"state": "indexed", "attempts": 0, "due_at": now, "leased": False, "spoiler": False, "protected": False}
    return {**where, **said, **state}


if __name__ == "__main__":
    asyncio.run(main())
