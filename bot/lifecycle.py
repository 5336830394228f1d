"""Chatlens as a part of a python-telegram-bot application: it opens, runs and closes with it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import AsyncExitStack, suppress
from itertools import chain
from typing import Any

from telegram import BotCommand
from telegram.error import TelegramError
from telegram.ext import Application, BaseHandler, CommandHandler, ConversationHandler

from bot.errors import EXPECTED
from bot.inbox import Inbox
from bot.services import Services, open_services
from bot.settings import Settings
from handlers.help import COMMANDS
from handlers.routes import Manners, routes
from storage.errors import DatabaseUnavailable

log = logging.getLogger(__name__)

GROUP = 47
"""A handler group of its own: python-telegram-bot lets one handler in each group have an update, so the host's
handlers (usually in group 0) see what they always saw."""

ANSWERING = 3.0
"""Seconds for answers on their way when the bot is stopped: it has ten in all."""

UNANSWERED = 5.0
"""Seconds after which the model is looked at although Telegram has not answered yet: one that cannot be had is told at
once, not when the network is back. Not earlier, for loading it would hold up the first update."""
PAUSE = 5.0
"""Seconds before indexing that could not begin is tried again: another process holds the database, memory is short."""

Unable = Callable[[Exception], None]
AnyApplication = Application[Any, Any, Any, Any, Any, Any]
AnyHandler = BaseHandler[Any, Any, Any]
AnyCommand = CommandHandler[Any, Any]


class Lifecycle:
    """Opens with the application's `initialize`, works between its `start` and `stop`, closes with `shutdown`."""

    def __init__(self, settings: Settings, inbox: Inbox, unable: Unable | None = None) -> None:
        """`unable` is told once why the model cannot be had; without it that is logged, and whoever asks is told."""
        self._settings = settings
        self._inbox = inbox
        self._unable = unable or _log_inability
        self._is_unable = False
        self._stack = AsyncExitStack()
        self._services: Services | None = None
        self._is_running = False
        self._opening: asyncio.Task[None] | None = None
        self._with_model: asyncio.Task[None] | None = None
        self._adopting: asyncio.Task[None] | None = None
        self._unanswered: asyncio.TimerHandle | None = None
        self._handlers: list[AnyHandler] = []

    async def open(self, application: AnyApplication) -> None:
        """Idempotent: python-telegram-bot initialises again after a network error.

        Raises:
            BotError, ModelError, StorageError
        """
        if self._services is not None:
            return
        self._opening = asyncio.create_task(self._open(application), name="opening")
        await self._opening

    async def _open(self, application: AnyApplication) -> None:
        async with AsyncExitStack() as stack:
            services = await open_services(stack, self._settings, application.bot)
            stack.callback(self._withdraw, application)
            self._stack = stack.pop_all()
        self._services = services
        taken = commands_of(application)
        services.own_photos.leave_out(taken)
        self._inbox.open(services.intake)
        settings = self._settings
        manners = Manners(settings.private_words, settings.acknowledge, settings.introduce)
        self._handlers = routes(
            services.queries,
            services.buttons,
            services.help,
            services.stats,
            services.imports,
            services.chats,
            services.reposts,
            services.settings,
            services.privacy,
            services.guard,
            manners,
            taken,
        )
        self._handlers.insert(0, services.refusals)
        application.add_handlers(self._handlers, group=GROUP)
        self._unanswered = asyncio.get_running_loop().call_later(UNANSWERED, self._look_at_model, services)

    def _look_at_model(self, services: Services) -> None:
        self._adopting = asyncio.create_task(self._adopted(services), name="early-model")

    async def _adopted(self, services: Services) -> None:
        try:
            await _patiently(services.adopt_model)
        except Exception as exc:  # noqa: BLE001 - handed to who decides what it means
            self._tell(exc)

    def _tell(self, exc: Exception) -> None:
        """Once: the model may have been looked at before the start, too."""
        if not self._is_unable:
            self._is_unable = True
            self._unable(exc)

    def _withdraw(self, application: AnyApplication) -> None:
        """An application that is initialised once more gets new handlers, with open services."""
        for handler in self._handlers:
            application.remove_handler(handler, group=GROUP)
        self._handlers = []

    async def start(self, application: AnyApplication) -> None:
        """Answers, loads the model, and tells Telegram the commands."""
        if self._services is None or self._is_running:
            return
        self._is_running = True
        if self._unanswered is not None:
            self._unanswered.cancel()
        self._services.last_error.start()
        self._services.guard.in_hand.begin()
        self._services.repost_notices.start()
        self._services.sweeper.start()
        self._services.heartbeat.start()
        self._with_model = asyncio.create_task(self._work_with_model(self._services), name="model")
        await self._services.control.start()
        await register_commands(application)
        if not application.bot.can_read_all_group_messages:
            log.warning(
                "Privacy mode is on: in groups the bot sees photos only where it is an admin. "
                "Switch it off at @BotFather (/setprivacy), then remove the bot from its groups and add it again."
            )

    async def _work_with_model(self, services: Services) -> None:
        """What needs the model begins once it is loaded, and so does what would hold it up: importing torch takes
        seconds of the interpreter, in which updates are taken more slowly; Chroma's keeper, one of a core to start."""
        try:
            await _patiently(services.adopt_model)
            await _patiently(services.indexer.start)
            if services.reader is not None:
                await services.reader.start()
            services.quantising.start()
            services.fingerprinter.start()
            services.reconciler.start()
            services.changeover.start()
            services.idling.start()
        except Exception as exc:  # noqa: BLE001 - handed to who decides what it means
            self._tell(exc)

    async def stop(self) -> None:
        """Finishes the batch in hand and the answers on their way."""
        if self._services is None or not self._is_running:
            return
        self._is_running = False
        if self._with_model is not None:
            self._with_model.cancel()
            await asyncio.gather(self._with_model, return_exceptions=True)
        await self._services.idling.stop()
        await asyncio.gather(self._services.changeover.stop(), self._services.control.stop())
        await self._services.heartbeat.stop()
        await self._services.sweeper.stop()
        await self._services.reconciler.stop()
        await self._services.quantising.stop()
        await self._services.fingerprinter.stop()
        if self._services.reader is not None:
            await self._services.reader.stop()
        await asyncio.gather(self._services.indexer.stop(), self._services.guard.in_hand.end(ANSWERING))
        await self._services.repost_notices.stop()
        self._services.last_error.stop()

    async def close(self) -> None:
        """Closes everything that `open` opened, or ends it where a signal came in the middle of the opening."""
        if self._opening is not None and not self._opening.done():
            self._opening.cancel()
            with suppress(asyncio.CancelledError):
                await self._opening
        if self._unanswered is not None:
            self._unanswered.cancel()
        if self._adopting is not None:
            self._adopting.cancel()
            await asyncio.gather(self._adopting, return_exceptions=True)
        await self.stop()
        self._services = None
        await self._stack.aclose()


