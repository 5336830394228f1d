"""Memory that is overwritten before it is used, while Chroma writes.

Its graph is kept by hnswlib, which writes to its file all the memory that it has taken, used or not: 116 kB for a
collection of one vector. What stood there before goes along, vectors of erased photos among it (seen in 4 of 6 runs of
tests/bot/test_erased_bytes on a busy machine). glibc can fill what it hands out; all the time, that would cost the
embedding of pictures 6 %, so it is asked to while Chroma writes. Elsewhere nothing is done.
"""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

M_PERTURB = -6
"""malloc.h: memory is filled with the complement of the byte when it is handed out, with the byte when given back."""
FILLED_WITH_ZEROS = 0xFF


class CleanMemory:
    """Counts who wants it: several collections may be written at a time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._wanted = 0

    @contextmanager
    def wanted(self) -> Iterator[None]:
        """For as long as the block runs, in every thread."""
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._lock:
            was_wanted, self._wanted = self._wanted > 0, self._wanted + change
            if was_wanted != (self._wanted > 0) and (allocator := _allocator()) is not None:
                allocator.mallopt(M_PERTURB, FILLED_WITH_ZEROS if self._wanted else 0)


def _allocator() -> Any:
    """glibc; None where another C library allocates."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "gnu_get_libc_version") else None


clean_memory = CleanMemory()
