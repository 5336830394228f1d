"""Every route, in the order in which they are tried: the first that fits a message takes it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from telegram.ext import BaseHandler, CallbackQueryHandler, ChatMemberHandler, CommandHandler, MessageHandler
from telegram.ext import filters as f

from handlers.buttons import Buttons
from handlers.callback_data import PAGES, PURGE, SETTINGS
from handlers.chats import Chats
from handlers.commands import CaptionCommand
from handlers.errors import Asked, Guard, Pressed, Wish
from handlers.help import Help
from handlers.importing import ImportCommand
from handlers.privacy import PrivacyCommands
from handlers.queries import Queries
from handlers.reposts import RepostCommand
from handlers.settings import Settings
from handlers.stats import Stats

Route = BaseHandler[Any, Any, Any]

ASKED = f.UpdateType.MESSAGE | f.UpdateType.CHANNEL_POST
"""New messages only: an edited command is not obeyed again."""
ASKED_OR_EDITED = ASKED | f.UpdateType.EDITED
"""Questions, whose answers follow their edits."""
PICTURE = f.PHOTO | f.Document.IMAGE


@dataclass(frozen=True, slots=True)
class Manners:
    """When the bot speaks without having been given a command; in a host application it may be told not to."""

    private_words: bool = True
    """Plain words in a private chat are a search."""
    acknowledge: bool = True
    """A photo sent in private is acknowledged."""
    introduce: bool = True
    """The bot introduces itself to a group that it joins."""


def routes(
    queries: Queries,
    buttons: Buttons,
    help_: Help,
    stats: Stats,
    imports: ImportCommand,
    chats: Chats,
    reposts: RepostCommand,
    settings: Settings,
    privacy: PrivacyCommands,
    guard: Guard,
    manners: Manners,
    taken: Collection[str] = (),
) -> list[Route]:
    """The bot's handlers, without the commands in `taken`, which a host bot answers itself.

    None of them blocks: the next update is taken while an answer is still on its way.
    """

    def on(condition: f.BaseFilter, handle: Asked, wish: Wish, when: f.BaseFilter = ASKED) -> Route:
        return MessageHandler(when & condition, guard.around(handle, wish), block=False)

    def command(name: str, handle: Asked, wish: Wish = Wish.COMMAND, when: f.BaseFilter = ASKED) -> Route:
        return CommandHandler(name, guard.around(handle, wish), filters=when, block=False)

    def binding(name: str, handle: Asked) -> Route:
        return CommandHandler(name, guard.around(handle, is_binding=True), filters=ASKED, block=False)

    def question(condition: f.BaseFilter, handle: Asked) -> Route:
        return on(condition, handle, Wish.SEARCH, ASKED_OR_EDITED)

    def button(prefix: str, handle: Pressed, wish: Wish = Wish.SEARCH) -> Route:
        callback = guard.around_press(handle, wish, is_binding=prefix == PURGE)
        return CallbackQueryHandler(callback, pattern=f"^{prefix}", block=False)

    every = [
        (command("search", queries.search, Wish.SEARCH, ASKED_OR_EDITED), "search" not in taken),
        (command("similar", queries.similar, Wish.SEARCH, ASKED_OR_EDITED), "similar" not in taken),
        (command("repost", reposts.repost, Wish.SEARCH), "repost" not in taken),
        (command("settings", settings.show), "settings" not in taken),
        (command("stats", stats.show), "stats" not in taken),
        (command("retry", stats.retry), "retry" not in taken),
        (command("import", imports.show), "import" not in taken),
        (command("help", help_.help), "help" not in taken),
        (command("start", help_.start), "start" not in taken),
        (binding("forget", privacy.forget), "forget" not in taken),
        (binding("optout", privacy.opt_out), "optout" not in taken),
        (binding("optin", privacy.opt_in), "optin" not in taken),
        (binding("purge", privacy.purge), "purge" not in taken),
        (command("privacy", privacy.privacy), "privacy" not in taken),
        (button(PURGE, privacy.confirm, Wish.COMMAND), True),
        (question(PICTURE & CaptionCommand("search"), queries.search), True),
        (question(PICTURE & CaptionCommand("similar"), queries.similar), True),
        (on(PICTURE & CaptionCommand("repost"), reposts.repost, Wish.SEARCH), True),
        (on(f.ChatType.PRIVATE & PICTURE, chats.private_photo, Wish.NONE), manners.acknowledge),
        (question(f.ChatType.PRIVATE & f.TEXT & ~f.COMMAND, queries.search), manners.private_words),
        (on(f.ALL, queries.no_question, Wish.NONE, f.UpdateType.EDITED), True),
        (button(SETTINGS, settings.press, Wish.COMMAND), True),
        (button(PAGES, buttons.press), True),
        (ChatMemberHandler(chats.membership, ChatMemberHandler.MY_CHAT_MEMBER, block=False), manners.introduce),
    ]
    return [route for route, is_wanted in every if is_wanted]
