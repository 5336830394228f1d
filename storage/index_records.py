"""What goes into the vector index and comes out of it: frozen, typed, of ids and numbers.

No SQL and no Chroma may enter: the process that keeps Chroma needs these, and not the 23 MB of SQLAlchemy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray


class Neighbour(NamedTuple):
    """A photo near a question."""

    photo_id: int
    image_id: int
    score: float
    """Cosine, -1 to 1; higher is nearer."""
    moment: int | None = None
    """When it was posted, in `microseconds`, where memory knows: what is not from there is SQL's to tell."""


def rank(neighbour: Neighbour) -> tuple[float, int]:
    """The order of neighbours: best first, equals by id."""
    return -neighbour.score, neighbour.photo_id


class Near(NamedTuple):
    """An entry of Chroma that is near to a question; which image its photo shows is SQL's to say."""

    photo_id: int
    score: float
    """As in `Neighbour`."""


class Place(NamedTuple):
    """Where an indexed photo belongs."""

    photo_id: int
    image_id: int
    chat_id: int


NOBODY = -(2**63)
"""In place of the id of a sender where there is none; nobody has it."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(moment: datetime) -> int:
    """Since 1970, of an aware moment."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment_of(since_1970: int) -> datetime:
    """Of `microseconds`, in UTC."""
    return _EPOCH + timedelta(microseconds=since_1970)


@dataclass(frozen=True, slots=True, eq=False)
class IndexEntry:
    """A photo with its vector, as the vector index takes it."""

    photo_id: int
    image_id: int
    chat_id: int
    vector: NDArray[np.float32]
    """[d], normalised."""
    sender: int = NOBODY
    """Its id, or NOBODY."""
    moment: int = 0
    """When it was posted, in `microseconds`. This and the sender are for filters; Chroma has no use for them."""

    @property
    def place(self) -> Place:
        return Place(self.photo_id, self.image_id, self.chat_id)


@dataclass(frozen=True, slots=True, eq=False)
class ChatMatrix:
    """Every indexed photo of one chat, ordered by photo id."""

    photo_ids: NDArray[np.int64]
    """[n]"""
    image_ids: NDArray[np.int64]
    """[n]"""
    vectors: NDArray[np.float32]
    """[n, d], rows normalised."""
    senders: NDArray[np.int64]
    """[n], as in `IndexEntry`."""
    moments: NDArray[np.int64]
    """[n], as in `IndexEntry`."""

    @classmethod
    def of(cls, entries: Sequence[IndexEntry]) -> Self:
        """At least one."""
        columns = zip(*((e.photo_id, e.image_id, e.sender, e.moment) for e in entries), strict=True)
        photo_ids, image_ids, senders, moments = (np.array(column, np.int64) for column in columns)
        return cls(photo_ids, image_ids, np.stack([entry.vector for entry in entries]), senders, moments)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What `VectorIndex.reconcile` had to mend in Chroma."""

    missing: int
    """Entries written from SQL's vectors."""
    orphaned: int
    """Entries deleted because SQL has no such indexed photo."""
    moved: int
    """Entries whose image was wrong."""
    rebuilt: bool
    """The collection could not be read and was made anew."""


class Condition(StrEnum):
    """How Chroma stands to SQL. Questions are answered in any case."""

    EQUAL = "equal"
    MENDING = "mending"
    """It is being opened and compared with SQL, or made anew."""
    AWAY = "away"
    """It has failed, and is tried again in a while."""
