"""`python -m bot search`: words, or a picture, and the pictures of a folder that fit them."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.calibration import calibrated
from bot.errors import FolderError
from bot.folder.opening import Parts, Place, open_folder
from bot.settings import Settings
from search.candidates import Candidates
from search.direction import Directions, Weights
from search.duplicates import Duplicates
from search.errors import EmptyQuestion, FileError, ImageRefused, NotUnderstood, OnlyMinus, QuestionError
from search.folder_index import FOLDER
from search.language import parse
from search.query import Like, Query, Sort, Words
from search.records import FileKind, PhotoPost, Sender
from search.searcher import Searcher
from search.text_search import TextSearch
from search.verdict import Judge, Verdict
from storage.calibrations import Calibrations
from storage.chats import Chats
from storage.embeddings import Embeddings
from storage.filtered import FilteredPhotos
from storage.fingerprints import Fingerprints
from storage.photos import Photos
from storage.texts import Texts

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """A picture of an answer."""

    path: Path
    score: float
    """Cosine, comparable within one answer of one model only."""
    date: datetime
    copies: int
    """How many files show it."""
    preview: bytes = b""
    """A JPEG, where it was asked for."""


@dataclass(frozen=True, slots=True)
class FolderAnswer:
    """What a question found."""

    verdict: Verdict
    found: Sequence[Found]
    model: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to a folder."""

    words: str = ""
    """In the language of /search."""
    like: Path | None = None
    count: int = 10


async def search_folder(settings: Settings, place: Place, asked: Asked, *, with_previews: bool = False) -> FolderAnswer:
    """The pictures that fit words, a picture, or both.

    Raises:
        FolderError, ModelError, StorageError
    """
    if not place.database.is_file():
        raise FolderError(f"There is no index of {place.root} yet. Make it first: python -m bot index {place.root}")
    async with open_folder(settings, place, is_to_write=False) as parts:
        searcher = await _searcher(parts)
        try:
            answer = await searcher.answer(await _understood(parts, asked))
        except (QuestionError, FileError, ImageRefused) as exc:
            raise FolderError(_for_a_terminal(exc)) from exc
        if not answer.counts.indexed:
            raise FolderError(f"Nothing in {place.root} is indexed yet. Run: python -m bot index {place.root}")
        found = [
            Found(
                parts.folder.path(hit.photo.file_id),
                hit.score,
                hit.photo.date,
                hit.posted,
                await _preview(parts, hit.photo.file_id) if with_previews else b"",
            )
            for hit in answer.hits
        ]
        return FolderAnswer(answer.verdict, found, parts.encoding.embedder.model_id)


async def _searcher(parts: Parts) -> Searcher:
    database, model = parts.database, parts.encoding.embedder.model_id
    chats, photos, fingerprints = Chats(database), Photos(database), Fingerprints(database)
    weights = Weights(minus=parts.settings.minus_weight, words=parts.settings.words_weight)
    directions = Directions(photos, parts.once, parts.pictures, fingerprints, parts.encoding, weights)
    candidates = Candidates(FilteredPhotos(database), parts.index)
    figures = await calibrated(Calibrations(database), parts.settings.model, model)
    judge = Judge(Embeddings(database, model), figures)
    duplicates = Duplicates(fingerprints, photos)
    texts = TextSearch(chats, Texts(database))
    return Searcher(chats, photos, directions, candidates, texts, judge, duplicates, parts.pictures)


async def _understood(parts: Parts, asking: Asked) -> Query:
    """The language of /search, as far as files have what it asks for.

    Raises:
        QuestionError, FileError
    """
    asked = parse(asking.words, (), ZoneInfo(parts.settings.timezone))
    if asked.people or asked.text:
        part = f"from:{asked.people[0].written}" if asked.people else f"text:{asked.text[0]}"
        raise NotUnderstood(part, "files have no senders and no captions.")
    if asking.like is None and asked.is_empty:
        raise EmptyQuestion
    if asking.like is None and asked.minus and not asked.words:
        raise OnlyMinus
    shown = None if asking.like is None else Like(await _picture_asked_about(parts, asking.like))
    return Query(
        FOLDER,
        shown or (Words(asked.words) if asked.words else None),
        asked.count or asking.count,
        words=asked.words or None if shown is not None else None,
        minus=asked.minus,
        filters=asked.filters,
        sort=asked.sort or Sort.BEST,
    )


async def _picture_asked_about(parts: Parts, path: Path) -> PhotoPost:
    """It need not lie in the folder."""
    name = parts.folder.name(path)
    data = await parts.folder.fetch(name)
    return PhotoPost(
        chat_id=FOLDER,
        message_id=0,
        sender=Sender(None, ""),
        date=datetime.now(UTC),
        kind=FileKind.DOCUMENT,
        file_id=name,
        file_unique_id=hashlib.sha256(data).hexdigest(),
    )


async def _preview(parts: Parts, name: str) -> bytes:
    """Empty for a picture that is gone or changed since it was indexed."""
    try:
        return await parts.decoders.preview(await parts.folder.fetch(name))
    except (FileError, ImageRefused) as exc:
        log.warning("%s: %s", parts.folder.path(name), exc)
        return b""


def _for_a_terminal(exc: Exception) -> str:
    """Sentences for askers name Telegram's commands."""
    sentences: dict[type[Exception], str] = {
        EmptyQuestion: "What should I look for? Give words, or a picture with --like.",
        OnlyMinus: "I know what not to look for, but not what to look for. Try: search 'beach -people' DIR",
    }
    told = sentences.get(type(exc), str(exc))
    return told.replace("/help search tells how to ask.", "The README tells how to ask: The language of /search.")
