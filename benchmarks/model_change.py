"""What a change of the model costs those who ask meanwhile, and how long it takes.

    python -m benchmarks.model_change [--photos 600]

The real bot against the sandbox, both in this process, with the demo checkpoint and one that is made of it. Rates and
times are those of the machine and its other work; what counts is how they compare. Photos are fetched again over HTTP.
"""

import asyncio
import io
import logging
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Annotated, Any

import numpy as np
import typer
from PIL import Image
from pydantic import SecretStr

from bot.application import build
from bot.remote import ask
from bot.settings import Settings
from sandbox.server import Sandbox, serve_in_thread
from tests.bot.second_model import write_second_model
from tests.conftest import Archive, polling
from tests.people import People
from tests.programs import DEMO

BETWEEN = 0.1
"""Seconds between an answer and the next question."""
IDLE = 100
"""Questions asked while nothing else happens."""


@dataclass
class Asked:
    """Questions of one person, one after the other."""

    seconds: list[float]
    moments: list[float]
    """When each was answered."""

    def __str__(self) -> str:
        p50, p95 = (np.quantile(self.seconds, share) * 1000 for share in (0.5, 0.95))
        return f"{len(self.seconds)} questions, p50 {p50:.0f} ms, p95 {p95:.0f} ms, longest {max(self.seconds):.2f} s"


async def _ask_until(people: People, chat: int, user: int, is_over: asyncio.Event, most: int = 10**9) -> Asked:
    asked = Asked([], [])
    while not is_over.is_set() and len(asked.seconds) < most:
        began = monotonic()
        await people.asked(chat, user, "/search red car n:3")
        asked.seconds.append(monotonic() - began)
        asked.moments.append(monotonic())
        await asyncio.sleep(BETWEEN)
    return asked


async def _change(settings: Settings, model: Path, **more: Any) -> dict[str, Any]:
    last: dict[str, Any] = {}
    async for told in ask(settings.data_dir, "reindex", model=f"local-dir:{model}", **more):
        last = told
    return last


def _pictures(count: int) -> list[bytes]:
    rng = np.random.default_rng(0)
    files = []
    for _ in range(count):
        buffer = io.BytesIO()
        small = Image.fromarray(rng.integers(0, 256, (6, 8, 3), np.uint8))
        small.resize((800, 600), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=85)
        files.append(buffer.getvalue())
    return files


async def _measure(sandbox: Sandbox, directory: Path, photos: Sequence[bytes]) -> None:
    second = write_second_model(directory / "second")
    settings = Settings(
        _env_file=None,
        token=SecretStr(sandbox.token),
        api_url=sandbox.url,
        data_dir=directory / "data",
        model=f"local-dir:{DEMO}",
        threads=1,
        ocr="off",
        acknowledge=False,
        searches_per_minute=10_000,
    )
    people = People(sandbox.url)
    ann = await people.person("Ann")
    chat = ann  # in groups bots may not answer as often as is asked here
    never = asyncio.Event()
    async with polling(build(settings)):
        began = monotonic()
        for photo in photos:
            await people.post(chat, ann, photos=[photo])
        await Archive(settings.data_dir).settled(indexed=len(photos))
        print(f"{len(photos)} photos posted and indexed in {monotonic() - began:.1f} s")
        idle = await _ask_until(people, chat, ann, never, IDLE)
        print(f"nothing else: {idle}")
        told = await _change(settings, second)
        print(f"nobody asks: {told['images'] / told['seconds']:.1f} images/s; photos rested {told['rested']} s")
        back = await _change(settings, DEMO, drop_old=True)
        print(f"back again, all seen: {back['seconds']} s; photos rested {back['rested']} s")
        over = asyncio.Event()
        asking = asyncio.create_task(_ask_until(people, chat, ann, over))
        told = await _change(settings, second)
        ended = monotonic()
        await asyncio.sleep(3)
        over.set()
        asked = await asking
        print(f"somebody asks: {told['images'] / told['seconds']:.1f} images/s; photos rested {told['rested']} s")
        print(f"asked meanwhile: {asked}")
        between = [later - earlier for earlier, later in zip(asked.moments, asked.moments[1:], strict=False)]
        near = [gap for gap, at in zip(between, asked.moments[1:], strict=True) if abs(at - ended) < told["rested"] + 1]
        print(
            f"from answer to answer: median {statistics.median(between):.2f} s, at the change {max(near):.2f} s at most"
        )
        idle = await _ask_until(people, chat, ann, never, IDLE)
        print(f"after it: {idle}")
    await people.aclose()


def main(photos: Annotated[int, typer.Option(help="How many photos the archive has.")] = 600) -> None:
    """Measures, and prints."""
    logging.basicConfig(level=logging.ERROR)
    with TemporaryDirectory(prefix="chatlens-model-change-") as directory, serve_in_thread(archive=False) as sandbox:
        asyncio.run(_measure(sandbox, Path(directory), _pictures(photos)))


if __name__ == "__main__":
    typer.run(main)
