"""An archive of any size to ask questions of: synthetic vectors, real tables.

A thousand chats of which each is as large as Zipf's law has it (of 1,000,000 photos the largest has 133,600), their
photos mixed as they would have come in over four years. Vectors have 768 dimensions and lie as CLIP's do: all in one
cone, in clusters of clusters, with fewer directions that matter than there are dimensions. Questions lie outside of
that cone, as texts do. Rows are as long as Telegram's are. Written by plain SQL: the indexer would take hours.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from search.fingerprint import CELLS, HASHES_SIZE, VIEWS
from storage.database import Database

MODEL = "benchmark"
DIMENSIONS = 768
CHATS = 1_000
TOPICS, SUBTOPICS = 60, 20
BEGIN, YEARS = datetime(2022, 1, 1, tzinfo=UTC), 4
CAPTIONED, READ = 0.30, 0.15
"""Shares of photos with a caption, and with text in the picture."""
VOCABULARY = 5_000
SYLLABLES = "bacedifoguhajekilomunaperisotuvawexiyozu"
BLOCK = 2_000
SEED = 7

Vectors = NDArray[np.float32]


def chat_id(rank: int) -> int:
    """Of the chat with the rank-th most photos, from 1."""
    return -1_000_000_000_000 - rank


def sizes(photos: int) -> NDArray[np.int64]:
    """How many photos each chat has, the largest first, by Zipf's law."""
    shares = 1.0 / np.arange(1, CHATS + 1)
    wanted: NDArray[np.int64] = np.floor(shares / shares.sum() * photos).astype(np.int64)
    wanted[: photos - wanted.sum()] += 1
    return wanted


@dataclass(frozen=True, slots=True)
class Cone:
    """Where vectors lie."""

    mean: Vectors
    centres: Vectors
    spread: Vectors
    """By how much single pictures vary in each direction: the eighth of them has as much as all others."""

    @classmethod
    def seeded(cls) -> Cone:
        """The same for archives of all sizes."""
        rng = np.random.default_rng(SEED)
        topics = rng.standard_normal((TOPICS, DIMENSIONS), np.float32)
        centres = np.repeat(topics, SUBTOPICS, axis=0) * 0.7
        centres += rng.standard_normal(centres.shape, np.float32) * 0.7
        spread = (1 + np.arange(DIMENSIONS) / 32) ** -0.75
        mixed: Vectors = rng.permutation(spread / np.sqrt((spread**2).mean())).astype(np.float32)
        return cls(_unit(rng.standard_normal(DIMENSIONS, np.float32)), _unit(centres), mixed)

    def pictures(self, subtopics: NDArray[np.int64], rng: np.random.Generator) -> Vectors:
        """`[n, d]`: two of one subtopic have a cosine of 0.8, of different topics 0.45."""
        noise = rng.standard_normal((len(subtopics), DIMENSIONS), np.float32) * self.spread / np.sqrt(DIMENSIONS)
        return _unit(self.mean * 0.75 + self.centres[subtopics] * 0.65 + noise * 0.5)

    def question(self, subtopic: int, rng: np.random.Generator) -> Vectors:
        """`[d]`: 0.3 from what it means, 0.1 from anything else, like a text."""
        apart = _unit(rng.standard_normal(DIMENSIONS, np.float32))
        return _unit(apart * 0.8 + self.centres[subtopic] * 0.5 + self.mean * 0.1)


def _unit(rows: Any) -> Vectors:
    rows /= np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows, np.float32)


