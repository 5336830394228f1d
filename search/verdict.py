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
from search.query import Like, Query, Words
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
    """Decides from how the question's scores lie over the chat, by figures of the model where there are any."""

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
        if isinstance(query.subject, Like):
            return Verdict.SURE if query.words else self._of_photo(found, photos)
        verdict = await self._of_words(direction.vector, found, photos)
        if verdict is Verdict.NOTHING and (query.minus or not isinstance(query.subject, Words)):
            return Verdict.UNSURE  # a direction that was steered is further from every photo than plain words are
        return verdict

    async def _of_words(self, vector: Embedding, found: Sequence[Candidate], photos: int) -> Verdict:
        if self._model is None:
            return _by_bulk([one.score for one in found], photos)
        nearest = heapq.nlargest(LOOKED_AT, found, key=lambda one: one.score)
        image_ids = [one.posting.image_id for one in nearest]
        stored = await self._embeddings.vectors(image_ids)
        best = [stored[image_id] for image_id in image_ids if image_id in stored]
        if not best:  # deleted this very moment
            return Verdict.SURE
        calibration = self._model.calibration
        weighed = calibration.weigh(self._model.rivals.evidence(vector, np.stack(best), photos))
        if weighed >= calibration.sure:
            return Verdict.SURE
        return Verdict.UNSURE if weighed >= calibration.nothing else Verdict.NOTHING

    def _of_photo(self, found: Sequence[Candidate], photos: int) -> Verdict:
        """The nearest were asked for and are shown; whether they are like it is another matter."""
        if self._model is None:
            return Verdict.SURE
        is_like = max(one.score for one in found) >= self._model.calibration.alike_bound(photos)
        return Verdict.SURE if is_like else Verdict.UNSURE


def judged(query: Query, found: list[Candidate], looks: Verdict) -> tuple[list[Candidate], Verdict]:
    """What of the candidates may be shown, and what may be claimed of it.

    Words found in a caption or a picture are there, whatever the picture looks like: that speaks for this photo, and
    not for those beside it (a page on which all are told of is sure, see `search.page`).
    """
    told = [one for one in found if query.text or one.reason is not None]  # filters left only what says it
    if looks is Verdict.NOTHING:
        return told, Verdict.SURE if told else Verdict.NOTHING
    return found, Verdict.SURE if len(told) == len(found) else looks


def _by_bulk(scores: Sequence[float], photos: int) -> Verdict:
    """Whether the best stands out at all, where the scores are those of the whole chat and not of its upper end."""
    if len(scores) < BULK or len(scores) < photos:
        return Verdict.SURE
    deviation = statistics.pstdev(scores) or 1.0
    missing = math.sqrt(2 * math.log(len(scores))) - (max(scores) - statistics.fmean(scores)) / deviation
    if missing > HOPELESS:
        return Verdict.NOTHING
    return Verdict.UNSURE if missing > DOUBTFUL else Verdict.SURE
