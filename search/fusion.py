"""The stage that makes one ranking of two, by ranks: scores of pictures and of texts have no common measure.

Reciprocal rank fusion (Cormack, Clarke, Büttcher 2009, https://doi.org/10.1145/1571941.1572114), in which a text
counts as much as it meets of the question: a caption with one word of three must not push away what looks right. Where
nothing looks right, there is nothing to push away, and texts decide.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from search.query import Query
from search.ranking import Candidate
from search.records import PhotoState, Posting
from search.text_search import TextHit, TextSearch
from search.verdict import Verdict
from storage.photos import Photos

K = 60
"""The paper's constant."""
WEIGHTS = {Verdict.SURE: 3.0, Verdict.UNSURE: 4.0, Verdict.NOTHING: 30.0}
"""Of a text that meets all of a question, by what may be claimed of the looks; times the square of its coverage for
others. A text with half of the words comes before what looks right; where nothing does, which two in three questions
about texts meet, one with a fifth. R@1 of questions that chose nothing, about texts, and about things: texts alone 0.96
and 0.01, looks alone 0.00 and 0.81, fused 0.93 and 0.80, plain ranks 0.91 and 0.76; with 3.0 whatever the looks, and
without `_share`, 0.88 and 0.80 (docs/decisions/0018-reading-pictures.md)."""


class Fusion:
    """Brings in what is said about pictures."""

    def __init__(self, photos: Photos, text_search: TextSearch) -> None:
        self._photos = photos
        self._text_search = text_search

    async def said(self, query: Query) -> Said:
        """The photos whose texts meet the question, and those that say what is to be left out."""
        hits, denied = await self._text_search.find(query), await self._text_search.denied(query)
        postings = await self._photos.in_brief([*(hit.photo_id for hit in hits), *denied])
        return Said(hits, denied, {key: one for key, one in postings.items() if _belongs(one, query)})


@dataclass(frozen=True, slots=True)
class Said:
    """What texts say to a question."""

    hits: Sequence[TextHit]
    denied: Sequence[int]
    postings: Mapping[int, Posting]
    """Of those that may be shown."""

    def with_looks(self, query: Query, looking: Sequence[Candidate], looks: Verdict) -> list[Candidate]:
        """The candidates that look right (best first) and those whose texts do, best first.

        Args:
            looks: what may be claimed of the candidates by what they look like.
        """
        unwanted = {self.postings[photo_id].image_id for photo_id in self.denied if photo_id in self.postings}
        found = fused(looking, self.hits, self.postings, looks, is_looked_for=query.subject is not None)
        return put_back(found, unwanted)


def fused(
    looking: Sequence[Candidate],
    saying: Sequence[TextHit],
    postings: Mapping[int, Posting],
    looks: Verdict = Verdict.SURE,
    *,
    is_looked_for: bool = True,
) -> list[Candidate]:
    """Both rankings as one; of what is equal in it, first what looks better. Without hits, `looking` as it is.

    A hit counts where `postings` has its photo, and for its picture, however often that was posted. Where nothing was
    `is_looked_for`, `looking` is an order by date and decides only between equal texts.
    """
    known = {one.posting.image_id: one for one in looking}
    ranks = {image_id: rank for rank, image_id in enumerate(known, start=1)}
    last, least = len(ranks) + 1, looking[-1].score if looking else 0.0  # of what was not even ranked
    scores = {image_id: is_looked_for * _share(rank, last) for image_id, rank in ranks.items()}
    said: set[int] = set()
    for hit in saying:
        posting = postings.get(hit.photo_id)
        if posting is None or posting.image_id in said:
            continue
        image_id = posting.image_id
        said.add(image_id)
        known[image_id] = replace(known.get(image_id, Candidate(posting, least)), reason=hit.reason)
        said_so = WEIGHTS[looks] * hit.coverage**2 * (K + 1) / (K + hit.rank)
        scores[image_id] = scores.get(image_id, 0.0) + said_so
    return sorted(
        known.values(), key=lambda one: (-scores[one.posting.image_id], ranks.get(one.posting.image_id, last))
    )


def _share(rank: int, last: int) -> float:
    """Of the best rank's score: 1 for that, 0 for the last, so that a text needs as much for the first place in a chat
    of ten pictures as in one of a thousand. With the paper's 1 / (60 + rank) as it is, the last of ten already had
    nine tenths of what the first had, and any word of a question came before what looked right."""
    return (1 / (K + rank) - 1 / (K + last)) / (1 / (K + 1) - 1 / (K + last))


def put_back(found: Sequence[Candidate], unwanted: Collection[int]) -> list[Candidate]:
    """A ranking with the images whose texts say what is to be left out at its end, and no better than what is there:
    a subtraction of vectors moves a red car back a little, its caption "red" says that it is one."""
    least = min((one.score for one in found), default=0.0)
    wanted = [one for one in found if one.posting.image_id not in unwanted]
    return wanted + [replace(one, score=least, reason=None) for one in found if one.posting.image_id in unwanted]


def _belongs(posting: Posting, query: Query) -> bool:
    """Isolation rests on the row, as ever; and the message that asks is no answer."""
    is_asking = (posting.origin_chat_id, posting.message_id) == (query.chat_id, query.asked_in)
    return posting.chat_id == query.chat_id and posting.state is PhotoState.INDEXED and not is_asking
