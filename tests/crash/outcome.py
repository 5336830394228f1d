"""What a crash run found, looked up in SQL and in Chroma without the bot, and without mending anything."""

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from storage.chroma import ChromaIndex
from storage.chroma_client import ChromaLocation
from storage.database import Database
from storage.embeddings import Embeddings
from storage.generation import generation

Message = tuple[int, int]
"""Chat and message id."""
NEAR = 50
"""Photos among which one must be that is asked for by its own vector: the pictures are alike."""


@dataclass
class Outcome:
    """The figures of one run."""

    kills: int = 0
    posted: set[Message] = field(default_factory=set)
    lost: set[Message] = field(default_factory=set)
    duplicated: int = 0
    wrong_in_chroma: list[str] = field(default_factory=list)
    rebuilds: int = 0
    first_answers: list[float] = field(default_factory=list)
    """Seconds from starting the process to the answer to a question that was waiting."""
    stopped_in: float = 0.0
    """Seconds from SIGTERM to the end, at the end of the run."""

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.duplicated or self.wrong_in_chroma)

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {len(self.posted)} photos posted, {len(self.lost)} lost, "
            f"{self.duplicated} duplicated, {len(self.wrong_in_chroma)} wrong in Chroma, "
            f"{self.rebuilds} index rebuilds; first answer after a restart: longest "
            f"{max(self.first_answers, default=0):.1f} s, "
            f"median {np.median(self.first_answers or [0]):.1f} s of {len(self.first_answers)}; "
            f"stopped by SIGTERM in {self.stopped_in:.1f} s"
        )


def look_into_sql(data_dir: Path, outcome: Outcome) -> None:
    """Every posted photo is indexed once, and its file has one vector."""
    with closing(sqlite3.connect(f"file:{data_dir / 'chatlens.db'}?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT origin_chat_id, message_id FROM photos WHERE state = 'indexed'").fetchall()
        [(unused,)] = database.execute(
            "SELECT count(*) FROM vectors WHERE image_id NOT IN (SELECT image_id FROM photos)"
        )
        [(images, files)] = database.execute("SELECT count(*), count(DISTINCT file_unique_id) FROM images")
    seen = Counter(rows)
    outcome.lost = outcome.posted - seen.keys()
    outcome.duplicated = sum(seen.values()) - len(outcome.posted & seen.keys()) + unused + images - files


async def look_into_chroma(data_dir: Path, outcome: Outcome) -> None:
    """Every indexed photo is there once, with SQL's vector, and is found by it."""
    database = await Database.open(f"sqlite+aiosqlite:///{data_dir / 'chatlens.db'}")
    with closing(sqlite3.connect(data_dir / "chatlens.db")) as facts:
        [(model,)] = facts.execute("SELECT value FROM facts WHERE key = 'model'")
        [(dimensions,)] = facts.execute("SELECT DISTINCT dimensions FROM vectors")
    chroma = ChromaIndex.at(ChromaLocation(directory=data_dir / "chroma"), model, dimensions)
    embeddings = Embeddings(database, model)
    wrong = outcome.wrong_in_chroma
    try:
        if (await chroma.open(await generation(database))).is_new:
            wrong.append("it was not there")
        if await chroma.count() != len(outcome.posted):
            wrong.append(f"it has {await chroma.count()} entries")
        async for entry in embeddings.stream():
            held = (await chroma.vectors([entry.place])).get(entry.photo_id)
            if held is None or np.abs(held - entry.vector).max() > 1e-3:
                wrong.append(f"photo {entry.photo_id} has another vector or none")
            found = await chroma.query(entry.vector, entry.chat_id, NEAR)
            if entry.photo_id not in {hit.photo_id for hit in found}:
                wrong.append(f"photo {entry.photo_id} does not find itself")
    finally:
        await chroma.close()
        await database.close()