def word(rank: int) -> str:
    """The word that is the rank-th most frequent in texts, from 0."""
    places = (rank % 20, rank // 20 % 20, rank * 7 // 3 % 20)
    return "".join(SYLLABLES[2 * place : 2 * place + 2] for place in places) + str(rank % 10)


def topics_of(rank: int) -> NDArray[np.int64]:
    """The subtopics that a chat likes best."""
    return np.random.default_rng(rank).integers(0, TOPICS * SUBTOPICS, 12)


def make(directory: Path, photos: int) -> None:
    """Write the archive, unless it is there: 1,000,000 photos take ten minutes and 4 GB."""
    done = directory / "archive.json"
    if done.exists():
        return
    directory.mkdir(parents=True, exist_ok=True)
    asyncio.run(_tables(directory))
    with sqlite3.connect(directory / "chatlens.db") as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA cache_size=-400000")
        _fill(connection, photos)
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    done.write_text(json.dumps({"photos": photos, "seed": SEED}), "utf-8")


async def _tables(directory: Path) -> None:
    database = await Database.open(f"sqlite+aiosqlite:///{directory / 'chatlens.db'}")
    await database.close()


def _fill(connection: sqlite3.Connection, photos: int) -> None:
    chats = [(chat_id(rank), "supergroup", f"chat {rank}", str(BEGIN)) for rank in range(1, CHATS + 1)]
    connection.executemany("INSERT INTO chats (id, kind, title, joined_at) VALUES (?, ?, ?, ?)", chats)
    rng = np.random.default_rng(SEED)
    cone = Cone.seeded()
    ranks = rng.permutation(np.repeat(np.arange(1, CHATS + 1), sizes(photos)))
    likings = np.stack([topics_of(rank) for rank in range(CHATS + 1)])
    for start in track(range(0, photos, BLOCK), "Writing the archive"):
        of = ranks[start : start + BLOCK]
        liked = likings[of, rng.integers(0, likings.shape[1], len(of))]
        subtopics = np.where(rng.random(len(of)) < 0.5, liked, rng.integers(0, TOPICS * SUBTOPICS, len(of)))
        ids = range(start + 1, start + 1 + len(of))
        _insert(connection, photos, ids, of, cone.pictures(subtopics, rng).astype("<f2"), rng)
        connection.commit()


def _insert(
    connection: sqlite3.Connection,
    total: int,
    ids: Sequence[int],
    ranks: NDArray[np.int64],
    vectors: NDArray[np.float16],
    rng: np.random.Generator,
) -> None:
    prints = rng.integers(0, 256, (len(ids), HASHES_SIZE + CELLS * CELLS * 3), np.uint8)
    view = HASHES_SIZE // VIEWS
    plain = np.array(ids) % 10 != 0  # the others have a frame, and so another second view
    prints[plain, view : 2 * view] = prints[plain, :view]
    connection.executemany(
        "INSERT INTO images (id, file_unique_id, fingerprint) VALUES (?, ?, ?)",
        [(i, f"AQAD{i:012d}", bytes(one)) for i, one in zip(ids, prints, strict=True)],
    )
    senders = (rng.random(len(ids)) ** 2 * np.sqrt(sizes(total)[ranks - 1])).astype(int)
    connection.executemany(
        "INSERT INTO photos (id, chat_id, origin_chat_id, message_id, image_id, sender_id, sender_name, date, caption, "
        "kind, file_id, sizes, spoiler, protected, source, state, attempts, due_at, leased, indexed_at) VALUES "
        "(?, ?, ?, ?, ?, ?, ?, ?, NULL, 'photo', ?, ?, 0, 0, 'live', 'indexed', 0, '1970-01-01 00:00:00.000000', 0, ?)",
        [
            _photo(i, chat_id(rank), 1_000 * rank + sender, total)
            for i, rank, sender in zip(ids, ranks.tolist(), senders.tolist(), strict=True)
        ],
    )
    connection.executemany(
        "INSERT INTO vectors (image_id, model, dimensions, vector) VALUES (?, ?, ?, ?)",
        [(i, MODEL, vectors.shape[1], one.tobytes()) for i, one in zip(ids, vectors, strict=True)],
    )
    connection.executemany(
        "INSERT INTO texts (chat_id, photo_id, source, text, folded) VALUES (?, ?, ?, ?, ?)",
        list(_texts(ids, ranks, rng)),
    )


def moment(number: int, total: int) -> datetime:
    """When a photo was posted."""
    return BEGIN + timedelta(days=365 * YEARS) * (number / total)


def _photo(number: int, chat: int, sender: int, total: int) -> tuple[Any, ...]:
    posted = f"{moment(number, total):%Y-%m-%d %H:%M:%S.%f}"
    file_id = f"AgACAgIAAxkBAAI{number:012d}".ljust(84, "x")
    edges = ((90, 67, 1_500), (320, 240, 18_000), (800, 600, 79_000), (1280, 960, 150_000))
    photo_sizes = json.dumps([[file_id, f"AQAD{number:012d}", *size] for size in edges])
    return (number, chat, chat, number, number, sender, f"Person {sender}", posted, file_id, photo_sizes, posted)


def _texts(
    ids: Sequence[int], ranks: NDArray[np.int64], rng: np.random.Generator
) -> Iterator[tuple[int, int, str, str, str]]:
    shares = 1.0 / np.arange(1, VOCABULARY + 1)
    heard = rng.choice(VOCABULARY, len(ids) * 20, p=shares / shares.sum())
    words = [word(rank) for rank in heard.tolist()]
    for place, (number, rank) in enumerate(zip(ids, ranks.tolist(), strict=True)):
        said = words[place * 20 : place * 20 + 20]
        if rng.random() < CAPTIONED:
            text = " ".join(said[: 2 + place % 9])
            yield chat_id(rank), number, "caption", text, text
        if rng.random() < READ:
            text = " ".join(said + said[::-1])
            yield chat_id(rank), number, "picture", text, text
