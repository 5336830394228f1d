"""What reading pictures brings to search, what it costs, and what it takes from those who ask meanwhile.

    python -m benchmarks.text_in_pictures [--seconds 60] [--skip retrieval|cost|latency|scan]

Through the code the bot uses: SQLite and vectors in a temporary folder, the demo checkpoint, the real reader. One chat
holds the sample archive's pictures with the captions they were posted with, and sixty pictures of texts in English,
Chinese and Russian without captions. It needs the fonts that `benchmarks.rendered_texts` names, and reads Russian only
where tesseract's `rus` is installed.

The figures are kept in docs/decisions/0018-reading-pictures.md. They would be wrong of photographs where these are
drawings: of text that is curved, handwritten or far away; of a model that reads text in pictures by itself, as large
ones do to some degree; and of an archive whose captions say what its pictures do not show more often than here.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sqlalchemy import insert

from benchmarks.rendered_texts import Rendered, rendered
from search.clip import ClipEmbedder, Compute
from search.encoding import Encoding
from search.fusion import fused
from search.images import DecodingLimits, decode
from search.ocr import Ocr
from search.query import Query, Words
from search.ranking import Candidate
from search.records import PhotoPost, Sender
from search.terms import terms
from search.text_search import TextHit, TextSearch
from storage.chats import Chats
from storage.database import Database, batches
from storage.embeddings import Embeddings
from storage.filters import Filters
from storage.folding import fold
from storage.matrix import nearest
from storage.photos import Photos
from storage.queue import IndexQueue
from storage.readings import Readings
from storage.schema import images, photos, texts
from storage.texts import Texts

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "sandbox" / "archive"
CHAT = -100_1
BIG_CHATS = {-100_2: 1_000, -100_3: 13_000, -100_4: 134_000}
NAMES = {
    "ru": {
        "cat": "кошка",
        "dog": "собака",
        "pizza": "пицца",
        "guitar": "гитара",
        "bicycle": "велосипед",
        "car": "машина",
    },
    "zh": {"cat": "猫", "dog": "狗", "pizza": "比萨", "guitar": "吉他", "bicycle": "自行车", "car": "汽车"},
}
"""Scenes of the sample archive are described in English; of some things the names in the other languages."""
console = Console()


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and the pictures (by name) any of which is a right answer."""

    text: str
    right: frozenset[str]
    group: str


@dataclass(slots=True)
class Archive:
    """One chat's archive, open."""

    database: Database
    embedder: ClipEmbedder
    names: dict[int, str]
    """Photo id to the picture's name."""

    async def looking(self, text: str) -> list[Candidate]:
        """By the picture alone."""
        matrix = await Embeddings(self.database, "demo").chat_matrix(CHAT)
        found = nearest(matrix, self.embedder.embed_texts([text])[0], None, ())
        postings = await Photos(self.database).in_brief([one.photo_id for one in found])
        return [Candidate(postings[one.photo_id], one.score) for one in found]

    async def saying(self, text: str) -> list[TextHit]:
        """By the texts alone."""
        search = TextSearch(Chats(self.database), Texts(self.database))
        return await search.find(await search.narrowed(Query(CHAT, Words(text))))


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="how long questions are asked, for each way")
    parser.add_argument("--skip", action="append", default=[], choices=["retrieval", "latency", "scan"])
    asked = parser.parse_args()
    embedder = ClipEmbedder.load(f"local-dir:{ROOT / 'models' / 'demo'}", Compute(device="cpu", threads=1))
    with tempfile.TemporaryDirectory() as folder:
        database = await Database.open(f"sqlite+aiosqlite:///{folder}/chatlens.db")
        try:
            files = _sample()
            made = rendered([Image.open(SAMPLE / file) for file in files])
            if not {"retrieval", "latency"} <= set(asked.skip):
                archive = await _filled(database, embedder, files, made, is_read="retrieval" not in asked.skip)
            if "retrieval" not in asked.skip:
                await _retrieval(archive, _questions(files, made))
            if "latency" not in asked.skip:
                await _latency(archive, made, asked.seconds)
            if "scan" not in asked.skip:
                await _scan(database)
        finally:
            await database.close()


# -- the archive --------------------------------------------------------------------------------------------


def _sample() -> dict[str, tuple[str | None, list[str]]]:
    """The sample archive's pictures of things: file to its caption and what it shows, reposts left out."""
    scenes = json.loads((SAMPLE / "scenes.json").read_text("utf-8"))
    entries = json.loads((SAMPLE / "manifest.json").read_text("utf-8"))["messages"]
    captions = {entry["file"]: entry.get("caption") for entry in reversed(entries) if "file" in entry}
    shown = {file: [thing["name"] for thing in scene["things"]] for file, scene in scenes.items() if "things" in scene}
    return {file: (captions.get(file), things) for file, things in shown.items()}


