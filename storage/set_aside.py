"""Directories of an index that was given up: renamed in an instant, looked at by whoever wants to, deleted when the
new index stands.

At most one is kept. What people had erased may still be in it, so none outlives the rebuilding, nor stands in its way
on a disk that has room for one.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

log = logging.getLogger(__name__)

ASIDE = ".set-aside-"
MOMENT = "%Y-%m-%dT%H-%M-%S"


def set_aside(directory: Path) -> Path:
    """Rename a directory, or whatever stands in its place, by the date; an earlier one is deleted. Raises OSError."""
    discard(directory)
    stem = f"{directory.name}{ASIDE}{datetime.now(UTC):{MOMENT}}"
    names = (directory.with_name(stem if number == 0 else f"{stem}-{number}") for number in range(1_000))
    return directory.rename(next(path for path in names if not path.exists()))


def discard(directory: Path, before: datetime | None = None) -> int:
    """Delete what was set aside of `directory`, all of it or what was so before a moment; returns how many.

    What cannot be deleted is logged and stays.
    """
    deleted = 0
    for path in kept(directory):
        if before is not None and _moment(directory, path) > before:
            continue
        try:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
            deleted += 1
        except OSError as error:
            log.error("The old index %s could not be deleted (%s): delete it by hand.", path, error)
    return deleted


def kept(directory: Path) -> Iterator[Path]:
    """What was set aside of `directory`."""
    yield from sorted(directory.parent.glob(f"{directory.name}{ASIDE}*"))


def _moment(directory: Path, path: Path) -> datetime:
    """When it was set aside, by its name; long ago, where that tells no time or one to come: the clock was set back."""
    told = path.name.removeprefix(f"{directory.name}{ASIDE}")[:19]
    try:
        moment = datetime.strptime(told, MOMENT).replace(tzinfo=UTC)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return moment if moment <= datetime.now(UTC) else datetime.min.replace(tzinfo=UTC)
