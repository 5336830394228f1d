"""Memory that was freed goes back to the system: Python and glibc keep most of it for later."""

import ctypes
import gc
from contextlib import suppress


def give_back() -> None:
    """Blocks for a tenth of a second. After the default model was loaded, it is 150 MB."""
    gc.collect()
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)
