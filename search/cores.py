"""How many processor cores there are for this process."""

import os


def usable_cores() -> int:
    """Those that it may use: fewer than the machine has, in many a container."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