def _questions(files: Mapping[str, tuple[str | None, list[str]]], made: Sequence[Rendered]) -> list[Question]:
    asked = [Question(one.question, frozenset({one.text}), f"text, {one.language}") for one in made]
    for names in sorted({tuple(things) for _, things in files.values()}):
        right = frozenset(file for file, (_, things) in files.items() if set(names) <= set(things))
        asked.append(Question(" and ".join(names), right, "things, en"))
        for language, known in NAMES.items():
            if len(names) == 1 and names[0] in known:
                asked.append(Question(known[names[0]], right, f"things, {language}"))
    return asked


async def _filled(
    database: Database,
    embedder: ClipEmbedder,
    files: Mapping[str, tuple[str | None, list[str]]],
    made: Sequence[Rendered],
    *,
    is_read: bool,
) -> Archive:
    """Everything posted, embedded and read, else taken for what is written there; prints what reading took."""
    pictures = {file: (SAMPLE / file).read_bytes() for file in files} | {one.text: one.jpeg for one in made}
    names: dict[int, str] = {}
    seconds: dict[bool, list[float]] = {True: [], False: []}
    expected = {one.text for one in made}
    ocr = Ocr()
    await ocr.read(Image.new("RGB", (64, 64)))
    for number, (name, data) in enumerate(track(pictures.items(), "reading", console=console), start=1):
        caption = files[name][0] if name in files else None
        photo = await Photos(database).add(_post(number, caption))
        if photo is None:
            raise LookupError("a picture was posted twice")
        image = decode(data, DecodingLimits())
        await Embeddings(database, "demo").store({photo.image_id: embedder.embed_images([embedder.prepare(image)])[0]})
        await IndexQueue(database).finish([(photo.id, photo.image_id)])
        started = time.perf_counter()
        read = await ocr.read(image) if is_read else name * (name in expected)
        seconds[name in expected].append(time.perf_counter() - started)
        await Readings(database).done(photo.image_id, read)
        names[photo.id] = name
    await ocr.rest()
    if not is_read:
        return Archive(database, embedder, names)
    table = Table("pictures", "seconds, median", "p90", title="Reading one picture, lowest priority, one thread")
    for has_text, label in ((True, "with text"), (False, "without")):
        spent = sorted(seconds[has_text])
        table.add_row(f"{len(spent)} {label}", f"{statistics.median(spent):.2f}", f"{spent[int(0.9 * len(spent))]:.2f}")
    console.print(table)
    return Archive(database, embedder, names)


def _post(number: int, caption: str | None) -> PhotoPost:
    date = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=number)
    file = f"file-{number}"
    return PhotoPost(
        chat_id=CHAT,
        message_id=number,
        sender=Sender(1, "Ann"),
        date=date,
        caption=caption,
        file_id=file,
        file_unique_id=file,
    )


# -- retrieval ----------------------------------------------------------------------------------------------


async def _retrieval(archive: Archive, questions: Sequence[Question]) -> None:
    """The rank of the first right answer, by each way of ranking."""
    ranks: dict[str, dict[str, list[int]]] = {}
    for question in track(questions, "asking", console=console):
        looking, saying = await archive.looking(question.text), await archive.saying(question.text)
        postings = {one.posting.id: one.posting for one in looking}
        ways = {
            "CLIP": [one.posting.id for one in looking],
            "text": [hit.photo_id for hit in saying],
            "RRF": [one.posting.id for one in fused(looking, [replace(hit, coverage=1.0) for hit in saying], postings)],
            "fused": [one.posting.id for one in fused(looking, saying, postings)],
        }
        for way, found in ways.items():
            right = (rank for rank, photo_id in enumerate(found, start=1) if archive.names[photo_id] in question.right)
            rank = next(right, len(archive.names) + 1)
            for group in (question.group, question.group.partition(",")[0] + ", all"):
                ranks.setdefault(group, {}).setdefault(way, []).append(rank)
    table = Table(
        "questions",
        *(f"{way} R@1 / R@10" for way in ("CLIP", "text", "RRF", "fused")),
        "fused − best, R@1",
        title="Recall",
    )
    for group, by_way in sorted(ranks.items()):
        cells = [f"{_recall(found, 1):.2f} / {_recall(found, 10):.2f}" for found in by_way.values()]
        best = max(("CLIP", "text"), key=lambda way: _recall(by_way[way], 1))
        gains = [(ours == 1) - (theirs == 1) for ours, theirs in zip(by_way["fused"], by_way[best], strict=True)]
        noise = 2 * statistics.stdev(gains) / len(gains) ** 0.5 if len(gains) > 1 else 0.0
        table.add_row(f"{group} ({len(gains)})", *cells, f"{statistics.mean(gains):+.2f} ± {noise:.2f}")
    console.print(table)


def _recall(ranks: Sequence[int], at: int) -> float:
    return sum(rank <= at for rank in ranks) / len(ranks)


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
            text = random.choice(made).question
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
