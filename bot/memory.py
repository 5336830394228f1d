"""The memory that the bot has in hand, with the processes that open and read pictures for it."""

from contextlib import suppress
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident in memory; what processes share counts for each of them."""

    bytes: int
    processes: int


def in_use() -> Memory:
    """Of this process and all that it has started. Blocks for some milliseconds."""
    this = psutil.Process()
    sizes = []
    for process in (this, *this.children(recursive=True)):
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):  # it ended meanwhile
            sizes.append(process.memory_info().rss)
    return Memory(sum(sizes), len(sizes))
