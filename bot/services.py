"""Constructs everything, knows every concrete class, and starts and ends it in order."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

from telegram import Bot

from bot.calibration import calibrated
from bot.changeover import Changeover, Engine
from bot.control import Control
from bot.disk_files import DiskFiles
from bot.heartbeat import Heartbeat
from bot.idling import Idling
from bot.importing import Import, Places
from bot.indexing import importer_of
from bot.jobs import Parts, offer_all
from bot.last_error import LastError
from bot.machine import reads_pictures
from bot.opening import adopt_model, check_model, chroma_location, for_archive, open_database
from bot.quantising import Quantising
from bot.reindexing import Reindex, Workshop
from bot.settings import Settings
from bot.telegram_files import TelegramFiles
from handlers.access import Access, AllowList, Refusals
from handlers.answers import Answers
from handlers.buttons import Buttons
from handlers.chats import Chats as ChatHandlers
from handlers.display import Display
from handlers.errors import Guard
from handlers.help import Help
from handlers.importing import ImportCommand
from handlers.intake import Intake
from handlers.limits import SearchLimit, Turns
from handlers.own_photos import OwnPhotos
from handlers.privacy import PrivacyCommands
from handlers.queries import Queries
from handlers.replies import Replies
from handlers.reposts import RepostCommand, RepostNotices
from handlers.settings import Settings as ChatSettingsHandlers
from handlers.stats import Stats
from search.archive import Archive
from search.candidates import Candidates
from search.decoding import Decoders
from search.direction import Directions, Weights
from search.duplicates import Duplicates
from search.encoding import Encoding
from search.failures import FailedPhotos
from search.fingerprinter import Fingerprinter
from search.images import DecodingLimits, accept_heif
from search.imports_under_way import ImportsUnderWay
from search.indexer import Indexer
from search.ocr import Ocr
from search.on_demand import OnDemand
from search.once import EmbeddedOnce
from search.pages import Pages
from search.pictures import Pictures
from search.privacy import Privacy
from search.quiet import Quiet
from search.reader import Reader
from search.reconcile import Reconciler
from search.records import ChatSettings
from search.reposts import Reposts
from search.retention import Retention
from search.searcher import Searcher
from search.senders import Senders
from search.sweeper import Sweeper
from search.text_search import TextSearch
from search.throughput import Throughput
from search.verdict import Judge
from storage.calibrations import Calibrations
from storage.chats import Chats
from storage.chroma import ChromaIndex
from storage.database import Database
from storage.embeddings import Embeddings
from storage.erasure import Erasure
from storage.examination import Examination
from storage.failures import Failures
from storage.filtered import FilteredPhotos
from storage.fingerprints import Fingerprints
from storage.originals import Originals
from storage.photos import Photos
from storage.questions import Questions
from storage.queue import IndexQueue
from storage.readings import Readings
from storage.remains import Remains
from storage.vectors import VectorIndex

UNKNOWN = 0
"""Dimensions of a model that has seen nothing here yet; a Chroma collection only notes them."""


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that runs, ready for the routes."""

    intake: Intake
    own_photos: OwnPhotos
    refusals: Refusals
    queries: Queries
    buttons: Buttons
    help: Help
    stats: Stats
    imports: ImportCommand
    chats: ChatHandlers
    reposts: RepostCommand
    repost_notices: RepostNotices
    settings: ChatSettingsHandlers
    privacy: PrivacyCommands
    guard: Guard
    adopt_model: Callable[[], Awaitable[None]]
    """Loads the archive's model; what works with it starts after that. Raises ModelError, StorageError."""
    idling: Idling
    indexer: Indexer
    reader: Reader | None
    """None where text in pictures is not read."""
    quantising: Quantising
    fingerprinter: Fingerprinter
    reconciler: Reconciler
    sweeper: Sweeper
    changeover: Changeover
    heartbeat: Heartbeat
    last_error: LastError
    control: Control


async def open_services(stack: AsyncExitStack, settings: Settings, bot: Bot) -> Services:
    """Opens the data directory and the database; `stack` closes them again, last first. The model is loaded, and
    Chroma opened, while the bot takes updates already.

    Raises:
        BotError, ModelError, StorageError: nothing is left open.
    """
    database = await open_database(stack, settings)
    settings = await for_archive(settings, database)
    model = await check_model(settings, database)
    index = await _index(settings, database, model)
    stack.push_async_callback(index.close)
    encoding = Encoding(model)
    encoding.start()
    stack.push_async_callback(encoding.close)
    decoders = Decoders(DecodingLimits(max_pixels=settings.max_megapixels * 1_000_000))
    stack.push_async_callback(decoders.close)
    judge = Judge(
        Embeddings(database, model.model_id),
        await calibrated(Calibrations(database), settings.model, model.model_id),
    )
    return _assembled(settings, bot, database, index, model, encoding, decoders, judge)


