"""From neighbours to hits: the same picture is one hit, and nothing of another chat passes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from search.records import Photo, PhotoState
from storage.records import Neighbour


@dataclass(frozen=True, slots=True)
class Hit:
    """One picture of an answer."""

    photo: Photo
    """The earliest post of that picture."""
    score: float
    """Cosine between question and picture; comparable within one answer of one model only."""
    posted: int = 1
    """How many posts of this archive show the picture; `photo` is the earliest of them."""
    reason: str | None = None
    """Where words were found, for people to read ("in the caption: …"); None where the picture itself is the hit."""


def hits(chat_id: int, neighbours: Sequence[Neighbour], photos: Mapping[int, Photo]) -> list[Hit]:
    """Neighbours (best first) joined with their rows, one hit an image, best first.

    Isolation ends here and rests on SQL alone: a neighbour whose row is missing, not indexed, of another image or
    of another chat is dropped, whatever the index said.
    """
    best: dict[int, Hit] = {}
    for neighbour in neighbours:
        photo = photos.get(neighbour.photo_id)
        if photo is None or not _belongs(photo, chat_id, neighbour):
            continue
        earlier = best.get(photo.image_id)
        if earlier is None:
            best[photo.image_id] = Hit(photo, neighbour.score)
        elif (photo.date, photo.id) < (earlier.photo.date, earlier.photo.id):
            best[photo.image_id] = Hit(photo, earlier.score)
    return list(best.values())


def _belongs(photo: Photo, chat_id: int, neighbour: Neighbour) -> bool:
    return photo.chat_id == chat_id and photo.state is PhotoState.INDEXED and photo.image_id == neighbour.image_id
