"""Approximate search: the nearest photos of a chat as Chroma's graph finds them, held against SQL before they are
believed.

An index that was emptied finds too few, and one that went stale has other scores than SQL's vectors: that is raised as
VectorIndexUnavailable, and whoever asks answers exactly (`storage.matrix`).
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from storage.chroma import ChromaIndex
from storage.embeddings import Embeddings
from storage.errors import VectorIndexUnavailable
from storage.index_records import Neighbour, rank

FEWEST = 0.5
"""The part of a chat's photos that Chroma must have; those of the batch in hand may still be on their way."""
CONFIRMED = 100
"""So many of the best have their scores from SQL's vectors: twenty pages. Of 1,000 that takes 15 ms. The others' are
Chroma's, and a collection that went stale is found out by any of these."""
TOLERANCE = 0.01
"""How far Chroma's cosine may be from that of SQL's vector; float16 moves it by less than 0.001."""


async def nearest(
    embeddings: Embeddings,
    chroma: ChromaIndex,
    chat_id: int,
    vector: NDArray[np.float32],
    k: int,
    exclude_images: Collection[int],
    photos: int,
) -> list[Neighbour]:
    """The `k` photos nearest to a normalised [d] vector, or about, best first, of a chat that has so many photos."""
    asked = k + len(exclude_images)
    while True:
        found = await chroma.query(vector, chat_id, asked)
        if len(found) < min(asked, photos * FEWEST) and len(found) < await _expected(embeddings, chat_id, asked):
            raise VectorIndexUnavailable(f"it found {len(found)} photos in a chat that has {photos}")
        shown = await embeddings.images_of(chat_id, [photo_id for photo_id, _ in found])
        kept = [
            Neighbour(photo_id, shown[photo_id], score)
            for photo_id, score in found
            if photo_id in shown and shown[photo_id] not in exclude_images
        ]  # others were deleted this very moment
        if len(kept) >= k or len(found) < asked:
            return await _confirmed(embeddings, sorted(kept, key=rank)[:k], vector)
        asked *= 2  # an excluded image may have been posted many times


async def _expected(embeddings: Embeddings, chat_id: int, asked: int) -> float:
    """How many Chroma must find at least. Counted by vectors, which is slow: of photos whose file was gone when
    the model was changed there are none."""
    return min(asked, FEWEST * await embeddings.count_vectors(chat_id))


async def _confirmed(embeddings: Embeddings, found: list[Neighbour], vector: NDArray[np.float32]) -> list[Neighbour]:
    """The same with the scores of SQL's vectors where it counts, which an index that went stale does not have."""
    by_image = await embeddings.vectors([neighbour.image_id for neighbour in found[:CONFIRMED]])
    confirmed: list[Neighbour] = []
    for neighbour in found[:CONFIRMED]:
        if neighbour.image_id in by_image:
            score = float(by_image[neighbour.image_id] @ vector)
            if abs(score - neighbour.score) > TOLERANCE:
                raise VectorIndexUnavailable(f"the vector of photo {neighbour.photo_id} is not the database's")
            confirmed.append(neighbour._replace(score=score))
    return sorted(confirmed + found[CONFIRMED:], key=rank)
