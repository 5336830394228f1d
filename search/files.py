"""Where a photo's bytes come from, and which of its sizes to ask for."""

from collections.abc import Sequence
from typing import Protocol

from search.errors import FileGone
from search.records import FileKind, Photo, PhotoPost, PhotoSize
from storage.originals import SHA256, digest_of


class FileSource(Protocol):
    """Fetches a file by its id: from Telegram, or from this machine."""

    async def fetch(self, file_id: str) -> bytes:
        """The file's bytes.

        Raises:
            FileGone: it will never come.
            FileUnreachable: it may come later.
        """


class Nowhere:
    """A `FileSource` that has nothing."""

    async def fetch(self, file_id: str) -> bytes:
        """See `FileSource`."""
        raise FileGone("No imported files can be read here.")


REPLACED = "Another file now lies where the imported one was; import it again to show where it is now."


def checked(post: PhotoPost | Photo, data: bytes) -> bytes:
    """What was fetched for a photo, if it is what was imported: exports are written over one another, and the same path
    then leads to a picture of some other chat. Blocks for as long as hashing takes, a millisecond per MB.

    Raises:
        FileGone
    """
    if post.kind is FileKind.DISK and post.file_unique_id != SHA256 + digest_of(data):
        raise FileGone(REPLACED)
    return data


COVER = 1.5
"""Pixels asked for per pixel of the model's input. A size that just covers it is a thumbnail that was reduced and
compressed before: its embedding had a cosine of 0.947 to the full picture's at worst, against 0.981 at 1.5 times and
0.999 at the size that Telegram has next (docs/decisions/0006-which-photo-size.md)."""


def smallest_covering(sizes: Sequence[PhotoSize], side: int) -> PhotoSize:
    """The smallest size whose shorter side still has `side` pixels; the largest where none has.

    A 1280×960 photo costs 16.1 ms to decode and resize for a 224 px model, its 320 px variant 1.8 ms.
    """
    by_area = sorted(sizes, key=lambda size: size.width * size.height)
    covering = (size for size in by_area if min(size.width, size.height) >= side)
    return next(covering, by_area[-1])


def file_to_embed(post: PhotoPost | Photo, side: int, max_bytes: int) -> str:
    """The id of the file to download for an embedding of `side` pixels.

    Raises:
        FileGone: see `whole_file`.
    """
    if post.kind is FileKind.PHOTO and post.sizes:
        return smallest_covering(post.sizes, round(COVER * side)).file_id
    return whole_file(post, max_bytes)


def whole_file(post: PhotoPost | Photo, max_bytes: int) -> str:
    """The id of the file as it was sent.

    Raises:
        FileGone: it is larger than `max_bytes`, which the Bot API does not hand out (20 MB; more from a server of
            one's own).
    """
    largest = max((size.file_size or 0 for size in post.sizes), default=0)
    if largest > max_bytes:
        raise FileGone(f"The file has {largest / 1e6:.0f} MB; bots can download {max_bytes / 1e6:.0f} MB at most.")
    return post.file_id
