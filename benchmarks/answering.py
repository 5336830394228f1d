"""How long answers take while nothing else happens and while a chat's history is taken in, and what that costs both.

A real bot, a real sandbox and a real `python -m bot import`, each a process of its own, over HTTP, with the demo
checkpoint on one thread; text in pictures is not read. Six people ask in private, in turns, one question a second,
whether the one before is answered or not; an answer's time goes from posting the question to the moment at which
Telegram has taken the answer.
"""

import asyncio
import json
import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import time
from typing import Any

import numpy as np

from benchmarks.publishing import main
from benchmarks.report import Cell, Report, Table
from tests.importing.history import write_history
from tests.importing.measure import command, surroundings
from tests.load.processes import Running, running
from tests.people import People, jpeg, until
from tests.programs import ROOT

ASKERS = 6
"""Telegram takes a message a second in a private chat, and an answer is two."""
ARCHIVE = 60
"""Photos of each."""
PERIOD = 1.0
PHOTOS, QUICK_PHOTOS = 5_000, 400
"""In one backfill; each kind has two, which makes 10,000."""
IDLE, QUICK_IDLE = 100, 20
"""Questions asked while nothing else happens."""
ROUNDS = ("alone", "asked", "asked", "alone")
"""Of backfills: what the machine's other work does to one kind it does to the other."""
EDGE = 0.1
"""The share of a backfill that is left out at its beginning and at its end, where it is read or runs dry."""
ANSWERS = ("sendMediaGroup", "sendPhoto", "sendMessage")


@dataclass(slots=True)
class Backfill:
    """One history, from its first photo to its last."""

    counted: list[tuple[float, int]] = field(default_factory=list)
    """Moments, and how many of its photos were indexed by then."""
    waits: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Photos a second in the middle of it."""
        total = self.counted[-1][1]
        middle = [(at, count) for at, count in self.counted if EDGE * total <= count <= (1 - EDGE) * total]
        (began, first), (ended, last) = middle[0], middle[-1]
        return (last - first) / (ended - began)


class Asking:
    """Questions at their times, and how long each waited."""

    def __init__(self, people: People, askers: Sequence[int]) -> None:
        self._people = people
        self._askers = askers
        self._number = 0
        self._last_call = 0

    async def ask(self, most: int = 10**9, until_done: "asyncio.Task[Any] | None" = None) -> list[float]:
        """Seconds each question waited, for as long as the task is not done."""
        posted: dict[tuple[int, int], float] = {}
        answered: dict[tuple[int, int], float] = {}
        loop = asyncio.get_running_loop()
        start = loop.time()
        for number in range(most):
            if until_done is not None and until_done.done():
                break
            await asyncio.sleep(max(0.0, start + number * PERIOD - loop.time()))
            self._number += 1
            asker = self._askers[self._number % len(self._askers)]
            began = time()
            [question] = await self._people.post(asker, asker, text=f"/search colour {self._number % 17}")
            posted[asker, question["message_id"]] = began
            if number % 5 == 4:
                answered |= await self._answers()

        async def all_answered() -> bool:
            answered.update(await self._answers())
            return posted.keys() <= answered.keys()

        await until(all_answered, "every answer", patience=60)
        return [answered[question] - began for question, began in posted.items()]

    async def _answers(self) -> dict[tuple[int, int], float]:
        """Questions, by chat and message, and when they were answered: by the sandbox's log of calls."""
        found: dict[tuple[int, int], float] = {}
        calls = await self._people.ask("GET", "/api/calls", params={"after": self._last_call, "limit": 2_000})
        for call in calls:
            self._last_call = max(self._last_call, call["id"])
            replied = call["request"].get("reply_parameters")
            if call["method"] in ANSWERS and replied and call["status"] == 200:
                question = int(json.loads(replied)["message_id"])
                found.setdefault((int(call["request"]["chat_id"]), question), call["date"] + call["ms"] / 1_000)
        return found


async def measured(
    scratch: Path, photos: int, idle: int, rounds: Sequence[str]
) -> tuple[list[float], dict[str, list[Backfill]]]:
    """Waits while nothing else happens, and the backfills of either kind."""
    async with running(scratch / "bot", CHATLENS_OCR="off") as bot:
        people = People(bot.url)
        askers = [await _asker(people, number) for number in range(ASKERS)]
        ann = await people.person("Ann")
        await _settled(bot, ASKERS * ARCHIVE)
        asking = Asking(people, askers)
        await asking.ask(10)
        waits = await asking.ask(idle)
        backfills: dict[str, list[Backfill]] = {"alone": [], "asked": []}
        for kind in rounds:
            backfills[kind].append(
                await _backfill(scratch, bot, people, ann, photos, asking if kind == "asked" else None)
            )
        await people.aclose()
    return waits, backfills


