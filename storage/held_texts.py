"""The folded texts of a chat's photos in memory, and which of them have something in them. No SQL here.

One run of bytes, searched from one end to the other: 1 ms for a million letters. That finds parts of words and Chinese
alike, as reading them from SQL does, which takes four times as long (docs/decisions/0011-words-by-scan.md).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from storage.records import TextSource

SOURCES = tuple(TextSource)

Said = Sequence[Any]
"""A photo's id, where its text stands, and the text, folded."""


@dataclass(frozen=True, slots=True, eq=False)
class HeldTexts:
    """Texts of one chat, [n]; of a photo's two, the caption comes first."""

    photo_ids: NDArray[np.int64]
    sources: NDArray[np.int8]
    """Places in SOURCES."""
    ends: NDArray[np.int64]
    """Where each ends in `said`."""
    said: bytes
    """A line each: folded texts have no line breaks."""

    @classmethod
    def of(cls, rows: Sequence[Said]) -> Self:
        """From rows of SQL, in the order of its key."""
        lines = [f"{folded}\n".encode() for _, _, folded in rows]
        return cls(
            np.array([row[0] for row in rows], np.int64),
            np.array([SOURCES.index(TextSource(row[1])) for row in rows], np.int8),
            np.cumsum([len(line) for line in lines], dtype=np.int64),
            b"".join(lines),
        )

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Those of several runs of photos, one after the other; one part at least."""
        before = np.cumsum([0, *(len(part.said) for part in parts)])
        return cls(
            np.concatenate([part.photo_ids for part in parts]),
            np.concatenate([part.sources for part in parts]),
            np.concatenate([part.ends + start for part, start in zip(parts, before, strict=False)]),
            b"".join(part.said for part in parts),
        )

    @property
    def nbytes(self) -> int:
        return len(self.said) + self.photo_ids.nbytes + self.sources.nbytes + self.ends.nbytes

    def changed(self, photo_ids: Collection[int], rows: Sequence[Said]) -> HeldTexts:
        """The same with these rows, and no others, of these photos; nothing is left of what they said before."""
        new, kept = HeldTexts.of(rows), ~np.isin(self.photo_ids, list(photo_ids))
        starts = np.concatenate([[0], self.ends])
        between, last = [], 0
        for row in np.flatnonzero(~kept).tolist():
            between.append(self.said[last : int(starts[row])])
            last = int(self.ends[row])
        lengths = np.concatenate([np.diff(starts)[kept], np.diff(new.ends, prepend=0)])
        return HeldTexts(
            np.concatenate([self.photo_ids[kept], new.photo_ids]),
            np.concatenate([self.sources[kept], new.sources]),
            np.cumsum(lengths, dtype=np.int64),
            b"".join([*between, self.said[last:], new.said]),
        )

    def searched(self, sources: Iterable[TextSource]) -> NDArray[np.bool_]:
        """[n], which stand in one of these places."""
        searched = np.ones(len(self.photo_ids), np.bool_)
        if len(wanted := set(sources)) < len(SOURCES):
            searched &= np.isin(self.sources, [SOURCES.index(one) for one in wanted])
        return searched

    def containing(self, folded: str) -> NDArray[np.bool_]:
        """[n], which have this piece in them."""
        return _met(self.said, self.ends, folded)

    def saying(self, phrases: Iterable[str], sources: Iterable[TextSource]) -> NDArray[np.int64]:
        """The photos that say each of these folded phrases somewhere, ascending. As `storage.filters` has it, spaces
        are ignored in a phrase of several words: text in pictures is often read without them."""
        searched, left = self.searched(sources), None
        for phrase in phrases:
            said = self.containing(phrase)
            if " " in phrase:
                said |= self._unspaced(phrase.replace(" ", ""))
            photo_ids = np.unique(self.photo_ids[said & searched])
            left = photo_ids if left is None else np.intersect1d(left, photo_ids, assume_unique=True)
        return np.unique(self.photo_ids[searched]) if left is None else left

    def _unspaced(self, piece: str) -> NDArray[np.bool_]:
        squeezed = self.said.replace(b" ", b"")
        return _met(squeezed, np.flatnonzero(np.frombuffer(squeezed, np.uint8) == ord("\n")) + 1, piece)


def _met(said: bytes, ends: NDArray[np.int64], piece: str) -> NDArray[np.bool_]:
    if not piece:  # as SQL has it: every text has nothing in it
        return np.ones(len(ends), np.bool_)
    met = np.zeros(len(ends), np.bool_)
    places = np.fromiter((one.start() for one in re.finditer(re.escape(piece.encode()), said)), np.int64)
    met[np.searchsorted(ends, places, side="right")] = True
    return met
