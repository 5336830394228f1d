"""From a question to the direction in which its pictures lie: words or a photo, as one vector."""

from collections.abc import Sequence
from dataclasses import dataclass

from search.embedder import Embedding
from search.encoding import Encoding
from search.once import EmbeddedOnce
from search.pictures import Pictures
from search.query import Like, Query, Words
from storage.photos import Photos


@dataclass(frozen=True, slots=True, eq=False)
class Direction:
    """Where to look."""

    vector: Embedding
    """float32 `[d]`, of length one."""
    exclude: frozenset[int] = frozenset()
    """Images that are no answer: the photo asked about is the like of itself."""


class Directions:
    """Embeds what a question is about."""

    def __init__(self, photos: Photos, once: EmbeddedOnce, pictures: Pictures, encoding: Encoding) -> None:
        self._photos = photos
        self._once = once
        self._pictures = pictures
        self._encoding = encoding

    async def of(self, query: Query) -> Direction | None:
        """None where the question is about nothing in particular.

        Raises:
            FileError, ImageRefused: the photo asked about could not be read.
        """
        if isinstance(query.subject, Words):
            return Direction(await self._encoding.words(query.subject.text))
        if query.subject is None:
            return None
        known = await self._photos.known_image(query.subject.post.file_unique_id)
        exclude = frozenset() if known is None else frozenset({known})
        return Direction(await self._embedding_of(query.subject, known), exclude)

    async def _embedding_of(self, like: Like, known: int | None) -> Embedding:
        if known is None:  # posted before the bot came, or in no chat of ours
            return await self._computed(like)

        async def compute(_: Sequence[int]) -> Embedding:
            return (await self._computed(like)).reshape(1, -1)

        return (await self._once.embed([known], compute))[known]

    async def _computed(self, like: Like) -> Embedding:
        return await self._encoding.question_photo(await self._pictures.pixels(like.post))