async def _asker(people: People, number: int) -> int:
    person = await people.person(f"Asker {number}")
    for first in range(0, ARCHIVE, 10):
        colours = [(4 * (first + n) % 256, 40 * number, 7 * (first + n) % 256) for n in range(10)]
        await people.post(person, person, photos=[jpeg(colour) for colour in colours])
    return person


async def _backfill(
    scratch: Path, bot: Running, people: People, ann: int, photos: int, asking: Asking | None
) -> Backfill:
    chat = await people.chat("supergroup", "Weekend crew", [ann], admins=[ann])
    await people.post(chat, ann, text="hello")
    export = await asyncio.to_thread(write_history, scratch / "export", -chat - 1_000_000_000_000, photos)
    before, backfill = _indexed(bot), Backfill()
    process = await asyncio.create_subprocess_exec(
        *command(export), cwd=ROOT, env=surroundings(scratch / "bot"), stderr=subprocess.DEVNULL
    )
    counting = asyncio.create_task(_counted(bot, before, photos, backfill))
    if asking is not None:
        await until(lambda: _begun(backfill), "the first photo")
        backfill.waits = await asking.ask(until_done=counting)
    await counting
    await process.wait()
    shutil.rmtree(export)
    return backfill


async def _begun(backfill: Backfill) -> bool:
    return bool(backfill.counted) and backfill.counted[-1][1] > 0


async def _counted(bot: Running, before: int, photos: int, backfill: Backfill) -> None:
    while not backfill.counted or backfill.counted[-1][1] < photos:
        backfill.counted.append((time(), _indexed(bot) - before))
        await asyncio.sleep(0.5)


async def _settled(bot: Running, photos: int) -> None:
    async def reached() -> bool:
        return _indexed(bot) == photos

    await until(reached, "the first photos", patience=300)


def _indexed(bot: Running) -> int:
    with closing(sqlite3.connect(f"file:{bot.data_dir / 'chatlens.db'}?mode=ro", uri=True)) as connection:
        return int(connection.execute("SELECT count(*) FROM photos WHERE state = 'indexed'").fetchone()[0])


def run(quick: bool) -> Report:
    """Two backfills with questions between two without."""
    photos, idle, rounds = (QUICK_PHOTOS, QUICK_IDLE, ROUNDS[:2]) if quick else (PHOTOS, IDLE, ROUNDS)
    with TemporaryDirectory(prefix="chatlens-answering-") as scratch:
        waits, backfills = asyncio.run(measured(Path(scratch), photos, idle, rounds))
    during = [wait for backfill in backfills["asked"] for wait in backfill.waits]
    alone, asked = (float(np.mean([one.rate for one in backfills[kind]])) for kind in ("alone", "asked"))
    rows: list[list[Cell]] = [
        ["nothing else happens", len(waits), *_milliseconds(waits), "–", "–"],
        ["a backfill", len(during), *_milliseconds(during), asked, asked / alone],
        ["a backfill, nobody asks", 0, "–", "–", "–", alone, 1.0],
    ]
    return Report(
        "answering",
        "Answers while a history is taken in",
        [
            Table(
                f"One /search a second on two cores; {len(rounds)} histories of {photos:,} photos of 1280×960",
                ["meanwhile", "questions", "p50, ms", "p95, ms", "longest, ms", "photos/s", "of its own rate"],
                rows,
            )
        ],
        notes=[
            "The aims: p95 at most 150 ms idle, at most twice that in a backfill, which keeps 80 % of its own rate.",
            f"p95 during a backfill is {_p95(during) / _p95(waits):.2f} times that of an idle bot.",
            f"Photos a second of each backfill: {_rates(backfills)}.",
        ],
    )


def _milliseconds(waits: Sequence[float]) -> list[float]:
    return [1e3 * float(np.median(waits)), 1e3 * _p95(waits), 1e3 * max(waits)]


def _rates(backfills: dict[str, list[Backfill]]) -> str:
    return "; ".join(f"{kind} {', '.join(f'{one.rate:.0f}' for one in of_it)}" for kind, of_it in backfills.items())


def _p95(waits: Sequence[float]) -> float:
    return float(np.quantile(waits, 0.95))


if __name__ == "__main__":
    main(run)
