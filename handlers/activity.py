"""While an answer takes its time, the chat shows that the bot is at work."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from telegram import Bot, Message
from telegram.constants import ChatAction
from telegram.error import TelegramError

from handlers.posts import topic

log = logging.getLogger(__name__)

PATIENCE = 0.7
"""Seconds: most answers are there before, and need no such message."""
REPEAT = 4.0
"""Seconds: Telegram shows an action for five."""


@asynccontextmanager
async def shown(bot: Bot, question: Message) -> AsyncIterator[None]:
    """Shows "sending a photo…" in the question's chat and topic for as long as the body runs."""
    showing = asyncio.create_task(_show(bot, question), name="activity")
    try:
        yield
    finally:
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)


async def _show(bot: Bot, question: Message) -> None:
    await asyncio.sleep(PATIENCE)
    try:
        while True:
            await bot.send_chat_action(question.chat.id, ChatAction.UPLOAD_PHOTO, message_thread_id=topic(question))
            await asyncio.sleep(REPEAT)
    except TelegramError as exc:
        log.debug("The activity could not be shown in chat %s: %s", question.chat.id, exc.message)
