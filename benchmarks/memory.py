"""How much memory a bot takes: at rest, at most while photos are indexed, and once it has dropped its idle model.

A real bot on the sandbox, every process of the bot counted; text in pictures is not read. The checkpoints have random
weights of the real architectures, in fp32 as the published ones are, which is enough for memory; the words of a made-up
tokenizer are as many as the real one's. A first start also makes the eight-bit tower, in a process of its own, once.
Resident memory counts for every process what several share; the proportional share (PSS) counts it once. Pages of
files, which the system takes back when it wants them, are in both.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psutil

from benchmarks.checkpoint import write_checkpoint
from benchmarks.publishing import main
from benchmarks.report import Cell, Report, Table
from bot.remote import ask
from search.quantised import PROBATION
from tests.load.processes import bot
from tests.people import People, jpeg, until
from tests.programs import ROOT, sandbox

PUBLISHED = {"ViT-B-32-SigLIP2-256": 3_061, "ViT-B-32": 1_004}
"""MiB that immich's documentation tells of its own, model and server."""
AIMS = {"ViT-B-32-SigLIP2-256": 1_638, "ViT-B-32": 614}
DEMO = "demo"
PHOTOS, QUICK_PHOTOS = 300, 20
EVERY = 0.1
"""Seconds between two looks."""
SETTLED = 65.0
"""Seconds after the last photo at which the bot is at rest: decoders that nobody needs end after 60."""


@dataclass(frozen=True, slots=True)
class Memory:
    """MiB, of a bot and all that it has started."""

    resident: float
    proportional: float


class Watch:
    """Looks at a bot's memory again and again."""

    def __init__(self, pid: int) -> None:
        self._bot = psutil.Process(pid)
        self.most = 0.0
        """MiB resident at the same time, since it was set to 0."""

    def now(self) -> Memory:
        """Takes some milliseconds a process."""
        resident = proportional = 0
        for process in (self._bot, *self._bot.children(recursive=True)):
            with suppress(psutil.Error):
                info = process.memory_full_info()
                resident, proportional = resident + info.rss, proportional + info.pss
        return Memory(resident / 2**20, proportional / 2**20)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """For as long as the block."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(EVERY):
                with suppress(psutil.Error):
                    processes = (self._bot, *self._bot.children(recursive=True))
                    self.most = max(self.most, sum(_resident(one) for one in processes) / 2**20)

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _resident(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


@dataclass(frozen=True, slots=True)
class Found:
    """Of one model."""

    name: str
    first: float
    """MiB at most during the first start, in which the model is quantised."""
    peak: float
    """At most during a later start, and while photos are indexed."""
    rest: Memory
    dropped: Memory
    pictures: str
    """How they were embedded at the end."""


async def _measured(name: str, model: Path, photos: int, scratch: Path) -> Found:
    with sandbox() as (url, token):
        people = People(url)
        ann = await people.person("Ann")
        own = {"CHATLENS_MODEL": f"local-dir:{model}", "CHATLENS_OCR": "off", "HF_HUB_OFFLINE": "1"}
        with bot(url, token, scratch, **own) as process:
            watch = Watch(process.pid)
            with watch.watching():
                await _indexed(people, ann, 0, max(photos, PROBATION + 8), scratch, proven=name != DEMO)
            first = watch.most
            process.terminate()
            await asyncio.to_thread(process.wait, 60)
        with bot(url, token, scratch, **own, CHATLENS_MODEL_IDLE_MINUTES="1.5") as process:
            watch = Watch(process.pid)
            with watch.watching():
                await _indexed(people, ann, 1_000, photos, scratch)
                await asyncio.sleep(SETTLED)
            rest = watch.now()
            pictures = (await _status(scratch))["model"]["pictures"]
            await until(lambda: _is_dropped(scratch), "the model to be dropped", patience=120)
            dropped = watch.now()
            process.terminate()
            await asyncio.to_thread(process.wait, 60)
        await people.aclose()
    return Found(name, first, watch.most, rest, dropped, pictures)


async def _indexed(people: People, ann: int, start: int, photos: int, scratch: Path, *, proven: bool = False) -> None:
    for number in range(start, start + photos, 10):
        noise = np.random.default_rng(number)
        colours = noise.integers(0, 255, (10, 3)).tolist()
        await people.post(ann, ann, photos=[jpeg(tuple(colour), (1280, 960)) for colour in colours])

    async def done() -> bool:
        with suppress(Exception):
            status = await _status(scratch)
            is_proven = not proven or status["model"]["pictures"] != "exact"
            return status["photos"]["waiting"] == 0 and status["photos"]["indexed"] > 0 and is_proven
        return False

    await until(done, "the photos", patience=900)
    if proven:
        await _more(people, ann, start + photos, scratch)


async def _more(people: People, ann: int, start: int, scratch: Path) -> None:
    """Until eight bits are proven."""
    number = start

    async def proven() -> bool:
        nonlocal number
        await people.post(
            ann, ann, photos=[jpeg((number % 256, number // 256 % 256, 9)) for number in range(number, number + 8)]
        )
        number += 8
        await asyncio.sleep(1)
        return bool((await _status(scratch))["model"]["pictures"] == "eight bits")

    await until(proven, "eight bits", patience=200)


async def _status(scratch: Path) -> dict[str, Any]:
    async for told in ask(scratch, "status"):
        if told.get("done"):
            return told
    raise AssertionError("no status")


async def _is_dropped(scratch: Path) -> bool:
    return bool((await _status(scratch))["model"]["pictures"] == "not loaded")


def run(quick: bool) -> Report:
    """The demo model, and unless `quick` the production default and the light one."""
    names = [DEMO] if quick else [DEMO, *PUBLISHED]
    rows: list[list[Cell]] = []
    for name in names:
        with TemporaryDirectory(prefix="chatlens-memory-") as scratch:
            model = ROOT / "models" / DEMO
            if name != DEMO:
                model = Path(scratch) / "model"
                write_checkpoint(name, model)
            found = asyncio.run(_measured(name, model, QUICK_PHOTOS if quick else PHOTOS, Path(scratch) / "data"))
            rows.append(_row(found))
    header = ["model", "at rest", "PSS", "at most", "first start", "dropped", "PSS", "immich", "aim", "pictures"]
    return Report(
        "memory",
        "Memory",
        [Table("MiB, of all processes of the bot together", header, rows)],
        notes=[
            f"At rest: a minute after the last of {PHOTOS} photos, decoders ended. At most: from a start until then.",
            "First start: with quantising, which happens once. Dropped: by CHATLENS_MODEL_IDLE_MINUTES.",
        ],
    )


def _row(found: Found) -> list[Cell]:
    figures = [found.rest.resident, found.rest.proportional, found.peak, found.first]
    figures += [found.dropped.resident, found.dropped.proportional]
    published, aim = PUBLISHED.get(found.name, "–"), AIMS.get(found.name, "–")
    return [found.name, *(round(figure) for figure in figures), published, aim, found.pictures]


if __name__ == "__main__":
    main(run)
