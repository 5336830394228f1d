"""The stage that makes one ranking of two, by ranks: scores of pictures and of texts have no common measure.

Reciprocal rank fusion (Cormack, Clarke, Büttcher 2009, https://doi.org/10.1145/1571941.1572114), in which a text
counts as much as it meets of the question: a caption with one word of three must not push away what looks right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from search.query import Query
from search.ranking import Candidate
from search.records import PhotoState, Posting
from search.text_search import TextHit, TextSearch
from storage.photos import Photos

K = 60
"""The paper's constant."""
WEIGHT = 3.0
"""Of a text that meets all of a question; times the square of its coverage for others. R@1 of questions about texts in
pictures, and about things: by texts alone 0.98 and 0.04, by looks alone 0.00 and 0.82, fused with these weights 0.93
and 0.80, with plain ranks 0.93 and 0.72, with the coverage itself 0.85 and 0.81
(docs/decisions/0018-reading-pictures.md)."""


class Fusion:
    """Brings in what is said about pictures."""

    def __init__(self, photos: Photos, text_search: TextSearch) -> None:
        self._photos = photos
        self._text_search = text_search

    async def with_texts(self, query: Query, looking: Sequence[Candidate]) -> list[Candidate]:
        """The candidates that look right (best first) and those whose texts do, best first."""
        hits = await self._text_search.find(query)
        postings = await self._photos.in_brief([hit.photo_id for hit in hits])
        said = {key: one for key, one in postings.items() if _belongs(one, query)}
        return fused(looking, hits, said, is_looked_for=query.subject is not None)


def fused(
    looking: Sequence[Candidate],
    saying: Sequence[TextHit],
    postings: Mapping[int, Posting],
    *,
    is_looked_for: bool = True,
) -> list[Candidate]:
    """Both rankings as one; of what is equal in it, first what looks better. Without hits, `looking` as it is.

    A hit counts where `postings` has its photo, and for its picture, however often that was posted. Where nothing was
    `is_looked_for`, `looking` is an order by date and decides only between equal texts.
    """
    known = {one.posting.image_id: one for one in looking}
    ranks = {image_id: rank for rank, image_id in enumerate(known, start=1)}
    scores = {image_id: is_looked_for / (K + rank) for image_id, rank in ranks.items()}
    last, least = len(ranks) + 1, looking[-1].score if looking else 0.0  # of what was not even ranked
    said: set[int] = set()
    for hit in saying:
        posting = postings.get(hit.photo_id)
        if posting is None or posting.image_id in said:
            continue
        image_id = posting.image_id
        said.add(image_id)
        known[image_id] = replace(known.get(image_id, Candidate(posting, least)), reason=hit.reason)
        scores[image_id] = scores.get(image_id, is_looked_for / (K + last)) + WEIGHT * hit.coverage**2 / (K + hit.rank)
    return sorted(
        known.values(), key=lambda one: (-scores[one.posting.image_id], ranks.get(one.posting.image_id, last))
    )


def _belongs(posting: Posting, query: Query) -> bool:
    """Isolation rests on the row, as ever; and the message that asks is no answer."""
    is_asking = (posting.origin_chat_id, posting.message_id) == (query.chat_id, query.asked_in)
    return posting.chat_id == query.chat_id and posting.state is PhotoState.INDEXED and not is_asking
