"""From a question to the direction in which its pictures lie: words, a photo, both, less what is to be left out.

Plain vector arithmetic, as rclip does it: a weighted sum of vectors of length one, brought to length one again. A
negation in words ("car without people") does not work with CLIP, which sees people there; a subtraction does, roughly.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from search.embedder import Embedding
from search.encoding import Encoding
from search.errors import WordsCancelOut
from search.once import EmbeddedOnce
from search.pictures import Pictures
from search.query import Like, Query, Words
from storage.fingerprints import Fingerprints
from storage.photos import Photos

NOTHING_LEFT = 1e-3
"""A sum shorter than this points anywhere."""


@dataclass(frozen=True, slots=True, eq=False)
class Direction:
    """Where to look."""

    vector: Embedding
    """float32 `[d]`, of length one."""
    exclude: frozenset[int] = frozenset()
    """Images that are no answer: the photo asked about is the like of itself."""
    words: Embedding | None = None
    photo: Embedding | None = None
    """What was asked for, before it was added up and steered: by these an answer is judged. None where not asked."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How much the parts of a question count beside its subject, which counts 1."""

    minus: float = 0.5
    """Each -word."""
    words: float = 1.5
    """The words beside a photo."""


class Directions:
    """Embeds what a question is about."""

    def __init__(
        self,
        photos: Photos,
        once: EmbeddedOnce,
        pictures: Pictures,
        fingerprints: Fingerprints,
        encoding: Encoding,
        weights: Weights,
    ) -> None:
        self._photos = photos
        self._once = once
        self._pictures = pictures
        self._fingerprints = fingerprints
        self._encoding = encoding
        self._weights = weights

    @property
    def model(self) -> str:
        """The id of the model whose directions these are."""
        return self._encoding.embedder.model_id

    async def of(self, query: Query) -> Direction | None:
        """None where the question is about nothing in particular.

        Raises:
            WordsCancelOut
            FileError, ImageRefused: the photo asked about could not be read.
        """
        if query.subject is None:
            return None
        if isinstance(query.subject, Words):
            parts = await self._weighted([(1.0, query.subject.text)], query)
            return Direction(_sum(parts), words=parts[0])
        known = await self._photos.known_image(query.subject.post.file_unique_id)
        photo = await self._embedding_of(query.subject, known)
        beside = [(self._weights.words, query.words)] if query.words else []
        exclude = frozenset() if known is None else frozenset({known})
        parts = await self._weighted(beside, query)
        return Direction(_sum([photo, *parts]), exclude, _sum(parts[:1]) if query.words else None, photo)

    async def _weighted(self, plus: Sequence[tuple[float, str]], query: Query) -> list[Embedding]:
        """Words and what is to be left out, each times its weight; one call to the model."""
        parts = [*plus, *((-self._weights.minus, text) for text in query.minus)]
        if not parts:
            return []
        vectors = await self._encoding.texts([text for _, text in parts])
        return [weight * vector for (weight, _), vector in zip(parts, vectors, strict=True)]

    async def _embedding_of(self, like: Like, known: int | None) -> Embedding:
        if known is None:  # posted before the bot came, or in no chat of ours
            return await self._encoding.question_photo(await self._pictures.pixels(like.post))

        async def compute(_: Sequence[int]) -> Embedding:
            seen = await self._pictures.seen(like.post)  # the indexer will find its vector, and not open it again
            await self._fingerprints.store({known: seen.fingerprint})
            return (await self._encoding.question_photo(seen.pixels)).reshape(1, -1)

        return (await self._once.embed([known], compute))[known]


def _sum(vectors: Sequence[Embedding]) -> Embedding:
    total: Embedding = np.sum(vectors, axis=0, dtype=np.float32)
    length = float(np.linalg.norm(total))
    if length < NOTHING_LEFT:
        raise WordsCancelOut
    return total / length
