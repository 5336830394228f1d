"""A process of its own that reads text from pictures: behind everything else on the machine, and never in its way.

RapidOCR's wheel brings PP-OCR's models for Chinese and English (docs/decisions/0018-reading-pictures.md); for text that
they do not know, Cyrillic above all, tesseract is asked where Debian's packages of it are installed. `search.ocr`
starts this process and talks with it: pixels in through standard input, text out through standard output. It ends when
standard input closes, and so with the bot, however that ends. Nothing of torch, Telegram or SQL is imported.
"""

import ctypes
import io
import os
import resource
import shutil
import signal
import struct
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

REQUEST = struct.Struct("<II")
"""Width and height of the RGB pixels that follow."""
REPLY = struct.Struct("<BI")
"""Outcome, length of the UTF-8 text that follows."""

MEMORY = 3 * 2**30
"""Bytes it may allocate: RapidOCR takes 0.5 GB at 1280×960, and much of what it reserves it never touches."""
PROCESSOR_SECONDS = 60.0
"""For one picture, which takes 0.3 to 2. Not by the clock: on a busy machine this process hardly ever has its turn."""
DETECTED_SIDE = 960
"""Pixels to which the longer side is reduced for finding text. Read are the places in the picture as it is."""
TESSERACT_SECONDS = 120
SURE = 0.6
"""RapidOCR's own confidence from which a line counts."""
WORDY = 2
"""Letters: shorter lines that tesseract sees are mostly patterns."""

LINE_HEIGHT = 48
PR_SET_PDEATHSIG = 1
LEAST_LETTERS = 2
LEAST_FILLED = 0.4
"""Letters for each line height of a line's length: Chinese has 1, Latin 2."""

Pixels = NDArray[np.uint8]
Place = NDArray[np.float32]
"""Four corners of a line, clockwise from its upper left: [4, 2]."""


class Outcome(IntEnum):
    """What came of it."""

    READY = 0
    READ = 1
    IMPOSSIBLE = 2
    """RapidOCR cannot be loaded here; the text says why."""


Engine = Callable[..., Any]
"""RapidOCR; what it returns depends on what it is asked for."""


def main() -> None:
    """Reads one picture after the other until nobody asks any more."""
    asked, told = sys.stdin.buffer, os.fdopen(os.dup(1), "wb", buffering=0)
    _be_silent()
    _step_back()
    try:
        engine = _loaded()
    except Exception as exc:  # noqa: BLE001 - whatever a missing library raises, the operator is told
        told.write(_reply(Outcome.IMPOSSIBLE, f"{type(exc).__name__}: {exc}"[:500]))
        return
    told.write(_reply(Outcome.READY, ""))
    while len(request := asked.read(REQUEST.size)) == REQUEST.size:
        # Nobody handles the timer's signal: it ends the process, whatever C code it is in.
        signal.setitimer(signal.ITIMER_PROF, PROCESSOR_SECONDS)
        width, height = REQUEST.unpack(request)
        pixels = np.frombuffer(asked.read(width * height * 3), np.uint8).reshape(height, width, 3)
        text = read(engine, pixels)
        signal.setitimer(signal.ITIMER_PROF, 0)
        told.write(_reply(Outcome.READ, text))


def read(engine: Engine, pixels: Pixels) -> str:
    """The lines of a picture, from its top to its bottom.

    Most pictures have none: finding that out takes a third of the time of reading.
    """
    image = np.ascontiguousarray(pixels[:, :, ::-1])  # RapidOCR takes blue first
    places = engine(image, use_det=True, use_cls=False, use_rec=False).boxes
    if places is None or not len(places):
        return ""
    found = engine(image, use_det=True, use_cls=False, use_rec=True)
    read_there = zip(found.boxes if found.txts else (), found.txts or (), found.scores or (), strict=True)
    lines = [text for place, text, score in read_there if score >= SURE and _is_all(text, place)]
    if len(lines) < len(places):
        lines += _by_tesseract(Image.fromarray(pixels), places)
    return "\n".join(lines)


