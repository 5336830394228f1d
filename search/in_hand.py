"""The pictures that the indexer has taken up and not yet written down."""

from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic

from search.embedder import Embedding, Pixels
from search.pictures import Seen
from search.records import Photo, PhotoSource
from storage.index_records import IndexEntry


@dataclass(slots=True)
class Picture:
    """One image in hand, and every claimed photo that shows it: equal files are embedded once."""

    photos: list[Photo]
    seen: Seen | None = None
    embedding: Embedding | None = None
    since: float | None = None
    """When its turn came, by `monotonic`; None while it waits behind others of its claim."""

    @property
    def image_id(self) -> int:
        return self.photos[0].image_id

    @property
    def is_imported(self) -> bool:
        """Nobody waits for it."""
        return all(photo.source is PhotoSource.IMPORT for photo in self.photos)

    @property
    def pixels(self) -> Pixels:
        """What it was seen to be."""
        if self.seen is None:
            raise ValueError("a picture without pixels reached the encoder")
        return self.seen.pixels

    def entries(self) -> Iterator[IndexEntry]:
        """What the index keeps of its photos."""
        if self.embedding is None:
            raise ValueError("a picture without an embedding reached the index")
        for photo in self.photos:
            yield IndexEntry(photo.id, photo.image_id, photo.chat_id, self.embedding)

    def join(self, photo: Photo) -> None:
        """A photo may come twice: its lease ends while a slow download has it in hand."""
        if all(photo.id != known.id for known in self.photos):
            self.photos.append(photo)


class InHand:
    """One picture for each image."""

    def __init__(self) -> None:
        self._by_image: dict[int, Picture] = {}

    @property
    def longest(self) -> float:
        """Seconds since that picture's turn came that has been in hand longest."""
        since = [picture.since for picture in self._by_image.values() if picture.since is not None]
        return monotonic() - min(since, default=monotonic())

    def take(self, photo: Photo) -> Picture | None:
        """The photo's picture, if it is a new one; else the photo has joined the one that is in hand."""
        picture = self._by_image.get(photo.image_id)
        if picture is not None:
            picture.join(photo)
            return None
        picture = self._by_image[photo.image_id] = Picture([photo])
        return picture

    def let_go(self, picture: Picture) -> list[Photo]:
        """Photos claimed from now on find the stored vector instead of joining this picture."""
        if self._by_image.get(picture.image_id) is picture:
            del self._by_image[picture.image_id]
        return picture.photos

    def clear(self) -> None:
        """What was in hand stays pending."""
        self._by_image.clear()
