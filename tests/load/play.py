"""Who writes, who asks, and what is measured meanwhile."""

import asyncio
import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from time import perf_counter

from tests.load.processes import Running
from tests.people import People, jpeg, until
from tests.processes import processor_ticks

WRITERS = 4
LEAD = 100
"""Updates that Telegram may hold for the bot, one poll: it never waits for more, and a question stands behind them."""
PICTURES = 300
"""Different ones; each is posted again and again."""
ASKERS = 6
"""Each in a private chat, where Telegram takes a message a second."""
PAUSE = 1.0
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Report:
    """What a play showed."""

    updates: int = 0
    seconds: float = 0.0
    processor_seconds: float = 0.0
    """Of the bot, without its decoders."""
    memory_mb: list[float] = field(default_factory=list)
    """From the first update to the last, once a second, and at last when everything is indexed."""
    answered: list[float] = field(default_factory=list)
    """Seconds each search waited for its answer, from the moment it was posted."""
    unanswered: int = 0
    most_pending: int = 0
    """Photos that waited in SQL to be indexed, at most."""
    photos: int = 0

    def __str__(self) -> str:
        start, middle, end = (self.memory_mb[place] for place in (0, len(self.memory_mb) // 2, -1))
        waits = sorted(self.answered)
        p50, p95 = (waits[min(len(waits) - 1, int(len(waits) * share))] for share in (0.5, 0.95))
        return (
            f"{self.updates} updates ({self.photos} photos) in {self.seconds:.0f} s = "
            f"{self.updates / self.seconds:.0f}/s, {1e3 * self.processor_seconds / self.updates:.1f} ms of the bot's "
            "processor time each\n"
            f"memory of the bot: {start:.0f} MB at the start, {middle:.0f} in the middle, {end:.0f} at the end, "
            f"{max(self.memory_mb):.0f} at most\n"
            f"photos waiting to be indexed, at most: {self.most_pending}\n"
            f"{len(waits)} searches answered: p50 {p50:.2f} s, p95 {p95:.2f} s, slowest {waits[-1]:.2f} s; "
            f"{self.unanswered} unanswered"
        )


async def play(running: Running, updates: int, photo_every: int = 5) -> Report:
    """Plays so many updates, every fifth a photo, most of them in one noisy chat, and asks in private meanwhile."""
    people, report = People(running.url), Report()
    try:
        chats = await _chats(people)
        askers = [await _asker(people, number) for number in range(ASKERS)]
        await _indexed(running)
        started, used = perf_counter(), processor_ticks(running.bot_pid)
        playing = asyncio.create_task(_write_all(people, chats, updates, photo_every, report))
        asking = [asyncio.create_task(_ask(people, asker, playing, report)) for asker in askers]
        watching = asyncio.create_task(_watch(running, playing, report))
        await playing
        await _taken(people, 0)
        report.seconds = perf_counter() - started
        report.processor_seconds = (processor_ticks(running.bot_pid) - used) / TICKS
        await asyncio.gather(*asking, watching)
        await _indexed(running)
        report.memory_mb.append(running.bot_kb() / 1024)
    finally:
        await people.aclose()
    return report


async def _chats(people: People) -> list[tuple[int, int]]:
    """(chat, person): one noisy chat, which gets most, and three quiet ones."""
    found = []
    for name in ("Noisy", "Quiet", "Still", "Silent"):
        person = await people.person(name)
        found.append((await people.chat("supergroup", name, [person]), person))
    return [found[0]] * 7 + found[1:]


async def _asker(people: People, number: int) -> int:
    person = await people.person(f"Asker {number}")
    await people.post(person, person, text="/start")
    await people.post(person, person, photos=[jpeg("red"), jpeg("blue")])
    return person


async def _write_all(
    people: People, chats: list[tuple[int, int]], updates: int, photo_every: int, report: Report
) -> None:
    pictures = [jpeg((number % 256, (7 * number) % 256, 90), (160, 120)) for number in range(PICTURES)]
    numbers = iter(range(updates))

    async def write() -> None:
        for number in numbers:
            chat, person = chats[number % len(chats)]
            if number % photo_every == 0:
                report.photos += 1
                await people.post(chat, person, photos=[pictures[number // photo_every % PICTURES]])
            else:
                await people.post(chat, person, text=f"message number {number}")
            report.updates += 1
            if number % 100 == 0:
                await _taken(people, LEAD)

    await asyncio.gather(*(write() for _ in range(WRITERS)))


async def _taken(people: People, most: int) -> None:
    """Until the bot has left no more than so many updates with Telegram."""

    async def few() -> bool:
        pending: int = (await people.ask("GET", "/api/bot"))["pending_update_count"]
        return pending <= most

    await until(few, "the bot to take its updates", patience=300)


async def _ask(people: People, asker: int, playing: "asyncio.Task[None]", report: Report) -> None:
    number = 0
    while not playing.done():
        number += 1
        started = perf_counter()
        try:
            await people.told(asker, asker, f"/search red {number}")
        except AssertionError:
            report.unanswered += 1
        else:
            report.answered.append(perf_counter() - started)
        await asyncio.sleep(PAUSE)


async def _watch(running: Running, playing: "asyncio.Task[None]", report: Report) -> None:
    while not playing.done():
        report.memory_mb.append(running.bot_kb() / 1024)
        report.most_pending = max(report.most_pending, _pending(running))
        await asyncio.sleep(1)


async def _indexed(running: Running) -> None:
    async def nothing_waits() -> bool:
        return _pending(running) == 0

    await until(nothing_waits, "every photo to be indexed", patience=600)


def _pending(running: Running) -> int:
    with closing(sqlite3.connect(f"file:{running.data_dir / 'chatlens.db'}?mode=ro", uri=True)) as connection:
        return int(connection.execute("SELECT count(*) FROM photos WHERE state = 'pending'").fetchone()[0])
