"""A process of its own that opens strangers' pictures, so that what breaks a decoder breaks nothing else.

Decoders are C code that reads what anybody may have sent. Here one may crash, hang or ask for any memory: the process
has no token, no database and no network connection, may write no file, has bounded memory and time, and is replaced.

`search.decoding` starts it and talks with it: bytes in and pixels out through one file that both have open (no name,
no disk where the system can do without), whose turn it is through standard input and output. It ends when standard
input closes, and so with the bot, however that ends. Nothing of torch, Telegram or SQL is imported.
"""

import os
import resource
import signal
import struct
import sys
import warnings
from contextlib import suppress
from enum import IntEnum
from pathlib import Path

from PIL import AvifImagePlugin, Image

from search.errors import ImageRefused
from search.images import DecodingLimits, accept_heif, decode, model_input, preview, taken

REQUEST = struct.Struct("<BIQ")
"""Task, shorter side (0: as large as it is), length of the file."""
REPLY = struct.Struct("<BIIQ")
"""Outcome, width, height, length of what is written back."""

CLOCK_SECONDS = 100.0
"""For a decoder that waits for ever, which takes no processor time."""
FIXED_MEMORY = 128 * 2**20
"""Bytes beyond those for pixels: the file, and tables of decoders."""
BYTES_PER_PIXEL = 20
"""Of the largest picture accepted. Measured at 50 megapixels: 19 for WebP with transparency, whose decoder keeps three
copies of its own, 15 for AVIF, 12 for PNG and HEIC, 0.1 to 8 for JPEG."""


class Task(IntEnum):
    """What is asked for."""

    PICTURE = 1
    PREVIEW = 2
    TAKEN = 3
    INPUT = 4


class Outcome(IntEnum):
    """What came of it."""

    READY = 0
    DONE = 1
    REFUSED = 2


def main(scratch: int, limits: DecodingLimits) -> None:
    """Opens one picture after the other until nobody asks any more."""
    asked, told = sys.stdin.buffer, os.fdopen(os.dup(1), "wb", buffering=0)
    accept_heif()
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # as many workers as pictures at a time are enough
    Image.init()  # now, not with the first picture that is none
    _confine(limits)
    told.write(REPLY.pack(Outcome.READY, 0, 0, 0))
    _be_silent()
    while len(request := asked.read(REQUEST.size)) == REQUEST.size:
        _give_time(limits.cpu_seconds, CLOCK_SECONDS)
        reply = _served(scratch, limits, *REQUEST.unpack(request))
        _give_time(0, 0)
        told.write(reply)


def _served(scratch: int, limits: DecodingLimits, task: int, side: int, length: int) -> bytes:
    data = os.pread(scratch, length, 0)
    try:
        if task == Task.PREVIEW:
            return _written(scratch, Outcome.DONE, preview(data, limits))
        if task == Task.TAKEN:
            moment = taken(data)
            return _written(scratch, Outcome.DONE, b"" if moment is None else moment.isoformat().encode())
        image = model_input(data, limits, side) if task == Task.INPUT else decode(data, limits, side or None)
    except ImageRefused as exc:
        return _written(scratch, Outcome.REFUSED, str(exc).encode(errors="replace"))
    return _written(scratch, Outcome.DONE, image.tobytes(), image.size)


def _written(scratch: int, outcome: Outcome, result: bytes, size: tuple[int, int] = (0, 0)) -> bytes:
    os.pwrite(scratch, result, 0)
    return REPLY.pack(outcome, *size, len(result))


def _give_time(by_processor: float, by_clock: float) -> None:
    """Nobody handles the timers' signals: they end the process, whatever C code it is in."""
    signal.setitimer(signal.ITIMER_PROF, by_processor)
    signal.setitimer(signal.ITIMER_REAL, by_clock)


def _confine(limits: DecodingLimits) -> None:
    """Bounded memory, no files; where memory runs out, the system should end this process before any other."""
    allowance = FIXED_MEMORY + BYTES_PER_PIXEL * limits.max_pixels
    with suppress(OSError, ValueError):  # macOS knows neither
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        room = pages * resource.getpagesize() + allowance
        resource.setrlimit(resource.RLIMIT_AS, (room, room))
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    resource.setrlimit(resource.RLIMIT_FSIZE, (allowance, allowance))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _be_silent() -> None:
    """Decoders print what they think of a picture: a stranger could fill the log with it."""
    warnings.simplefilter("ignore")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


if __name__ == "__main__":
    main(int(sys.argv[1]), DecodingLimits(int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
