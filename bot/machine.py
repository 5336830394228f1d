"""What this machine can carry besides the model."""

import os
from contextlib import suppress
from pathlib import Path

import psutil

from search.cores import usable_cores

ENOUGH_CORES = 2
"""With one, reading would share it with answering; reading is niced, but it has its share of the cache."""
ENOUGH_MEMORY = 6 * 2**30
"""Bytes: the default model takes 3 GB, reading 0.6 GB, the system and Chroma the rest."""
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")


def reads_pictures(setting: str) -> bool:
    """Whether text in pictures is to be read: as it is set, or where there are cores and memory for it."""
    if setting == "auto":
        return usable_cores() >= ENOUGH_CORES and _memory() >= ENOUGH_MEMORY
    return setting == "on"


def _memory() -> int:
    """Bytes, of the machine or of the container."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):  # no container, or one without a limit, which reads "max"
        memory = min(memory, int(CGROUP_LIMIT.read_text(encoding="ascii")))
    return memory


def available_memory() -> int:
    """Bytes that another process may take without driving out anything that is in use."""
    free = psutil.virtual_memory().available
    with suppress(OSError, ValueError):
        used = int(CGROUP_LIMIT.with_name("memory.current").read_text(encoding="ascii"))
        free = min(free, int(CGROUP_LIMIT.read_text(encoding="ascii")) - used)
    return int(free)
