"""What Chroma raises, translated where it is called: in a thread, or in the process that keeps the index."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from storage.chroma_directory import DirectoryBusy
from storage.errors import VectorIndexUnavailable

P = ParamSpec("P")
T = TypeVar("T")

PASSING_ADVICE = (
    "Check Chroma's place in the settings, its disk and its rights, and that it runs; searches go on without it, "
    "and it is tried again."
)
SURROUNDINGS = (
    "could not connect to a chroma server",
    "disk is full",
    "no space left",
    "readonly",
    "read-only",
    "permission denied",
    "too many open files",
)
"""What Chroma and the SQLite in it say where no other directory would help."""


def translated(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Whatever Chroma raises, as VectorIndexUnavailable.

    There is no narrower list: ChromaError, ValueError, httpx's and sqlite3's errors, AttributeError from
    a client that failed to start, and panics of its Rust part, which are no Exception at all.
    """
    try:
        return call(*args, **kwargs)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        raise unavailable(f"{type(error).__name__}: {error}", is_passing=is_passing(error)) from error


def is_passing(error: BaseException) -> bool:
    """Whether the cause lies outside the index, so that another index would fare no better."""
    if isinstance(error, OSError | DirectoryBusy) or "httpx" in {base.__module__ for base in type(error).__mro__}:
        return True
    told = str(error).lower()
    return any(sign in told for sign in SURROUNDINGS)


def unavailable(reason: str, *, is_passing: bool) -> VectorIndexUnavailable:
    """With the advice that fits."""
    if is_passing:
        return VectorIndexUnavailable(reason, PASSING_ADVICE, is_passing=True)
    return VectorIndexUnavailable(reason)
