"""From neighbours to candidates to hits: the same picture is one hit, and nothing of another chat passes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from search.query import Query, Sort
from search.quotation import Quotation
from search.records import Photo, PhotoState, Posting, Remembered
from storage.index_records import Neighbour, moment_of

QUALIFYING = 0.7
"""How far from the average score to the best one a picture must be to be shown by date. Of the 131 things in the sample
archive, asked for by name, 88 % of the pictures are then shown, and 63 % of what is shown is right; with the best 50,
2 % (docs/decisions/0012-steering-weights.md)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One picture on its way to an answer: what the stages need of it. Only what is shown is read whole."""

    posting: Posting | Remembered
    """The earliest post of that picture."""
    score: float
    """Cosine between question and picture, comparable within one answer of one model only; 0 where the question is
    about no picture in particular."""
    posted: int = 1
    """How many posts of this archive show the picture."""
    reason: Quotation | None = None
    """Where words were found; None where the picture itself is the hit."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One picture of an answer."""

    photo: Photo
    """The earliest post of that picture."""
    score: float
    """See `Candidate`."""
    posted: int = 1
    """How many posts of this archive show the picture; `photo` is the earliest of them."""
    reason: str | None = None
    """Where words were found, for people to read ("in the caption: …")."""


def candidates(chat_id: int, neighbours: Sequence[Neighbour], postings: Mapping[int, Posting]) -> list[Candidate]:
    """Neighbours (best first) joined with their rows, one candidate an image, best first.

    A neighbour whose row is missing, not indexed, of another image or of another chat is dropped, whatever the index
    said. Those of memory, which is kept a chat at a time, are only ranked by what it says; isolation rests on SQL for
    them, too, where they are shown (`hits`).
    """
    best: dict[int, Candidate] = {}
    for neighbour in neighbours:
        posting = _remembered(neighbour) or _stored(neighbour, chat_id, postings)
        if posting is None:
            continue
        earlier = best.get(posting.image_id)
        if earlier is None:
            best[posting.image_id] = Candidate(posting, neighbour.score)
        else:
            shown = min(posting, earlier.posting, key=lambda one: (one.date, one.id))
            best[posting.image_id] = Candidate(shown, earlier.score, earlier.posted + 1)
    return list(best.values())


def ordered(found: Sequence[Candidate], query: Query) -> list[Candidate]:
    """In the order asked for. By date, only what is good enough takes part: else the newest would always win."""
    if query.sort is Sort.BEST and (query.subject is not None or query.text):
        return list(found)
    by_date = sorted(
        found if query.subject is None else _qualified(found), key=lambda one: (one.posting.date, one.posting.id)
    )
    return by_date if query.sort is Sort.OLDEST else by_date[::-1]


def _qualified(found: Sequence[Candidate]) -> list[Candidate]:
    """Those whose text says it, and those nearly as good as the best. Relative to the average, because models differ
    in what a cosine of two unrelated things is."""
    if not found:
        return []
    scores = [one.score for one in found]
    average = fmean(scores)
    bound = average + QUALIFYING * (max(scores) - average)
    return [one for one in found if one.score >= bound or one.reason is not None]


def hits(chat_id: int, found: Sequence[Candidate], photos: Mapping[int, Photo]) -> tuple[Hit, ...]:
    """Candidates with their rows read whole; what is gone or has changed since it was ranked is left out."""
    return tuple(
        Hit(photo, candidate.score, candidate.posted, None if candidate.reason is None else candidate.reason.told())
        for candidate in found
        if (photo := photos.get(candidate.posting.id)) is not None
        and photo.chat_id == chat_id
        and photo.state is PhotoState.INDEXED
        and photo.image_id == candidate.posting.image_id
    )


def _remembered(neighbour: Neighbour) -> Remembered | None:
    if neighbour.moment is None:
        return None
    return Remembered(neighbour.photo_id, neighbour.image_id, moment_of(neighbour.moment))


def _stored(neighbour: Neighbour, chat_id: int, postings: Mapping[int, Posting]) -> Posting | None:
    posting = postings.get(neighbour.photo_id)
    if posting is None or posting.chat_id != chat_id or posting.state is not PhotoState.INDEXED:
        return None
    return posting if posting.image_id == neighbour.image_id else None