async def _index(settings: Settings, database: Database, model: OnDemand) -> VectorIndex:
    """Its Chroma is opened by the reconciler: answers do not wait for it."""
    dimensions = await Examination(database).dimensions(model.model_id) or UNKNOWN
    chroma = ChromaIndex.at(chroma_location(settings), model.model_id, dimensions)
    embeddings = Embeddings(database, model.model_id)
    return VectorIndex(embeddings, chroma, exact_limit=settings.exact_limit, cache_bytes=settings.cache_mb << 20)


def _assembled(
    settings: Settings,
    bot: Bot,
    database: Database,
    index: VectorIndex,
    model: OnDemand,
    encoding: Encoding,
    decoders: Decoders,
    judge: Judge,
) -> Services:
    accept_heif()
    defaults = ChatSettings(photos=settings.photos_per_answer)
    chats, photos, queue = Chats(database, defaults), Photos(database), IndexQueue(database)
    once = EmbeddedOnce(Embeddings(database, model.model_id))
    originals, max_bytes = Originals(settings.data_dir), settings.max_file_mb * 1_000_000
    files = DiskFiles(originals, max_bytes)
    pictures = Pictures(TelegramFiles(bot), model, decoders, max_bytes, files)
    ocr = Ocr()
    quiet = Quiet(ocr.held)
    fingerprints = Fingerprints(database)
    duplicates = Duplicates(fingerprints, photos)
    indexer = Indexer(queue, once, index, pictures, fingerprints, encoding, quiet)
    questions = Questions(database)
    retention = Retention(settings.retention_days)
    archive = Archive(chats, photos, index, duplicates, indexer.wake, retention)
    filtered = FilteredPhotos(database)
    weights = Weights(minus=settings.minus_weight, words=settings.words_weight)
    directions = Directions(photos, once, pictures, fingerprints, encoding, weights)
    candidates = Candidates(filtered, index)
    text_search = TextSearch(chats, index.texts)
    searcher = Searcher(chats, photos, directions, candidates, text_search, judge, duplicates, pictures, quiet.held)
    pages = Pages(searcher, photos, questions)
    zone = ZoneInfo(settings.timezone)
    display, replies = Display(searcher, archive, zone), Replies()
    answers = Answers(pages, display)
    reposts = Reposts(chats, photos, fingerprints, duplicates, pictures)
    repost_notices = RepostNotices(reposts, archive, bot, zone)
    throughput, last_error = Throughput(), LastError()
    for listener in (throughput.indexed, duplicates.indexed, repost_notices.indexed):
        indexer.announce_to(listener)
    privacy = Privacy(Erasure(database), chats, photos, index)
    own_photos = OwnPhotos(privacy)
    allowed = AllowList(settings.allowed_chats, settings.owners)
    access = Access(allowed, archive)
    under_way = ImportsUnderWay()
    importer = importer_of(settings, database, originals, quiet, indexer.wake)
    importing = Import(settings, Places(chats, allowed), under_way, importer, own_name=lambda: bot.first_name)
    control = Control(settings.data_dir)
    reconciler = Reconciler(index)
    sweeper = Sweeper(privacy, questions, Remains(database), database, index, originals, retention)
    quantising = Quantising(model)
    engine = Engine(encoding, pictures, once, index, judge)
    changeover = Changeover(database, chroma_location(settings), engine, indexer, reconciler, sweeper)
    reindex = Reindex(Workshop(settings, database, pictures.for_model, quiet, changeover, quantising))
    jobs = (importing, throughput, last_error, reindex, quantising)
    offer_all(control, Parts(settings, bot, database, originals, index, indexer, *jobs))
    return Services(
        intake=Intake(archive, access, own_photos),
        own_photos=own_photos,
        refusals=Refusals(access),
        queries=Queries(Senders(filtered), archive, answers, zone),
        buttons=Buttons(pages, display, answers),
        help=Help(replies),
        stats=Stats(archive, FailedPhotos(Failures(database), indexer.wake), replies, zone),
        imports=ImportCommand(allowed, under_way, importer, replies),
        reposts=RepostCommand(reposts, replies, zone),
        repost_notices=repost_notices,
        settings=ChatSettingsHandlers(archive, replies),
        chats=ChatHandlers(archive, privacy, replies),
        privacy=PrivacyCommands(privacy, own_photos, replies, retention.days),
        guard=Guard(archive, replies, SearchLimit(settings.searches_per_minute), Turns()),
        adopt_model=partial(adopt_model, model, settings, database),
        idling=Idling(encoding, settings.model_idle_minutes),
        indexer=indexer,
        reader=Reader(chats, Readings(database), pictures, ocr) if reads_pictures(settings.ocr) else None,
        quantising=quantising,
        fingerprinter=Fingerprinter(fingerprints, pictures, duplicates, quiet),
        reconciler=reconciler,
        sweeper=sweeper,
        changeover=changeover,
        heartbeat=Heartbeat(settings.data_dir / "heartbeat"),
        last_error=last_error,
        control=control,
    )
