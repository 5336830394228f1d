"""What turning a page of five photos costs: a new album in place of the old one, against editing photo by photo.

    python -m benchmarks.turning_pages

Against the sandbox with its flood limits on (one message a second in a chat, an album being one; twenty a minute in a
group), through python-telegram-bot's limiter. False where Telegram counts edits otherwise than messages: it does not
say.
"""

import asyncio
import io
import time
from collections.abc import Awaitable, Callable, Sequence

import httpx
from PIL import Image
from telegram import InputMediaPhoto, Message
from telegram.ext import AIORateLimiter, ExtBot

from sandbox.server import Sandbox, serve_in_thread

TURNS = 3
PHOTOS = 5

Turn = Callable[[ExtBot[int], int, Sequence[str], list[Message]], Awaitable[list[Message]]]


async def replaced(bot: ExtBot[int], chat: int, photos: Sequence[str], shown: list[Message]) -> list[Message]:
    """A new album, its buttons below it, and the old ones deleted."""
    album = await bot.send_media_group(chat, [InputMediaPhoto(photo) for photo in photos])
    control = await bot.send_message(chat, "6–10 of 37")
    if shown:
        await bot.delete_messages(chat, [message.message_id for message in shown])
    return [*album, control]


async def edited(bot: ExtBot[int], chat: int, photos: Sequence[str], shown: list[Message]) -> list[Message]:
    """Each photo in its place, and the message with the buttons."""
    pairs = zip(shown[:-1], photos, strict=True)
    edits = [bot.edit_message_media(InputMediaPhoto(photo), chat, message.message_id) for message, photo in pairs]
    control = bot.edit_message_text(f"{time.monotonic()}", chat, shown[-1].message_id)
    await asyncio.gather(*edits, control)
    return shown


async def measure(sandbox: Sandbox, kind: str, turn: Turn) -> None:
    """Prints one line of the table."""
    async with httpx.AsyncClient(base_url=sandbox.url) as people:
        ann = (await people.post("/api/users", json={"first_name": "Ann"})).json()["id"]
        body = {"type": kind, "title": "Crew", "members": [ann], "bot": "member"}
        chat = ann if kind == "private" else (await people.post("/api/chats", json=body)).json()["id"]
        await people.post(f"/api/chats/{chat}/messages", data={"user_id": str(ann), "text": "/start"})
        async with limited(sandbox) as bot:
            pages = [await uploaded(bot, chat, page) for page in range(2)]
            shown = await replaced(bot, chat, pages[0], [])
        async with limited(sandbox) as bot:
            await people.patch("/api/settings", json={"flood_limits": True})
            before, began = len(sandbox.world.calls), time.monotonic()
            for number in range(TURNS):
                shown = await turn(bot, chat, pages[(number + 1) % 2], shown)
            seconds = (time.monotonic() - began) / TURNS
            await people.patch("/api/settings", json={"flood_limits": False})
        calls = list(sandbox.world.calls)[before:]
        refused = sum(call.status == 429 for call in calls)
        carried = (len(calls) - refused) / TURNS
        print(f"| {turn.__name__}, {kind} | {carried:.0f} | {refused / TURNS:.1f} | {seconds:.1f} |")


def limited(sandbox: Sandbox) -> ExtBot[int]:
    """A bot that has sent nothing yet, as far as its limiter knows."""
    limiter = AIORateLimiter(max_retries=20)
    return ExtBot(sandbox.token, sandbox.bot_url, sandbox.file_url, rate_limiter=limiter)


async def uploaded(bot: ExtBot[int], chat: int, page: int) -> list[str]:
    """The ids of photos of a page."""
    ids = []
    for number in range(PHOTOS):
        buffer = io.BytesIO()
        Image.new("RGB", (320, 240), (page * 200, number * 40, 90)).save(buffer, "JPEG")
        ids.append((await bot.send_photo(chat, buffer.getvalue())).photo[-1].file_id)
    return ids


def main() -> None:
    """The table."""
    print(f"| {TURNS} turns in a row | requests a turn | refused (429) a turn | seconds a turn |")
    print("|---|---|---|---|")
    for kind in ("private", "supergroup"):
        for turn in (replaced, edited):
            with serve_in_thread() as sandbox:
                asyncio.run(measure(sandbox, kind, turn))


if __name__ == "__main__":
    main()
