"""Files on disk, opened with care: an export comes from somewhere else."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from history.errors import ExportError, FileMissing, FileTooLarge


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A regular file, read only; the last part of its path may not be a link. Raises OSError.

    A pipe in a picture's place would be waited for without end: so it does not wait.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise IsADirectoryError(f"{path} is no file")
        yield file


def read(path: Path, max_bytes: int) -> bytes:
    """The whole file.

    Raises:
        FileMissing, FileTooLarge
    """
    try:
        with opened(path) as file:
            data = file.read(max_bytes + 1)
    except FileNotFoundError as exc:
        raise FileMissing(f"The file {path} is gone. Put the export back where it was imported from.") from exc
    except OSError as exc:
        raise FileMissing(f"The file {path} cannot be read ({exc.strerror or exc}).") from exc
    if len(data) > max_bytes:
        raise FileTooLarge(f"The file {path} is larger than {max_bytes:,} bytes.")
    return data


def error(path: Path, exc: OSError) -> ExportError:
    """An export's own file that cannot be read, as a sentence."""
    return ExportError(f"{path} cannot be read ({exc.strerror or exc}).")
