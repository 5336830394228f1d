"""What the bot and the process that keeps its index say to each other: pickles, each after its length.

Only these two ever hold an end of the connection, a pair of sockets without a name: nobody else can reach it, and no
pickle comes from elsewhere.
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable
from typing import Any, NamedTuple

from storage.collection import Collection

HEADER = struct.Struct("!Q")


class Keep(NamedTuple):
    """To the keeper, first of all: which collection, and from which level on the log wants its lines."""

    make: Callable[[], Collection]
    level: int


class Call(NamedTuple):
    """To the keeper: one of the collection's methods."""

    number: int
    method: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    is_write: bool


class Ready(NamedTuple):
    """From the keeper: Chroma is imported, nothing is open."""


class Result(NamedTuple):
    """From the keeper: what a call returned."""

    number: int
    value: Any


class Trouble(NamedTuple):
    """From the keeper: why a call returned nothing."""

    number: int
    reason: str
    is_passing: bool


class Line(NamedTuple):
    """From the keeper, for the bot's log."""

    logger: str
    level: int
    text: str


def packed(message: tuple[Any, ...]) -> bytes:
    """With its length before it."""
    body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return HEADER.pack(len(body)) + body


def unpacked(body: bytes | bytearray) -> Any:
    """A message without its length."""
    return pickle.loads(body)  # noqa: S301 - see above
