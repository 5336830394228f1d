"""Which chats Chroma has: the large ones, each with a collection of its own.

What decided it (docs/decisions/0002-exact-before-chroma.md has the figures): a filter by chat in a collection of all
costs 64 to 440 ms at 100,000 vectors and up to 7 s at a million, whatever the chat's size; a collection per chat costs
a few milliseconds, but 3 MB and 4 descriptors each, and from a fifth of the descriptor limit on Chroma silently leaves
photos out. A chat that fits into memory is answered there exactly, and its first question by reading SQL, both faster
than Chroma answers in any layout. So small chats are not in Chroma at all, and its memory, its descriptors and its
files grow with the photos of large chats only, whatever the number of chats.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from storage.held import BESIDE

EXACT_LIMIT = 100_000
CACHE_BYTES = 256 * 2**20
MOST = 64
"""Collections: 256 descriptors of the usual 1,024. More large chats than that are rare; the smallest of them are
answered from memory or SQL."""
LEAVING = 0.8
"""Of the limit: so far a chat must shrink to lose its collection, or one around the limit would come and go."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where chats are answered from, by their size."""

    exact_limit: int = EXACT_LIMIT
    cache_bytes: int = CACHE_BYTES

    def fits_memory(self, photos: int, dimensions: int) -> bool:
        """Whether a chat's vectors may be held at all."""
        return photos * (2 * dimensions + BESIDE) <= self.cache_bytes

    def is_large(self, photos: int, dimensions: int) -> bool:
        """Whether a chat is one for Chroma."""
        return photos > self.exact_limit or not self.fits_memory(photos, dimensions)

    def in_chroma(self, photos: Mapping[int, int], dimensions: int, held: Collection[int]) -> set[int]:
        """Of chats with so many photos each those that Chroma shall have, `held` being those that it has."""
        large = [
            chat_id
            for chat_id, number in photos.items()
            if self.is_large(number if chat_id not in held else int(number / LEAVING), dimensions)
        ]
        return set(sorted(large, key=lambda chat_id: photos[chat_id], reverse=True)[:MOST])
