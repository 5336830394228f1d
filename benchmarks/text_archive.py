"""A chat for `benchmarks.text_in_pictures`: the sample archive with its captions, and pictures of texts without any.

Through the code the bot uses: SQLite, the demo checkpoint with its figures, the real reader.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.rendered_texts import Rendered, rendered
from search.calibration import Calibration
from search.clip import ClipEmbedder
from search.direction import Direction
from search.evidence import Rivals
from search.images import DecodingLimits, decode
from search.ocr import Ocr
from search.query import Query, Words
from search.ranking import Candidate
from search.records import PhotoPost, Sender
from search.text_search import TextHit, TextSearch
from search.verdict import Calibrated, Judge, Verdict
from storage.chats import Chats
from storage.database import Database
from storage.embeddings import Embeddings
from storage.matrix import nearest
from storage.photos import Photos
from storage.queue import IndexQueue
from storage.readings import Readings
from storage.texts import Texts

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "sandbox" / "archive"
MODEL = ROOT / "models" / "demo"
CHAT = -100_1


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture of the sample archive."""

    caption: str | None
    things: tuple[str, ...]
    """The English names of what it shows."""


class Archive:
    """One chat's archive, open."""

    def __init__(self, database: Database, embedder: ClipEmbedder) -> None:
        self.database = database
        self.embedder = embedder
        self.names: dict[int, str] = {}
        """Photo id to the picture's name: its file's, or what is written there."""
        self.shown = sample()
        self.made = rendered({file: Image.open(SAMPLE / file) for file in self.shown})
        figures = Calibration.from_json((MODEL / "calibration.json").read_text("utf-8"))
        rivals = Rivals(np.load(MODEL / "words.npy").astype(np.float32))
        self._embeddings = Embeddings(database, "demo")
        self._judge = Judge(self._embeddings, Calibrated(figures, rivals))

    async def looking(self, text: str) -> list[Candidate]:
        """By the picture alone."""
        matrix = await self._embeddings.chat_matrix(CHAT)
        found = nearest(matrix, self.embedder.embed_texts([text])[0], None, ())
        postings = await Photos(self.database).in_brief([one.photo_id for one in found])
        return [Candidate(postings[one.photo_id], one.score) for one in found]

    async def looks(self, text: str, looking: Sequence[Candidate]) -> Verdict:
        """What may be claimed of them."""
        vector = self.embedder.embed_texts([text])[0]
        return await self._judge.looks(Query(CHAT, Words(text)), Direction(vector, words=vector), looking, len(looking))

    async def saying(self, text: str) -> list[TextHit]:
        """By the texts alone."""
        search = TextSearch(Chats(self.database), Texts(self.database))
        return await search.find(await search.narrowed(Query(CHAT, Words(text))))

    async def fill(self, console: Console, readings: Mapping[str, str] | None) -> dict[str, str]:
        """Posts, embeds and reads every picture, or takes what was read of it; prints what reading took, and returns
        what was read."""
        pictures = {file: (SAMPLE / file).read_bytes() for file in self.shown}
        pictures |= {one.text: one.jpeg for one in self.made}
        read: dict[str, str] = {}
        seconds: dict[str, float] = {}
        ocr = Ocr()
        for number, (name, data) in enumerate(track(pictures.items(), "reading", console=console), start=1):
            image = decode(data, DecodingLimits())
            if readings is None and not read:
                await ocr.read(Image.new("RGB", (64, 64)))  # its models are loaded
            started = time.perf_counter()
            read[name] = await ocr.read(image) if readings is None else readings.get(name, "")
            seconds[name] = time.perf_counter() - started
            await self._keep(number, name, image, read[name])
        await ocr.rest()
        if readings is None:
            console.print(_cost(seconds, self.made))
        return read

    async def _keep(self, number: int, name: str, image: Image.Image, text: str) -> None:
        photo = await Photos(self.database).add(_post(number, self.shown[name].caption if name in self.shown else None))
        if photo is None:
            raise LookupError("a picture was posted twice")
        vector = self.embedder.embed_images([self.embedder.prepare(image)])[0]
        await self._embeddings.store({photo.image_id: vector})
        await IndexQueue(self.database).finish([(photo.id, photo.image_id)])
        await Readings(self.database).done(photo.image_id, text)
        self.names[photo.id] = name


def sample() -> dict[str, Shown]:
    """The sample archive's pictures of things by their files, reposts left out."""
    scenes = json.loads((SAMPLE / "scenes.json").read_text("utf-8"))
    entries = json.loads((SAMPLE / "manifest.json").read_text("utf-8"))["messages"]
    captions = {entry["file"]: entry.get("caption") for entry in reversed(entries) if "file" in entry}
    return {
        file: Shown(captions.get(file), tuple(thing["name"] for thing in scene["things"]))
        for file, scene in scenes.items()
        if "things" in scene
    }


def _cost(seconds: Mapping[str, float], made: Sequence[Rendered]) -> Table:
    written = {one.text for one in made}
    table = Table("pictures", "seconds, median", "p90", title="Reading one picture, lowest priority, one thread")
    for has_text, label in ((True, "with text"), (False, "without")):
        spent = sorted(took for name, took in seconds.items() if (name in written) is has_text)
        table.add_row(f"{len(spent)} {label}", f"{statistics.median(spent):.2f}", f"{spent[int(0.9 * len(spent))]:.2f}")
    return table


def _post(number: int, caption: str | None) -> PhotoPost:
    return PhotoPost(
        chat_id=CHAT,
        message_id=number,
        sender=Sender(1, "Ann"),
        date=datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=number),
        caption=caption,
        file_id=f"file-{number}",
        file_unique_id=f"file-{number}",
    )
