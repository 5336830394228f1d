"""The first stage of an answer: the chat's pictures that lie in the question's direction, best first."""

from search.direction import Direction
from search.query import Query
from search.ranking import Candidate, candidates
from storage.photos import Photos
from storage.vectors import VectorIndex

DEPTH = 1_000
"""How many photos are ranked: what pages can reach. Reading that many rows in brief takes 5 ms, whole 30 ms."""
WIDER = 4
"""How much wider the net is cast each time that collapsing left too few for a page."""


class Candidates:
    """Ranks the photos of the question's chat, each picture once."""

    def __init__(self, photos: Photos, index: VectorIndex) -> None:
        self._photos = photos
        self._index = index

    async def best(self, query: Query, direction: Direction) -> list[Candidate]:
        """At least a page of pictures, where the chat has so many, and those of its `DEPTH` nearest photos."""
        wanted = DEPTH
        while True:
            neighbours = await self._index.nearest(query.chat_id, direction.vector, wanted, direction.exclude)
            postings = await self._photos.in_brief([neighbour.photo_id for neighbour in neighbours])
            found = [one for one in candidates(query.chat_id, neighbours, postings) if not _asks(one, query)]
            if len(found) >= query.count or len(neighbours) < wanted:
                return found
            wanted *= WIDER


def _asks(candidate: Candidate, query: Query) -> bool:
    """Whether the candidate is the very message that asks."""
    posting = candidate.posting
    return posting.message_id == query.asked_in and posting.origin_chat_id == query.chat_id
