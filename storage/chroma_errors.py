"""What Chroma raises, translated where it is called: in a thread, or in the process that keeps the index."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from storage.collection import is_passing
from storage.errors import VectorIndexUnavailable

P = ParamSpec("P")
T = TypeVar("T")

PASSING_ADVICE = (
    "Check Chroma's place in the settings, its disk and its rights, and that it runs; searches go on without it, "
    "and it is tried again."
)


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


def unavailable(reason: str, *, is_passing: bool) -> VectorIndexUnavailable:
    """With the advice that fits."""
    if is_passing:
        return VectorIndexUnavailable(reason, PASSING_ADVICE, is_passing=True)
    return VectorIndexUnavailable(reason)
