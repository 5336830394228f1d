"""Two rankings made one, by ranks: scores of pictures and of texts have no common measure.

Reciprocal rank fusion (Cormack, Clarke, Büttcher 2009, https://doi.org/10.1145/1571941.1572114), in which a text
counts as much as it meets of the question: a caption with one word of three must not push away what looks right.
"""

from collections.abc import Sequence
from dataclasses import replace

from search.ranking import Candidate
from search.text_search import TextHit

K = 60
"""The paper's constant."""


def fused(looking: Sequence[Candidate], saying: Sequence[tuple[TextHit, Candidate]]) -> list[Candidate]:
    """The pictures that look right (best first) and those whose texts do, best first. Of those that are
    equal, the one that looks better."""
    ranks = {one.posting.image_id: rank for rank, one in enumerate(looking, start=1)}
    scores = {image_id: 1 / (K + rank) for image_id, rank in ranks.items()}
    known = {one.posting.image_id: one for one in looking}
    said: set[int] = set()
    for hit, candidate in saying:
        image_id = candidate.posting.image_id
        if image_id in said:  # posted again: its better text has been counted
            continue
        said.add(image_id)
        known[image_id] = replace(known.get(image_id, candidate), reason=hit.reason)
        scores[image_id] = scores.get(image_id, 0.0) + hit.coverage / (K + hit.rank)
    return sorted(known.values(), key=lambda one: (-scores[one.posting.image_id], ranks.get(one.posting.image_id, 0)))
