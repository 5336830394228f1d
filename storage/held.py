"""A chat's photos in memory: their vectors, what filters ask for, and the search among them.

Only NumPy here. 1,576 bytes a photo of 768 dimensions.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from storage.filters import Filters
from storage.fixed_point import FixedPoint
from storage.index_records import ChatMatrix, IndexEntry, Neighbour, microseconds
from storage.matrix import ranked

BESIDE = 40
"""Bytes of a photo besides its vector's two planes: four numbers of 64 bits, two of 32."""
REMOVED = -1
"""Photo id of a row that must no longer be found; SQL never gives this id."""
FEW = 4
"""Where less than this part of the rows counts, only those are read; of more, reading all in order is faster."""
GROWTH = 1.25
"""Room made when there is none left: every row is copied a few times in all, not at every photo."""


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """Photos of one chat, [n] each."""

    photo_ids: NDArray[np.int64]
    """REMOVED for a row that is no longer to be found."""
    image_ids: NDArray[np.int64]
    senders: NDArray[np.int64]
    """As in `IndexEntry`."""
    moments: NDArray[np.int64]
    """As in `IndexEntry`."""
    vectors: FixedPoint

    @classmethod
    def empty(cls, rows: int, dimensions: int) -> Self:
        """Room for so many."""
        image_ids, senders, moments = np.zeros((3, rows), np.int64)
        return cls(np.full(rows, REMOVED, np.int64), image_ids, senders, moments, FixedPoint.empty(rows, dimensions))

    @property
    def nbytes(self) -> int:
        return sum(getattr(self, field.name).nbytes for field in fields(self))

    def __len__(self) -> int:
        return len(self.photo_ids)

    def __getitem__(self, rows: slice) -> Held:
        return Held(*(getattr(self, field.name)[rows] for field in fields(self)))

    def write(self, start: int, part: ChatMatrix) -> None:
        """Put photos from row `start` on."""
        rows = slice(start, start + len(part.photo_ids))
        self.vectors.write(start, part.vectors)
        self.image_ids[rows], self.senders[rows], self.moments[rows] = part.image_ids, part.senders, part.moments
        self.photo_ids[rows] = part.photo_ids

    def left_by(self, filters: Filters, said: NDArray[np.int64] | None) -> NDArray[np.bool_]:
        """[n], which photos satisfy filters; `said` are the ids of those that say their phrases, if any."""
        left = np.ones(len(self), np.bool_) if said is None else np.isin(self.photo_ids, said)
        if filters.since is not None:
            left &= self.moments >= microseconds(filters.since)
        if filters.before is not None:
            left &= self.moments < microseconds(filters.before)
        if filters.sender_ids is not None:
            left &= np.isin(self.senders, sorted(filters.sender_ids))
        if filters.up_to is not None:
            left &= self.photo_ids <= filters.up_to
        return left

    def nearest(
        self,
        vector: NDArray[np.float32],
        k: int | None,
        exclude_images: Collection[int] = (),
        eligible: NDArray[np.bool_] | None = None,
    ) -> list[Neighbour]:
        """The `k` photos (None: all) with the highest cosine to a [d] vector of length one, best first, equals by id.

        `eligible`, [n], are the only ones that count; None: all do.
        """
        photo_ids = self.photo_ids.copy()  # a photo may be removed while another thread is in here
        left = photo_ids != REMOVED
        if exclude_images:
            left &= ~np.isin(self.image_ids, list(exclude_images))
        if eligible is not None:
            left &= eligible
        rows = np.flatnonzero(left)
        if not len(rows):
            return []
        rows = rows if k is None or k >= len(rows) else self._possible(vector, k, rows)
        scores = self.vectors.exact(vector, rows)
        return ranked(photo_ids[rows], self.image_ids[rows], scores, k, self.moments[rows])

    def _possible(self, vector: NDArray[np.float32], k: int, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Those of the rows that may be among the `k` best: no other can."""
        if len(rows) * FEW < len(self):
            coarse = self.vectors.coarse(vector, rows)
        else:
            coarse = self.vectors.coarse(vector, slice(None))[rows]
        slack = self.vectors.slack[rows]
        surely = coarse - slack
        least = np.partition(surely, len(rows) - k)[len(rows) - k]
        possible: NDArray[np.intp] = rows[coarse + slack >= least]
        return possible


class GrowingChat:
    """The photos of one chat in memory. Changed on the event loop's thread only.

    A view that was handed out stays true to itself while another thread reads it: rows are added beyond its
    end and never overwritten; a removal only marks the row's photo id.
    """

    def __init__(self, held: Held) -> None:
        self._held = held
        self._rows = len(held)
        self._removed = int((held.photo_ids == REMOVED).sum())

    def __len__(self) -> int:
        return self._rows - self._removed

    @property
    def nbytes(self) -> int:
        """Bytes held, room for more included."""
        return self._held.nbytes

    def view(self) -> Held:
        """What it holds now, without a copy."""
        return self._held[: self._rows]

    def put(self, entry: IndexEntry) -> None:
        """Add a photo, in place of an earlier row of the same photo."""
        self.remove([entry.photo_id])
        if self._rows == len(self._held):
            self._rebuild(len(entry.vector))
        self._held.write(self._rows, ChatMatrix.of([entry]))
        self._rows += 1

    def describe(self, photo_id: int, sender: int, moment: int) -> None:
        """What filters ask for has changed of a photo that may be here."""
        row = np.flatnonzero(self._held.photo_ids[: self._rows] == photo_id)
        self._held.senders[row], self._held.moments[row] = sender, moment

    def remove(self, photo_ids: Collection[int]) -> None:
        """Let photos no longer be found; ids it does not hold are passed over."""
        held = self._held.photo_ids[: self._rows]
        gone = np.isin(held, list(photo_ids)) if len(photo_ids) > 1 else held == next(iter(photo_ids), REMOVED)
        gone &= held != REMOVED
        self._removed += int(gone.sum())
        held[gone] = REMOVED

    def _rebuild(self, dimensions: int) -> None:
        """Move what is left to new arrays with room; views go on reading the old ones."""
        left = np.flatnonzero(self._held.photo_ids[: self._rows] != REMOVED)
        new = Held.empty(int(len(left) * GROWTH) + 16, dimensions)
        if len(left):
            for name in ("photo_ids", "image_ids", "senders", "moments"):
                np.take(getattr(self._held, name), left, out=getattr(new, name)[: len(left)])
            self._held.vectors.copy_to(new.vectors, left)
        self._held, self._rows, self._removed = new, len(left), 0
