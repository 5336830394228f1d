"""Chatlens in a bot that already exists."""

from typing import Any

import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import (
    AIORateLimiter,
    Application,
    CallbackContext,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from bot.installation import install
from bot.remote import is_running
from bot.settings import Settings
from handlers.help import COMMANDS
from tests.conftest import Archive, polling
from tests.people import People, jpeg, until

pytestmark = pytest.mark.usefixtures("loaded_once")


class HostContext(CallbackContext[Any, dict[str, int], dict[str, int], dict[str, int]]):
    """A context type of the host's own."""


class HostApplication(Application[Any, Any, Any, Any, Any, Any]):
    """An application class of the host's own."""


class Host:
    """Somebody else's bot: counts photos, greets, and has a start-up of its own."""

    def __init__(self) -> None:
        self.photos = 0
        self.contexts: set[type] = set()
        self.is_initialised = False

    async def start(self, update: Update, context: HostContext) -> None:
        assert update.message is not None
        self.contexts.add(type(context))
        await update.message.reply_text("I am the host.", do_quote=True)

    async def photo(self, update: Update, context: HostContext) -> None:
        self.photos += 1

    async def initialised(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        self.is_initialised = True


def built(host: Host, settings: Settings, token: str) -> Application[Any, Any, Any, Any, Any, Any]:
    builder = (
        Application.builder()
        .token(token)
        .base_url(f"{settings.api_url}/bot")
        .base_file_url(f"{settings.api_url}/file/bot")
        .rate_limiter(AIORateLimiter())
        .context_types(ContextTypes(context=HostContext))
        .post_init(host.initialised)
        .application_class(HostApplication)
    )
    application = install(builder, settings).build()
    application.add_handler(CommandHandler("start", host.start))
    application.add_handler(MessageHandler(filters.PHOTO, host.photo))
    return application


async def test_a_host_keeps_its_handlers_context_class_and_start_up(
    people: People, settings: Settings, sandbox: Any, archive: Archive
) -> None:
    """Photos reach both; the host's own /start is answered once, by the host; ours are answered by us."""
    host = Host()
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Weekend crew", [ann])
    application = built(host, settings, sandbox.token)
    assert isinstance(application, HostApplication)
    assert application.post_init == host.initialised
    async with polling(application):
        await people.post(chat, ann, photos=[jpeg("red")])
        await archive.settled(indexed=1)
        assert await is_running(settings.data_dir), "commands reach a host, too"
        assert await people.told(chat, ann, "/start") == "I am the host."
        assert "1. Ann" in await people.told(chat, ann, "/search red")
        assert len([m for m in await people.from_bot(chat) if m.get("text") == "I am the host."]) == 1
    assert host.photos == 1
    assert host.contexts == {HostContext}


async def test_the_commands_of_a_host_are_not_overwritten(people: People, settings: Settings, sandbox: Any) -> None:
    """Ours stand behind those that the host has registered."""
    application = built(Host(), settings, sandbox.token)
    await application.bot.initialize()
    await application.bot.set_my_commands([("start", "the host's own"), ("help", "the host's help")])
    async with polling(application):

        async def registered() -> list[str]:
            commands = await people.commands()
            return commands if len(commands) > 2 else []

        commands = await until(registered, "our commands beside the host's")
    assert commands[:2] == ["start: the host's own", "help: the host's help"]
    ours = [command.command for command in COMMANDS if command.command not in ("start", "help")]
    assert [line.partition(":")[0] for line in commands[2:]] == ours


async def test_a_hosts_buttons_are_answered_by_chatlens(
    people: People, settings: Settings, sandbox: Any, archive: Archive
) -> None:
    """Each button is answered once, by the one whose it is."""
    heard: list[str] = []

    async def menu(update: Update, context: HostContext) -> None:
        assert update.message is not None
        button = InlineKeyboardButton("Host", callback_data="p:more:5")
        await update.message.reply_text("Menu", reply_markup=InlineKeyboardMarkup([[button]]), do_quote=True)

    async def pressed(update: Update, context: HostContext) -> None:
        assert update.callback_query is not None
        heard.append(str(update.callback_query.data))
        await update.callback_query.answer("the host's")

    application = built(Host(), settings, sandbox.token)
    application.add_handler(CommandHandler("menu", menu))
    application.add_handler(CallbackQueryHandler(pressed, pattern="^p:"))
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Weekend crew", [ann])
    async with polling(application):
        await people.post(chat, ann, photos=[jpeg("red")])
        await archive.settled(indexed=1)
        [shown] = await people.asked(chat, ann, "/menu")
        assert await people.press(chat, ann, shown, "Host") == {"text": "the host's", "show_alert": False}
        [answer] = await people.asked(chat, ann, "/search red")
        assert await people.press(chat, ann, answer, "Close") == {"show_alert": False}
    assert heard == ["p:more:5"]
