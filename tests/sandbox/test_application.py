"""A whole bot of python-telegram-bot, polling: what most people will run against the sandbox."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, InputMediaPhoto, Update
from telegram.ext import (
    AIORateLimiter,
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from sandbox.server import Sandbox
from tests.sandbox.people import People, Person, png

Context = ContextTypes.DEFAULT_TYPE


async def greet(update: Update, context: Context) -> None:
    """Answers a command with a button."""
    assert update.message is not None
    button = InlineKeyboardButton("Again", callback_data="again")
    await update.message.reply_text(
        f"Hello {' '.join(context.args or [])}", reply_markup=InlineKeyboardMarkup([[button]])
    )


async def double(update: Update, context: Context) -> None:
    """Answers a photo with an album of it twice, downloading it on the way."""
    assert update.message is not None
    photo = update.message.photo[-1]
    content = await (await photo.get_file()).download_as_bytearray()
    assert len(content) == photo.file_size
    await update.message.reply_media_group([InputMediaPhoto(photo.file_id), InputMediaPhoto(bytes(content))])


async def again(update: Update, context: Context) -> None:
    """Answers a button and edits its message."""
    assert update.callback_query is not None
    await update.callback_query.answer("once more")
    await update.callback_query.edit_message_text("Hello again")


@pytest.fixture
async def application(sandbox: Sandbox) -> AsyncIterator[Application[Any, Any, Any, Any, Any, Any]]:
    """A running bot."""
    builder = Application.builder().token(sandbox.token).rate_limiter(AIORateLimiter())
    running = builder.base_url(sandbox.bot_url).base_file_url(sandbox.file_url).build()
    running.add_handlers([CommandHandler("hello", greet), MessageHandler(filters.PHOTO, double)])
    running.add_handler(CallbackQueryHandler(again))
    async with running:
        assert running.updater is not None
        await running.updater.start_polling(timeout=5)
        await running.start()
        yield running
        await running.updater.stop()
        await running.stop()


async def shown(people: People, ann: Person, count: int) -> list[Any]:
    """The private chat once it has so many messages."""
    async with asyncio.timeout(30):
        await people.until(ann.id, count)
    return await people.messages(ann.id)


async def test_bot_that_works_on_telegram_fails_here(application: object, people: People) -> None:
    """Commands, photos, albums, buttons and edits of an ordinary bot work end to end."""
    ann = await people.person()
    await ann.say("/hello world")
    greeting = (await shown(people, ann, 2))[1]
    assert greeting["text"] == "Hello world"
    assert await ann.press(greeting, "again") == {"text": "once more", "show_alert": False}
    async with asyncio.timeout(30):
        while (await people.messages(ann.id))[1]["text"] != "Hello again":  # noqa: ASYNC110 - another thread's doing
            await asyncio.sleep(0.01)
    (photo,) = await ann.show(png(300, 200))
    album = (await shown(people, ann, 5))[3:]
    assert len({m["media_group_id"] for m in album}) == 1
    assert {m["photo"][-1]["file_unique_id"] for m in album} >= {photo["photo"][-1]["file_unique_id"]}
