"""Names that outlive a power cut."""

import os
from pathlib import Path


def sync(folder: Path) -> None:
    """A new name lasts only when its folder is written. Raises OSError."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows cannot open folders
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
