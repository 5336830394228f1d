"""The bot of its own: python-telegram-bot's application with Chatlens installed, polled until a signal ends it."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from telegram import Update
from telegram.error import Conflict, InvalidToken, TelegramError
from telegram.ext import AIORateLimiter, Application, CallbackContext

from bot.errors import InvalidSettings
from bot.installation import install
from bot.lifecycle import AnyApplication, Unable
from bot.revocation import PollingRequest
from bot.settings import Settings
from bot.stopping import Stopping
from bot.updates import UpdatesRequest

log = logging.getLogger(__name__)

ALLOWED_UPDATES = [
    Update.MESSAGE,
    Update.EDITED_MESSAGE,
    Update.CHANNEL_POST,
    Update.EDITED_CHANNEL_POST,
    Update.MY_CHAT_MEMBER,
    Update.CALLBACK_QUERY,
]
FLOOD_RETRIES = 5
"""python-telegram-bot's limiter does not retry a 429 unless told to."""


def build(
    settings: Settings, revoked: Callable[[], None] | None = None, unable: Unable | None = None
) -> AnyApplication:
    """The application, ready to run; `revoked` is called when its token has become worthless, `unable` when the model
    cannot be had.

    Raises:
        InvalidSettings: there is no token.
    """
    if settings.token is None:
        raise InvalidSettings("CHATLENS_TOKEN is not set. Get a token from @BotFather, or run the demo.")
    builder = (
        Application.builder()
        .token(settings.token.get_secret_value())
        .base_url(f"{settings.api_url}/bot")
        .base_file_url(f"{settings.api_url}/file/bot")
        .local_mode(settings.api_local)
        .rate_limiter(AIORateLimiter(max_retries=FLOOD_RETRIES))
        .connection_pool_size(32)
        .read_timeout(20)
        .media_write_timeout(60)
        .get_updates_request(UpdatesRequest() if revoked is None else PollingRequest(revoked))
    )
    application = install(builder, settings, unable).build()
    application.add_error_handler(_log_trouble)
    return application


def run(settings: Settings) -> None:
    """Runs until SIGINT or SIGTERM; a network that is away at start is waited for.

    Raises:
        InvalidSettings, BotError, ModelError, StorageError
    """
    trouble: list[Exception] = []

    def revoked() -> None:
        stop_for(_token_refused(settings))

    def stop_for(exc: Exception) -> None:
        if not trouble:
            # As a signal would: `stop_running` ends neither a start in the middle nor one that waits for Telegram.
            loop.call_soon(_leave)
        trouble.append(exc)

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    Stopping().listen(loop)
    application = build(settings, revoked, stop_for)
    try:
        application.run_polling(allowed_updates=ALLOWED_UPDATES, bootstrap_retries=-1, stop_signals=None)
    except InvalidToken as exc:
        raise _token_refused(settings) from exc
    if trouble:
        raise trouble[0]


def _leave() -> None:
    raise SystemExit


def _token_refused(settings: Settings) -> InvalidSettings:
    return InvalidSettings(
        f"{settings.api_url} does not accept the token in CHATLENS_TOKEN. Copy it again from @BotFather (/mybots)."
    )


async def _log_trouble(update: object, context: CallbackContext[Any, Any, Any, Any]) -> None:
    """Polling goes on by itself after any of these; without a handler the library logs a page for each."""
    trouble = context.error
    if isinstance(trouble, Conflict):
        log.error("Another program is polling with the same token. Stop it: Telegram serves one at a time.")
    elif isinstance(trouble, TelegramError):
        log.warning("Telegram could not be reached, trying again: %s", trouble.message)
    else:
        log.error("An update could not be handled", exc_info=trouble)
