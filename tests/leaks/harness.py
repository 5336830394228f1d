"""The real bot for the property test: every handler, SQLite and Chroma are real; Telegram and the model are played."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from PIL import Image
from telegram import Update
from telegram.ext import Application

from bot import lifecycle, loading
from bot.installation import install
from bot.lifecycle import AnyApplication
from bot.services import Services, open_services
from bot.settings import Settings
from search.embedder import Embedding, Pixels
from search.pictures import Pictures, Seen
from search.records import Photo as StoredPhoto
from search.records import PhotoPost
from search.retention import Retention
from tests.leaks.telegram import Json, Sent, Telegram
from tests.leaks.world import Leak, World
from tests.people import until

T = TypeVar("T")
DIMENSIONS = 16
RETENTION_DAYS = 7


def vector_of(picture: str) -> Embedding:
    """Of a picture by its key, and of the word that is this key: then words find pictures."""
    seed = int("".join(filter(str.isdigit, picture)) or 0)
    vector = np.random.default_rng(seed).normal(size=DIMENSIONS).astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


class CheapEmbedder:
    """Pictures are given as vectors; a text's is that of its first word."""

    model_id = "ViT-B-32-SigLIP2-256:webli"  # it stands in for the default model
    dimensions = DIMENSIONS
    image_size = 1

    async def ready(self) -> None:
        """It is."""

    def prepare(self, image: Image.Image) -> Pixels:
        """Never asked: `Vectors` prepares."""
        raise NotImplementedError

    def embed_images(self, batch: Sequence[Pixels]) -> Embedding:
        """They are their own embeddings."""
        return np.stack(batch)

    def embed_texts(self, texts: Sequence[str]) -> Embedding:
        """One each."""
        return np.stack([vector_of(text.split()[0]) for text in texts])


class Vectors(Pictures):
    """Nothing is fetched or decoded."""

    def __init__(self, *_: object) -> None:
        """Takes what the real one takes."""

    async def pixels(self, post: PhotoPost | StoredPhoto) -> Pixels:
        """The vector."""
        return vector_of(post.file_unique_id)

    async def seen(self, post: PhotoPost | StoredPhoto) -> Seen:
        """The vector; only equal files are the same picture."""
        return Seen(vector_of(post.file_unique_id), b"")

    async def preview(self, post: PhotoPost | StoredPhoto) -> bytes:
        """Says whose it is when it is uploaded."""
        return post.file_id.encode()


class Harness:
    """Runs the bot in a loop of its own and hands it updates, one after the other."""

    def __init__(self, directory: Path, patch: pytest.MonkeyPatch) -> None:
        self.world = World()
        self.admins: dict[int, set[int]] = {}
        self.ahead = timedelta()
        self.sent: list[tuple[Sent, int]] = []
        self.leaks: list[Leak] = []
        self.steps = 0
        self.chat: int | None = None
        self._runner = asyncio.Runner()
        self._updates = itertools.count(1)
        self._services: list[Services] = []
        patch.setattr(loading, "load_model", lambda settings: CheapEmbedder())
        patch.setattr("bot.services.Pictures", Vectors)
        patch.setattr("bot.services.Retention", partial(Retention, clock=self.now))
        patch.setattr(lifecycle, "open_services", self._open)
        # Files are written anew in tests of their own; here it would be most of the time.
        patch.setattr("search.sweeper.LINGERING", timedelta(days=100_000))
        settings = Settings(
            _env_file=None,
            data_dir=directory,
            exact_limit=3,
            photos_per_answer=2,
            ocr="off",
            retention_days=RETENTION_DAYS,
            searches_per_minute=10_000,
        )
        telegram = Telegram(self._note, lambda chat: sorted(self.admins.get(chat, ())))
        builder = Application.builder().token("110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw")
        builder = install(builder.request(telegram).get_updates_request(telegram), settings)
        self.application: AnyApplication = builder.build()
        self.run(self._start())

    @property
    def summary(self) -> str:
        """What was done, in numbers."""
        told = f"{self.world.checked:,} sayings, {self.world.shown:,} of them with photos"
        return f"{self.steps:,} steps, {told}: {len(self.leaks)} leaks"

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """In the bot's loop."""
        return self._runner.run(work)

    def now(self) -> datetime:
        """The bot's clock."""
        return datetime.now(UTC) + self.ahead

    def hand_over(self, update: Json) -> None:
        """An update, until everything it asks for is done."""
        self.run(self._hand_over(update))

    def sweep(self) -> None:
        """What the sweeper does every hour."""
        self.run(self._services[0].sweeper.sweep())

    def settle(self) -> None:
        """Until nothing waits to be indexed and Chroma knows of everything."""
        self.run(self._settle())

    def close(self) -> None:
        """Ends the bot."""
        self.run(self._stop())
        self._runner.close()

    async def _start(self) -> None:
        await self.application.initialize()
        await self.application.start()

    async def _stop(self) -> None:
        await self.application.stop()
        await self.application.shutdown()

    async def _open(self, *args: Any) -> Services:
        services = await open_services(*args)
        self._services.append(services)
        return services

    async def _hand_over(self, update: Json) -> None:
        read = Update.de_json({"update_id": next(self._updates), **update}, self.application.bot)
        await self.application.update_queue.put(read)
        await self.application.update_queue.join()
        handlers: set[asyncio.Task[Any]] = self.application._Application__create_task_tasks  # type: ignore[attr-defined]
        while handlers:
            await asyncio.wait(set(handlers))
            await asyncio.sleep(0)

    async def _settle(self) -> None:
        indexer = self._services[0].indexer

        async def is_done() -> bool:
            return not await indexer._queue.waiting()

        await until(is_done, "everything to be indexed")
        await indexer._index.settled()

    def _note(self, sent: Sent, message_id: int) -> None:
        self.sent.append((sent, message_id))
        try:
            self.world.check(sent, self.chat)
        except Leak as leak:  # raised here, it would only be a failed call to the bot
            self.leaks.append(leak)
