"""Whether the best of a chat's photos are good enough for a question."""

import heapq
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from search.calibration import Calibration
from search.direction import Direction
from search.embedder import Embedding
from search.evidence import LOOKED_AT, Rivals
from search.query import Like, Query
from search.ranking import Candidate
from storage.embeddings import Embeddings

BULK = 20
"""Without a calibration, smaller chats are always answered: they have no bulk to stand out from."""
DOUBTFUL, HOPELESS = 0.5, 1.0
"""Without a calibration: even by chance the best of n photos lies some sqrt(2 ln n) standard deviations above their
mean. So many below that, an answer is doubtful, or refused. With the demo model (chats of 20 to 500) 2 to 5 % of true
answers are doubtful and under 0.5 % are refused; of false ones about 40 % are doubtful and 2 to 5 % are refused."""


class Verdict(StrEnum):
    """What an answer may claim."""

    SURE = "sure"
    UNSURE = "unsure"
    NOTHING = "nothing"
    """Nothing in this archive looks like that: no photo is shown."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What is known of a model: its figures, and its words to hold photos against."""

    calibration: Calibration
    rivals: Rivals


class Judge:
    """Decides from how the question's scores lie over the chat, by figures of the model where there are any.

    Who asks for the like of a photo gets the nearest; whether they are like it, or show what the words beside it say,
    is another matter, and doubted where it is not so.
    """

    def __init__(self, embeddings: Embeddings, model: Calibrated | None) -> None:
        self._embeddings = embeddings
        self._model = model

    def change(self, embeddings: Embeddings, model: Calibrated | None) -> None:
        """From now on what another model finds is judged, by what is known of that."""
        self._embeddings = embeddings
        self._model = model

    async def looks(
        self, query: Query, direction: Direction | None, found: Sequence[Candidate], photos: int
    ) -> Verdict:
        """What may be claimed of the candidates among so many photos by what they look like."""
        if direction is None or not found:
            return Verdict.SURE
        model = self._model
        if model is None:
            return _unjudged(query, found, photos)
        best = await self._best(found)
        if best is None:
            return Verdict.SURE
        if direction.words is not None:
            verdict = _of_words(model, direction.words, best, photos)
            return verdict if direction.photo is None else _of_both(verdict)
        asked = direction.vector if direction.photo is None else direction.photo
        is_like = float((best @ asked).max()) >= model.calibration.alike_bound(photos)
        return Verdict.SURE if is_like else Verdict.UNSURE

    async def _best(self, found: Sequence[Candidate]) -> Embedding | None:
        """`[k, d]`, best first; None where they were deleted this very moment."""
        nearest = heapq.nlargest(LOOKED_AT, found, key=lambda one: one.score)
        image_ids = [one.posting.image_id for one in nearest]
        stored = await self._embeddings.vectors(image_ids)
        best = [stored[image_id] for image_id in image_ids if image_id in stored]
        return np.stack(best) if best else None


def judged(query: Query, found: list[Candidate], looks: Verdict) -> tuple[list[Candidate], Verdict]:
    """What of the candidates may be shown, and what may be claimed of it.

    Words found in a caption or a picture are there, whatever the picture looks like: that speaks for this photo, and
    not for those beside it (a page on which all are told of is sure, see `search.page`).
    """
    told = [one for one in found if query.text or one.reason is not None]  # filters left only what says it
    if looks is Verdict.NOTHING:
        return told, Verdict.SURE if told else Verdict.NOTHING
    return found, Verdict.SURE if len(told) == len(found) else looks


def _of_words(model: Calibrated, words: Embedding, best: Embedding, photos: int) -> Verdict:
    """Of the words as they stand: one that was steered is further from every photo than plain words are, and among
    those it finds, what was asked for must still be seen."""
    weighed = model.calibration.weigh(model.rivals.evidence(words, best, photos))
    if weighed >= model.calibration.sure:
        return Verdict.SURE
    return Verdict.UNSURE if weighed >= model.calibration.nothing else Verdict.NOTHING


def _of_both(words: Verdict) -> Verdict:
    """Of a photo and words, by the words: those that the best show nothing of are doubted. The rest cannot be told: of
    what was found where the right picture was there, 64 % would be sure by the words, where it was not, 51 %."""
    return Verdict.UNSURE if words is Verdict.NOTHING else Verdict.SURE


def _unjudged(query: Query, found: Sequence[Candidate], photos: int) -> Verdict:
    """Without figures. What was steered can only be doubted: its scores are not those of what was asked for."""
    if isinstance(query.subject, Like):
        return Verdict.SURE
    verdict = _by_bulk([one.score for one in found], photos)
    return Verdict.UNSURE if verdict is Verdict.NOTHING and query.minus else verdict


def _by_bulk(scores: Sequence[float], photos: int) -> Verdict:
    """Whether the best stands out at all, where the scores are those of the whole chat and not of its upper end."""
    if len(scores) < BULK or len(scores) < photos:
        return Verdict.SURE
    deviation = statistics.pstdev(scores) or 1.0
    missing = math.sqrt(2 * math.log(len(scores))) - (max(scores) - statistics.fmean(scores)) / deviation
    if missing > HOPELESS:
        return Verdict.NOTHING
    return Verdict.UNSURE if missing > DOUBTFUL else Verdict.SURE
