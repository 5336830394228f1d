"""How long after its start the bot takes its first update, and when it answers its first question.

`python -m bot run` and the sandbox, each a process of its own, with the demo checkpoint and an archive of 40 photos. A
question waits already. Moments are those of the sandbox's log of calls, seconds since the bot's process was made: its
first getUpdates; the getUpdates that confirms the question, which is committed by then; the answer.
"""

import asyncio
from dataclasses import astuple, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import time
from typing import Any

from benchmarks.publishing import main
from benchmarks.report import Report, Table
from tests.load.processes import bot
from tests.people import Message, People, jpeg, until
from tests.programs import sandbox

PHOTOS = 40
ROUNDS, QUICK_ROUNDS = 7, 1


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds."""

    first_poll: float
    first_update: float
    first_answer: float


async def _started(url: str, token: str, directory: Path, people: People, ann: int) -> Start:
    await people.ask("DELETE", "/api/calls")
    question = (await people.post(ann, ann, text="/search red"))[-1]
    began = time()
    with bot(url, token, directory) as process:
        await people.answer(ann, question)
        confirmed = await until(lambda: _polls(people, offset=True), "the question to be confirmed")
        polls = await _polls(people)
        answers = await _calls(people, "sendPhoto") + await _calls(people, "sendMediaGroup")
        process.terminate()
        await asyncio.to_thread(process.wait, 60)
    return Start(polls[0] - began, confirmed[0] - began, min(call["date"] for call in answers) - began)


async def _polls(people: People, *, offset: bool = False) -> list[float]:
    """When the bot asked for updates, or for those after what it has."""
    polls = await _calls(people, "getUpdates")
    return [call["date"] for call in polls if not offset or int(call["request"].get("offset") or 0) > 0]


async def _calls(people: People, method: str) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = await people.ask("GET", "/api/calls", params={"method": method, "limit": 2_000})
    return calls


async def _filled(url: str, token: str, directory: Path, people: People) -> int:
    """An archive with something to find; who posted it."""
    ann = await people.person("Ann")
    with bot(url, token, directory) as process:
        posted: list[Message] = []
        for number in range(PHOTOS):
            posted += await people.post(ann, ann, photos=[jpeg((255 - number, 3 * number, 40))])

        async def is_indexed() -> bool:
            said = await people.told(ann, ann, "/stats")
            return "waiting" not in said and f"{PHOTOS} photos" in said

        await until(is_indexed, "the photos to be indexed", patience=300)
        process.terminate()
        await asyncio.to_thread(process.wait, 60)
    return ann


async def _measured(rounds: int) -> list[Start]:
    with TemporaryDirectory(prefix="chatlens-starting-") as directory, sandbox() as (url, token):
        people = People(url)
        try:
            ann = await _filled(url, token, Path(directory), people)
            return [await _started(url, token, Path(directory), people, ann) for _ in range(rounds)]
        finally:
            await people.aclose()


def run(quick: bool) -> Report:
    """Starts, asks, stops, and starts again."""
    starts = asyncio.run(_measured(QUICK_ROUNDS if quick else ROUNDS))
    names = ("first getUpdates", "first update committed", "first answer")
    seconds = list(zip(*map(astuple, starts), strict=True))
    rows = [[name, median(times), min(times), max(times)] for name, times in zip(names, seconds, strict=True)]
    caption = f"Seconds since the process was made, of {len(starts)} starts with the demo checkpoint"
    return Report(
        "starting",
        "From the start to the first update and to the first answer",
        [Table(caption, ["", "median", "least", "most"], rows)],
        notes=["The aim: the first update at most 2 s after the start. Until the model is loaded, questions wait."],
    )


if __name__ == "__main__":
    main(run)