async def _patiently(beginning: Callable[[], Awaitable[None]]) -> None:
    """The database was there a moment ago: what keeps it from answering passes, and so may a shortage of memory."""
    while True:
        try:
            return await beginning()
        except (DatabaseUnavailable, MemoryError) as exc:
            log.error("Indexing cannot begin yet, and is tried again: %s", str(exc) or "memory is short")
            await asyncio.sleep(PAUSE)


def _log_inability(exc: Exception) -> None:
    log.error(
        "Pictures cannot be seen before the bot is started again: %s", exc, exc_info=not isinstance(exc, EXPECTED)
    )


def commands_of(application: AnyApplication) -> frozenset[str]:
    """The commands that a host application answers itself."""
    return frozenset(
        name
        for group, handlers in application.handlers.items()
        if group != GROUP
        for handler in handlers
        for inner in _commands(handler)
        for name in inner.commands
    )


def _commands(handler: AnyHandler) -> Iterator[AnyCommand]:
    """The command handlers in a handler: itself, or those of a conversation."""
    if isinstance(handler, CommandHandler):
        yield handler
    elif isinstance(handler, ConversationHandler):
        for inner in chain(handler.entry_points, *handler.states.values(), handler.fallbacks):
            yield from _commands(inner)


async def register_commands(application: AnyApplication) -> None:
    """Adds ours to the commands that Telegram shows, after those a host has set itself."""
    try:
        present = await application.bot.get_my_commands()
        wanted = _merged(present, COMMANDS)
        if wanted != list(present):
            await application.bot.set_my_commands(wanted)
    except TelegramError as exc:
        log.warning("The commands could not be registered: %s", exc.message)


def _merged(present: Iterable[BotCommand], ours: Iterable[BotCommand]) -> list[BotCommand]:
    merged = {command.command: command for command in present}
    for command in ours:
        merged.setdefault(command.command, command)
    return list(merged.values())