def _is_all(text: str, place: Place) -> bool:
    """Whether a line is long enough for its place: of Cyrillic, RapidOCR reads the commas. And no lone letter, which is
    what it sees in drawings."""
    letters = sum(letter.isalnum() for letter in text)
    height, width = float(np.linalg.norm(place[3] - place[0])), float(np.linalg.norm(place[1] - place[0]))
    return letters >= LEAST_LETTERS and letters * max(height, 1.0) >= LEAST_FILLED * width


def _by_tesseract(image: Image.Image, places: Sequence[Place]) -> list[str]:
    """The Cyrillic lines in the places of a picture that RapidOCR could not read; none without tesseract and its `rus`.

    Line by line first, which reads boards askew before a noisy ground (0.2 s a line); letters with edges over a
    drawing are sometimes read only in the whole of the picture (0.4 to 1.5 s).
    """
    if not _has_russian():
        return []
    lines = [line for place in places for line in _tesseract(_line(image, place), "--psm", "7")]
    return lines if len(lines) >= len(places) else [*lines, *_tesseract(image, "--psm", "11")]


def _line(image: Image.Image, place: Place) -> Image.Image:
    """A line upright, 48 pixels high, with a margin: tesseract wants both."""
    upper_left, upper_right, lower_right, lower_left = (tuple(corner) for corner in place.tolist())
    height = max(1.0, float(np.linalg.norm(place[3] - place[0])))
    width = round(float(np.linalg.norm(place[1] - place[0])) * LINE_HEIGHT / height)
    corners = (*upper_left, *lower_left, *lower_right, *upper_right)
    size = (min(max(1, width), 40 * LINE_HEIGHT), LINE_HEIGHT)
    line = image.transform(size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC)
    ground = tuple(int(value) for value in np.median(np.asarray(line).reshape(-1, 3), axis=0))
    return ImageOps.expand(line, LINE_HEIGHT // 4, fill=ground)


def _tesseract(image: Image.Image, *options: str) -> list[str]:
    """The Russian lines that tesseract sees."""
    buffer = io.BytesIO()
    image.save(buffer, "PPM")
    command = ["tesseract", "-", "-", "-l", "rus", *options]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command
            command, input=buffer.getvalue(), capture_output=True, timeout=TESSERACT_SECONDS, check=False
        )
    except (subprocess.TimeoutExpired, OSError):
        return []
    lines = (" ".join(line.split()) for line in done.stdout.decode(errors="replace").splitlines())
    return [line for line in lines if _is_russian(line)]


def _is_russian(line: str) -> bool:
    cyrillic = sum("а" <= letter <= "я" or letter == "ё" for letter in line.lower())
    return cyrillic > WORDY and 2 * cyrillic > len(line.replace(" ", ""))


@cache
def _has_russian() -> bool:
    if shutil.which("tesseract") is None:
        return False
    listed = subprocess.run(["tesseract", "--list-langs"], capture_output=True, check=False, timeout=TESSERACT_SECONDS)  # noqa: S607
    return b"rus" in listed.stdout.split()


def _loaded() -> Engine:
    from rapidocr import RapidOCR  # noqa: PLC0415 - takes a second; what it lacks is reported, not raised

    one_thread = {"intra_op_num_threads": 1, "inter_op_num_threads": 1}
    settings = {f"EngineConfig.onnxruntime.{name}": value for name, value in one_thread.items()}
    finding = {"Det.limit_type": "max", "Det.limit_side_len": DETECTED_SIDE}
    return RapidOCR(params={**settings, **finding, "Global.log_level": "critical"})


def _reply(outcome: Outcome, text: str) -> bytes:
    written = text.encode(errors="replace")
    return REPLY.pack(outcome, len(written)) + written


def _step_back() -> None:
    """Everything else on the machine goes first; where memory runs out, this process goes first."""
    if sys.platform == "linux":  # a process that the bot has halted would not notice that the bot is gone
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.nice(19)
    if hasattr(os, "sched_setscheduler"):  # Linux: gives way at once to whatever wakes up, not at its next turn
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the bot ends it, in its own time
    with suppress(OSError, ValueError):  # macOS knows neither
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _be_silent() -> None:
    """Standard output is the bot's; libraries that print must not be understood as answers."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


if __name__ == "__main__":
    main()
