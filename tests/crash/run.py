"""Photos stream in while the bot is killed and started again; afterwards they are counted."""

import asyncio
import io
import random
import time
from contextlib import aclosing, suppress
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from tests.crash.outcome import Outcome, look_into_chroma, look_into_sql
from tests.crash.processes import Bot
from tests.people import People, until
from tests.programs import ROOT, sandbox

PICTURES = sorted((ROOT / "sandbox" / "archive" / "pictures").iterdir())
SYNC = 40
"""Vectors after which Chroma persists, in these runs: some persisting is under way at many a kill."""
CHATS = 3
LONGEST_LIFE = 3.0
"""Seconds a bot lives at most after its first answer."""
LONGEST_START = 6.0
"""Seconds into its start within which a bot is killed that is not to answer; a start takes about as long."""
PATIENCE = 300.0
BETWEEN_QUESTIONS = 0.3
BACKLOG = 40
"""Updates that may wait for the bot: on a busy machine people would post faster than it can start again."""


class CrashRun:
    """One run, repeatable but for the machine's own timing."""

    def __init__(self, seed: int, kills: int, folder: Path) -> None:
        self._random = random.Random(seed)
        self._kills = kills
        self._data_dir = folder / "data"
        self._log = folder / "bot.log"
        self.outcome = Outcome()

    async def run(self) -> Outcome:
        """Kill, start, kill …, and look."""
        with sandbox() as (url, token):
            bot = Bot(
                url,
                token,
                self._data_dir,
                self._log,
                exact_limit="0",
                chroma_sync=str(SYNC),
                searches_per_minute="1000",
            )
            async with aclosing(People(url)) as people:
                ann = await people.person("Ann")
                chats = [await people.chat("supergroup", f"Crew {n}", [ann]) for n in range(CHATS)]
                posting = asyncio.create_task(self._post(people, chats, ann))
                try:
                    for number in range(self._kills):
                        await self._life(bot, people, chats[0], ann, number)
                    posting.cancel()
                    with suppress(asyncio.CancelledError):
                        await posting
                    await self._last_life(bot, people, chats[0], ann)
                finally:
                    if not bot.has_ended:
                        await bot.kill()
        self.outcome.rebuilds = bot.told("made anew")
        look_into_sql(self._data_dir, self.outcome)
        await look_into_chroma(self._data_dir, self.outcome)
        return self.outcome

    async def _post(self, people: People, chats: list[int], ann: int) -> None:
        while True:
            count = self._random.choice([1, 1, 1, 4])
            photos = [self._picture() for _ in range(count)]
            chat = self._random.choice(chats)
            # To its end, even where the run ends meanwhile: what the sandbox has accepted is counted.
            sending = asyncio.create_task(people.post(chat, ann, photos=photos))
            try:
                await asyncio.shield(sending)
            finally:
                self.outcome.posted |= {(chat, message["message_id"]) for message in await sending}
            await asyncio.sleep(self._random.uniform(0, 0.4))
            await until(partial(_has_room, people), "the bot to take up what was posted", PATIENCE)

    def _picture(self) -> bytes:
        """A piece of a picture of the sample archive, never twice the same."""
        with Image.open(self._random.choice(PICTURES)) as picture:
            side = self._random.randint(120, min(picture.size))
            left, top = (self._random.randint(0, length - side) for length in picture.size)
            piece = picture.convert("RGB").crop((left, top, left + side, top + side)).resize((160, 160))
        buffer = io.BytesIO()
        piece.save(buffer, "JPEG", quality=85)
        return buffer.getvalue()

    async def _life(self, bot: Bot, people: People, chat: int, ann: int, number: int) -> None:
        """A third are killed while they start, a third while they work, a third as Chroma persists; every second one
        with all its processes, Chroma's among them."""
        await bot.start()
        if number % 3 == 0:
            await asyncio.sleep(self._random.uniform(0, LONGEST_START))
        else:
            await self._first_answer(bot, people, chat, ann)
            life = self._random.uniform(0, LONGEST_LIFE)
            await (self._persisting(life) if number % 3 == 1 else asyncio.sleep(life))
        assert not bot.has_ended, f"the bot ended by itself: {self._log.read_text(encoding='utf-8')[-2000:]}"
        await (bot.kill_all() if number % 2 else bot.kill())
        self.outcome.kills += 1

    async def _first_answer(self, bot: Bot, people: People, chat: int, ann: int) -> None:
        """One that shows photos: before the model is loaded and a photo indexed the bot says that it is at it, and a
        kill then would hit nothing."""
        began = time.monotonic()
        while not await self._shows_photos(bot, people, chat, ann):
            assert time.monotonic() - began < PATIENCE, "no photos were shown after a restart"
            await asyncio.sleep(BETWEEN_QUESTIONS)
        self.outcome.first_answers.append(time.monotonic() - began)

    async def _shows_photos(self, bot: Bot, people: People, chat: int, ann: int) -> bool:
        [question] = await people.post(chat, ann, text="/search pizza")

        async def replies() -> list[dict[str, Any]]:
            assert not bot.has_ended, f"the bot ended by itself: {self._log.read_text(encoding='utf-8')[-2000:]}"
            said = await people.from_bot(chat, question["message_id"])
            asked = question["message_id"]
            return [message for message in said if message.get("reply_to_message", {}).get("message_id") == asked]

        said = await until(replies, "the first answer after a restart", PATIENCE)
        return any("photo" in message for message in said)

    async def _persisting(self, wait: float) -> None:
        """Until Chroma begins to write its index, and some milliseconds into that."""
        before, deadline = self._written(), time.monotonic() + wait + LONGEST_LIFE
        while self._written() == before and time.monotonic() < deadline:  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(0.001)
        await asyncio.sleep(self._random.choice([0, 0, 0.002, 0.01]))

    def _written(self) -> list[tuple[str, int]]:
        found = []
        for file in self._data_dir.glob("chroma/*/*"):
            with suppress(FileNotFoundError):
                found.append((file.name, file.stat().st_mtime_ns))
        return sorted(found)

    async def _last_life(self, bot: Bot, people: People, chat: int, ann: int) -> None:
        compared = bot.told("photos are as the database has them")
        await bot.start()
        await self._first_answer(bot, people, chat, ann)

        async def is_done() -> bool:
            look_into_sql(self._data_dir, self.outcome)
            return not self.outcome.lost and bot.told("photos are as the database has them") > compared

        with suppress(AssertionError):  # what is missing then is the run's result
            await until(is_done, "every photo to be indexed", PATIENCE)
        began = time.monotonic()
        await bot.stop()
        self.outcome.stopped_in = time.monotonic() - began


async def _has_room(people: People) -> bool:
    return int((await people.ask("GET", "/api/bot"))["pending_update_count"]) < BACKLOG
