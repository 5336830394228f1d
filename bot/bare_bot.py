"""Telegram for commands that ask it a thing or two, without an application and without updates."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from telegram import Bot
from telegram.request import HTTPXRequest

from bot.settings import Settings


@asynccontextmanager
async def bare_bot(settings: Settings) -> AsyncIterator[Bot | None]:
    """None where there is no token. Nothing is asked before it is used."""
    if settings.token is None:
        yield None
        return
    request = HTTPXRequest()
    try:
        yield Bot(
            settings.token.get_secret_value(),
            request=request,
            base_url=f"{settings.api_url}/bot",
            base_file_url=f"{settings.api_url}/file/bot",
            local_mode=settings.api_local,
        )
    finally:
        await request.shutdown()
