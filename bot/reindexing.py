"""`python -m bot reindex`: every photo is seen by another model, and then that one answers.

The work is done by the bot that runs, beside its own; where none does, by the command itself, and the next bot answers
by the new model.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import Any

from telegram import Bot
from telegram.error import InvalidToken, TelegramError

from bot.bare_bot import bare_bot
from bot.changeover import Changeover, leave_nothing
from bot.disk_files import DiskFiles
from bot.errors import BotError, InvalidSettings
from bot.job import Job, Told
from bot.loading import on_demand
from bot.losses import Losses
from bot.opening import chroma_location, open_database
from bot.quantising import Quantising
from bot.settings import Settings
from bot.telegram_files import TelegramFiles
from search.decoding import Decoders
from search.embedder import Embedder
from search.encoding import Encoding
from search.files import FileSource
from search.images import DecodingLimits, accept_heif
from search.model_spec import ModelSpec
from search.on_demand import OnDemand
from search.pictures import Pictures
from search.quiet import Quiet
from search.reindexer import Reached, Reindexer
from storage.chroma_client import ChromaLocation
from storage.database import Database
from storage.embeddings import Embeddings
from storage.models import Models
from storage.originals import Originals
from storage.unembedded import UnembeddedImages


@dataclass(frozen=True, slots=True)
class Workshop:
    """What the work is done with."""

    settings: Settings
    database: Database
    pictures: Callable[[Embedder], Pictures]
    quiet: Quiet = field(default_factory=Quiet)
    changeover: Changeover | None = None
    """None where no bot runs."""
    quantising: Quantising | None = None
    location: ChromaLocation | None = None
    """Where Chroma is, then."""


class Reindex:
    """The job. One at a time."""

    NAME = "reindex"

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self.model: str | None = None
        """The model that the archive is just being changed to."""
        self.reached: Reached | None = None
        """How far it is."""

    async def __call__(self, arguments: dict[str, Any]) -> AsyncIterator[Told]:
        """`model` is to answer, with `accept_lost` whatever it could not see; with `drop_old`, what others saw and it
        has seen too is deleted then.

        Raises:
            BotError, ModelError, StorageError
        """
        if self.model is not None:
            raise BotError(f"The archive is just being changed to {self.model}. Wait for that, or end it with Ctrl-C.")
        self.model = setting = str(arguments["model"])
        try:
            options = {name: bool(arguments.get(name)) for name in ("accept_lost", "drop_old")}
            async with AsyncExitStack() as stack, aclosing(self._work(stack, setting, **options)) as lines:
                async for told in lines:
                    yield told
        finally:
            self.model = self.reached = None

    async def _work(
        self, stack: AsyncExitStack, setting: str, *, accept_lost: bool, drop_old: bool
    ) -> AsyncGenerator[Told]:
        ModelSpec.parse(setting)
        yield {"step": "Loading the model", "at": 0, "of": 1}
        shop = self._workshop
        embedder = await on_demand(shop.settings.model_copy(update={"model": setting}))
        await embedder.ready()
        yield {"step": "Loading the model", "at": 1, "of": 1}
        started = monotonic()
        models = Models(shop.database)
        before = await models.current()
        reindexer = await self._reindexer(stack, embedder)
        async with aclosing(reindexer.run()) as going:
            async for reached in going:
                self.reached = reached
                yield {"step": "Images", "at": reached.done, "of": reached.total, "waits_for": reached.waits_for}
        seconds = monotonic() - started
        losses = Losses(shop.database, reindexer, shop.settings.data_dir)
        if before is not None and before.id != embedder.model_id and not accept_lost:
            await losses.refuse(before.id)
        rested = await self._change(reindexer, embedder, setting, None if before is None else before.id)
        await reindexer.finish()  # what came in the last moments
        lost = await losses.listed()
        dropped = await models.drop_others(embedder.model_id) if drop_old else 0
        yield {
            "done": True,
            "model": embedder.model_id,
            "setting": setting,
            "before": None if before is None else before.id,
            "images": reindexer.embedded,
            "seconds": round(seconds, 1),
            "rested": round(rested, 2),
            "is_running": shop.changeover is not None,
            "lost": lost.photos,
            "named": lost.named,
            "file": None if lost.file is None else str(lost.file),
            "dropped": dropped,
            "kept": await models.vectors(),
        }

    async def _reindexer(self, stack: AsyncExitStack, embedder: Embedder) -> Reindexer:
        shop = self._workshop
        if shop.changeover is not None:
            encoding = shop.changeover.engine.encoding
            stored = partial(shop.changeover.stored, embedder.model_id)
        else:
            encoding, stored = Encoding(embedder), None
            encoding.start()
            stack.push_async_callback(encoding.close)
        return Reindexer(
            UnembeddedImages(shop.database, embedder.model_id),
            Embeddings(shop.database, embedder.model_id),
            shop.pictures(embedder),
            embedder,
            encoding,
            shop.quiet,
            stored,
        )

    async def _change(self, reindexer: Reindexer, embedder: OnDemand, setting: str, before: str | None) -> float:
        """Nothing to change where the archive's own model was only to see what it had not seen yet."""
        if embedder.model_id == before:
            return 0.0
        if self._workshop.changeover is not None:
            rested = await self._workshop.changeover.to(reindexer, setting)
            if self._workshop.quantising is not None:
                await self._workshop.quantising.change(embedder)
            return rested
        await Models(self._workshop.database).change(embedder.model_id, setting)
        if before is not None and self._workshop.location is not None:
            await leave_nothing(self._workshop.database, self._workshop.location, before)
        return 0.0


@asynccontextmanager
async def reindex_alone(settings: Settings) -> AsyncIterator[Job]:
    """The job where no bot runs. Its pictures come from Telegram, so it needs the bot's token.

    Raises:
        BotError, StorageError
    """
    async with AsyncExitStack() as stack:
        database = await open_database(stack, settings)
        accept_heif()
        decoders = Decoders(DecodingLimits(max_pixels=settings.max_megapixels * 1_000_000))
        stack.push_async_callback(decoders.close)
        files = TelegramFiles(await stack.enter_async_context(_telegram(settings)))
        max_bytes = settings.max_file_mb * 1_000_000
        originals = DiskFiles(Originals(settings.data_dir), max_bytes)
        pictures = partial(_pictures, files, originals, decoders, max_bytes)
        yield Reindex(Workshop(settings, database, pictures, location=chroma_location(settings)))


@asynccontextmanager
async def _telegram(settings: Settings) -> AsyncIterator[Bot]:
    """Asked for itself first: of a token that is not accepted every file would seem to be gone.

    Raises:
        BotError
    """
    async with bare_bot(settings) as bot:
        if bot is None:
            raise InvalidSettings(
                "CHATLENS_TOKEN is not set: photos are fetched again from Telegram, as the bot that was sent them."
            )
        try:
            await bot.get_me()
        except InvalidToken as exc:
            raise InvalidSettings(f"{settings.api_url} does not accept the token in CHATLENS_TOKEN.") from exc
        except TelegramError as exc:
            raise BotError(f"Telegram could not be reached ({exc.message}). Try again later.") from exc
        yield bot


def _pictures(
    files: FileSource, originals: FileSource, decoders: Decoders, max_bytes: int, embedder: Embedder
) -> Pictures:
    return Pictures(files, embedder, decoders, max_bytes, originals)
