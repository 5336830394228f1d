"""/import: how photos from before the bot came are brought, and how far that is."""

from telegram import Message

from handlers.access import AllowList
from handlers.admins import asks_as_admin
from handlers.errors import Context
from handlers.notice import photos_in_words
from handlers.posts import sender
from handlers.replies import Replies
from search.errors import QuestionError
from search.importing import Importer
from search.imports_under_way import ImportsUnderWay, Reading

STEPS = """Telegram shows bots nothing that was posted before they came. Whoever is in this chat can bring it:

1. In Telegram Desktop on a computer open this chat: ⋮ → Export chat history. Tick photos (and files, for \
pictures sent as files), choose the format JSON, and the whole period.
2. Copy the folder it makes to the machine on which I run.
3. There, in my directory: .venv/bin/python -m bot import FOLDER --chat {chat}

It may run while I do, be stopped, and be run again. What people had me forget stays forgotten. /import tells \
how far it is."""


class NotYoursToImport(QuestionError):
    """Only the admins of this chat can bring its history. Ask one of them to send /import."""


class NotAnOwner(QuestionError):
    """Only whoever runs me can bring a chat's history. Ask them to send /import."""


class ImportCommand:
    """For owners, where the operator has named some; else for those who decide for the chat."""

    def __init__(self, allowed: AllowList, under_way: ImportsUnderWay, importer: Importer, replies: Replies) -> None:
        self._allowed = allowed
        self._under_way = under_way
        self._importer = importer
        self._replies = replies

    async def show(self, message: Message, context: Context) -> None:
        """/import: of this chat only, also for owners."""
        await self._require_right(message, context)
        chat_id = message.chat.id
        said = progress(self._under_way.of(chat_id), await self._importer.waiting([chat_id]))
        await self._replies.say(context.bot, message, said or STEPS.format(chat=chat_id))

    async def _require_right(self, message: Message, context: Context) -> None:
        if self._allowed.owners is not None:
            if not self._allowed.owns(sender(message).id):
                raise NotAnOwner
        elif not await asks_as_admin(context.bot, message):
            raise NotYoursToImport


def progress(reading: Reading | None, waiting: int) -> str:
    """How far an import is; empty where none is under way."""
    lines = []
    if reading is not None:
        lines.append(f"An export of this chat is being read: {reading.done:,} of its {reading.of:,} photos.")
    if waiting:
        lines.append(f"Imported, and still to be looked at: {photos_in_words(waiting)}.")
    return "\n".join(lines)
