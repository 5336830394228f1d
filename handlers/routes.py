"""Every route, in the order in which they are tried: the first that fits a message takes it."""

from collections.abc import Collection
from typing import Any

from telegram.ext import BaseHandler, ChatMemberHandler, CommandHandler, MessageHandler
from telegram.ext import filters as f

from handlers.chats import Chats
from handlers.commands import CaptionCommand
from handlers.errors import Asked, Guard
from handlers.help import Help
from handlers.queries import Queries

Route = BaseHandler[Any, Any, Any]

ASKED = f.UpdateType.MESSAGE | f.UpdateType.CHANNEL_POST
"""New messages only: an edited question is not asked again."""
PICTURE = f.PHOTO | f.Document.IMAGE


def routes(
    queries: Queries,
    help_: Help,
    chats: Chats,
    guard: Guard,
    *,
    taken: Collection[str] = (),
    private_words: bool = True,
) -> list[Route]:
    """The bot's handlers, without the commands in `taken`, which a host bot answers itself.

    None of them blocks: the next update is taken while an answer is still on its way.
    """

    def on(condition: f.BaseFilter, handle: Asked) -> Route:
        return MessageHandler(ASKED & condition, guard.around(handle), block=False)

    def command(name: str, handle: Asked) -> list[Route]:
        return [] if name in taken else [CommandHandler(name, guard.around(handle), filters=ASKED, block=False)]

    return [
        *command("search", queries.search),
        *command("similar", queries.similar),
        *command("stats", help_.stats),
        *command("help", help_.help),
        *command("start", help_.start),
        on(PICTURE & CaptionCommand("search"), queries.search),
        on(PICTURE & CaptionCommand("similar"), queries.similar),
        on(f.ChatType.PRIVATE & PICTURE, chats.private_photo),
        *([on(f.ChatType.PRIVATE & f.TEXT & ~f.COMMAND, queries.plain_words)] if private_words else []),
        ChatMemberHandler(chats.membership, ChatMemberHandler.MY_CHAT_MEMBER, block=False),
    ]
