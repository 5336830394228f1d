"""How fast an import is, what memory it takes, and what it costs those who ask meanwhile."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from storage.chat_records import ChatInfo
from storage.chats import Chats
from storage.database import Database
from tests.importing.history import write_history
from tests.load.processes import Running, running
from tests.people import People, jpeg, until
from tests.processes import children, memory_kb
from tests.programs import ON_ONE_THREAD, ROOT, environment

CHAT = -1_001_234_567_890
LIVE_PHOTOS = 200
"""Of the chat that is asked, before the import begins."""
QUESTIONS = 60
PAUSE = 0.5
"""Seconds between an answer and the next question, which is asked in private: in a group Telegram takes 20 messages a
minute, and answers would wait for that."""


@dataclass(slots=True)
class Run:
    """One command."""

    seconds: float = 0.0
    most_kb: int = 0
    """Resident at the same time, of the process and of its decoders."""
    said: str = ""


@dataclass(slots=True)
class Answers:
    """Seconds that each question waited."""

    waits: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        return f"p50 {1e3 * self.at(0.5):.0f} ms, p95 {1e3 * self.at(0.95):.0f} ms ({len(self.waits)} questions)"

    def at(self, share: float) -> float:
        waits = sorted(self.waits)
        return waits[min(len(waits) - 1, int(len(waits) * share))]


def surroundings(data_dir: Path) -> dict[str, str]:
    """Of a command that works alone, with the demo model on one thread."""
    return environment(CHATLENS_DATA_DIR=str(data_dir), CHATLENS_LOG_LEVEL="WARNING", **ON_ONE_THREAD)


def command(export: Path, *more: str) -> list[str]:
    """The import of an export."""
    return [sys.executable, "-m", "bot", "import", str(export), *more]


async def known_chat(data_dir: Path, chat_id: int = CHAT) -> None:
    """A data directory in which the bot is in a chat."""

    database = await Database.open(f"sqlite+aiosqlite:///{data_dir / 'chatlens.db'}")
    await Chats(database).joined(ChatInfo(chat_id, "supergroup", "Weekend crew"), datetime.now(UTC))
    await database.close()


async def alone(scratch: Path, photos: int, size: tuple[int, int], tell: Callable[[str], None]) -> None:
    """Imports without a bot, then once more what is known."""
    tell(f"writing an export of {photos:,} photos of {size[0]}×{size[1]} …")
    export = write_history(scratch / "export", -CHAT - 1_000_000_000_000, photos, size)
    volume = sum(file.stat().st_size for file in export.rglob("*") if file.is_file())
    await known_chat(scratch / "data")
    first = await _run(command(export), surroundings(scratch / "data"))
    tell(
        f"{photos:,} photos, {volume / 1e6:,.0f} MB: {first.seconds:.0f} s = {photos / first.seconds:.0f} photos/s, "
        f"resident at most {first.most_kb / 1024:.0f} MB\n{first.said}"
    )
    again = await _run(command(export), surroundings(scratch / "data"))
    tell(f"again: {again.seconds:.0f} s, resident at most {again.most_kb / 1024:.0f} MB\n{again.said}")


async def beside(scratch: Path, photos: int, tell: Callable[[str], None]) -> None:
    """Imports beside a running bot that is asked all the while."""
    async with running(scratch / "bot") as bot:
        people = People(bot.url)
        ann = await people.person("Ann")
        chat = await people.chat("supergroup", "Weekend crew", [ann], admins=[ann])
        for number in range(0, LIVE_PHOTOS, 10):
            colours = [((number + n) % 256, 7 * (number + n) % 256, 90) for n in range(10)]
            await people.post(ann, ann, photos=[jpeg(colour) for colour in colours])
        await people.post(chat, ann, text="hello")
        await until(lambda: _is_indexed(people, ann), "the live photos", patience=300)
        export = write_history(scratch / "export", -chat - 1_000_000_000_000, photos)
        before = await _asked(people, ann)
        started = perf_counter()
        importing = await asyncio.create_subprocess_exec(
            *command(export), cwd=ROOT, env=surroundings(scratch / "bot"), stderr=subprocess.PIPE
        )
        await asyncio.sleep(5)  # until it has begun: its own start takes processor time, too
        during = Answers()
        while importing.returncode is None and len(during.waits) < 5 * QUESTIONS:
            during.waits += (await _asked(people, ann, 20)).waits
        asked_for = perf_counter() - started
        _, said = await importing.communicate()
        seconds = perf_counter() - started
        await people.aclose()
        tell(f"answers before: {before}\nanswers during: {during} in {asked_for:.0f} s")
        tell(f"p50 {during.at(0.5) / before.at(0.5):.2f} times as long, p95 {during.at(0.95) / before.at(0.95):.2f}")
        tell(f"{photos:,} photos beside the bot: {seconds:.0f} s\n{said.decode()[-600:]}")
        tell(f"the bot: resident {_resident(bot) / 1024:.0f} MB")


def _resident(bot: Running) -> int:
    return bot.bot_kb()


async def _is_indexed(people: People, ann: int) -> bool:
    said = await people.told(ann, ann, "/stats")
    return "waiting" not in said and f"{LIVE_PHOTOS} photos" in said


async def _asked(people: People, ann: int, many: int = QUESTIONS) -> Answers:
    answers = Answers()
    for number in range(many):
        started = perf_counter()
        await people.asked(ann, ann, f"/search colour {number % 17}")
        answers.waits.append(perf_counter() - started)
        await asyncio.sleep(PAUSE)
    return answers


async def _run(arguments: list[str], env: dict[str, str]) -> Run:
    run, started = Run(), perf_counter()
    process = await asyncio.create_subprocess_exec(*arguments, cwd=ROOT, env=env, stderr=subprocess.PIPE)
    telling = asyncio.create_task(process.communicate())
    while not telling.done():
        decoders = sum(memory_kb(pid) for pid in children("search.decoder", process.pid))
        run.most_kb = max(run.most_kb, memory_kb(process.pid) + decoders)
        await asyncio.wait({telling}, timeout=0.2)
    run.seconds = perf_counter() - started
    _, said = await telling
    run.said = said.decode()[-600:].strip()
    if process.returncode != 0:
        raise AssertionError(run.said)
    return run
