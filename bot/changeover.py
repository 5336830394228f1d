"""The moment in which a running bot goes over to another model.

Everything that is of one model is told of the other in one step of the event loop, so that no question sees a mixture;
one that the step falls into is asked again (`Searcher`). Nobody waits for an answer longer than that. Photos wait for
as long as the indexer rests: they are pending in SQL, as ever.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

from bot.calibration import calibrated
from bot.errors import BotError
from search.encoding import Encoding
from search.errors import StorageError
from search.indexer import Indexer
from search.once import EmbeddedOnce
from search.pictures import Pictures
from search.reconcile import Reconciler
from search.reindexer import Reindexer
from search.sweeper import Sweeper
from search.verdict import Judge
from storage.calibrations import Calibrations
from storage.chroma import ChromaIndex
from storage.chroma_client import ChromaLocation
from storage.database import Database
from storage.embeddings import Embeddings
from storage.generation import generation
from storage.models import Models
from storage.unembedded import UnembeddedImages
from storage.uninterrupted import uninterrupted
from storage.vectors import VectorIndex

log = logging.getLogger(__name__)

FINISHING = 3.0
"""Seconds in which what was posted in the last moments gets its vector before the change; the rest does after it."""
STOPPING = 5.0
"""Seconds that a stop waits for a change in hand, which waits four for the indexer's batch: the bot has ten in all."""


@dataclass(frozen=True, slots=True)
class Engine:
    """What is of one model, in a bot that runs."""

    encoding: Encoding
    pictures: Pictures
    once: EmbeddedOnce
    index: VectorIndex
    judge: Judge

    @property
    def model(self) -> str:
        """The id of the model that answers."""
        return self.encoding.embedder.model_id


class Changeover:
    """Changes the engine's model, between `start` and `stop`."""

    def __init__(
        self,
        database: Database,
        location: ChromaLocation,
        engine: Engine,
        indexer: Indexer,
        reconciler: Reconciler,
        sweeper: Sweeper,
    ) -> None:
        self._database = database
        self._location = location
        self._engine = engine
        self._indexer = indexer
        self._reconciler = reconciler
        self._sweeper = sweeper
        self._in_hand = asyncio.Lock()
        """Held during a change."""
        self._stopping = asyncio.Event()
        self._stopping.set()  # until it is started: the indexer rests then, and is not to be started twice

    def start(self) -> None:
        """Changes are possible."""
        self._stopping.clear()

    async def stop(self) -> None:
        """Nothing is changed from now on, and a change in hand starts nothing again: what it stopped for a moment stays
        so. Returns when that change has ended, for it works with what is closed next."""
        self._stopping.set()
        try:
            async with asyncio.timeout(STOPPING), self._in_hand:
                pass
        except TimeoutError:
            log.warning("The change of the model takes too long; it is as it was, or done, at the next start")

    @property
    def engine(self) -> Engine:
        """What answers."""
        return self._engine

    @uninterrupted
    async def to(self, reindexer: Reindexer, setting: str) -> float:
        """The model whose vectors are complete answers from now on; how many seconds photos had to wait.

        Raises:
            BotError: the bot is being stopped.
            ModelDamaged, StorageError
            Whichever it is, everything is as it was.
        """
        async with self._in_hand:
            return await self._to(reindexer, setting)

    async def _to(self, reindexer: Reindexer, setting: str) -> float:
        embedder = reindexer.embedder
        embeddings = Embeddings(self._database, embedder.model_id)
        figures = await calibrated(Calibrations(self._database), setting, embedder.model_id)
        chroma = ChromaIndex.at(self._location, embedder.model_id, embedder.dimensions)
        started = monotonic()
        self._refuse_where_stopping()
        await asyncio.gather(self._indexer.stop(), self._reconciler.stop(), self._sweeper.stop())
        try:
            await self._finish(reindexer)
            self._refuse_where_stopping()
            await Models(self._database).change(embedder.model_id, setting)
            # No await from here to the end of the step.
            self._engine.encoding.change(embedder)
            self._engine.pictures.change(embedder)
            self._engine.once.change(embeddings)
            self._engine.judge.change(embeddings, figures)
            before = self._engine.index.change(embeddings, chroma)
            await _given_up(before)
        finally:
            if not self._stopping.is_set():
                self._reconciler.start()
                self._sweeper.start()
                await self._indexer.start()
        log.warning("The bot answers by the model %s from now on", embedder.model_id)
        return monotonic() - started

    def _refuse_where_stopping(self) -> None:
        if self._stopping.is_set():
            raise BotError("The bot was stopped before it had changed to the other model. Run the same command again.")

    async def _finish(self, reindexer: Reindexer) -> None:
        """For as long as photos may wait, or until the bot is to stop.

        Raises:
            StorageError
        """
        finishing = asyncio.create_task(reindexer.finish(), name="reindex-finish")
        stopping = asyncio.create_task(self._stopping.wait(), name="reindex-stopping")
        await asyncio.wait({finishing, stopping}, timeout=FINISHING, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not finishing.done():
            finishing.cancel()
            await asyncio.gather(finishing, return_exceptions=True)
        elif (trouble := finishing.exception()) is not None:
            raise trouble

    async def stored(self, model: str, image_ids: Sequence[int]) -> None:
        """Images have got a vector of a model: they can be found, if it is the one that answers."""
        if model != self._engine.model:
            return
        photos = await UnembeddedImages(self._database, model).showing(image_ids)
        # What was erased this very moment is not among them.
        await self._engine.index.add(await Embeddings(self._database, model).entries([photo.id for photo in photos]))


async def leave_nothing(database: Database, location: ChromaLocation, model: str) -> None:
    """Of a model's collection on a Chroma server; a directory is made anew by the next bot anyway."""
    if location.directory is None:
        chroma = ChromaIndex.at(location, model, 0)
        try:
            await chroma.open(await generation(database))
        except StorageError as exc:
            log.error("The old model's collection is still on the Chroma server (%s): delete it by hand.", exc)
            await chroma.close()
        else:
            await _given_up(chroma)


async def _given_up(chroma: ChromaIndex) -> None:
    try:
        await chroma.drop()
    except StorageError as exc:
        log.error("The old model's collection is still on the Chroma server (%s): delete it by hand.", exc)
