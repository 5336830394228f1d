"""The life of an answer: a question is answered once, an edited one again in the same place, and pages are turned.

At most once: the question is committed before the first message of its answer is sent, and what was sent after it.
Handed over again by Telegram, a question that is committed is not answered once more; one that a crash caught between
the two commits stays without an answer, unless its message is edited.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from weakref import WeakValueDictionary

from telegram import Bot, Message

from handlers import activity
from handlers.display import Display
from handlers.errors import sentence
from handlers.posts import asking, chat_info, topic
from handlers.slot import Slot
from search.errors import FileError, ImageRefused, QuestionError
from search.page import Asking, Page
from search.pages import Pages
from search.query import Query
from search.records import Question, Sent
from search.stored_query import fingerprint

Understand = Callable[[], Awaitable[Query]]

EDITABLE = timedelta(hours=48)
"""How long Telegram lets people edit a message. Later "edits" are counters of views and reactions."""


class Answers:
    """Answers questions, each in its turn."""

    def __init__(self, pages: Pages, display: Display) -> None:
        self._pages = pages
        self._display = display
        self._turns: WeakValueDictionary[tuple[int, int], asyncio.Lock] = WeakValueDictionary()

    def turn(self, chat_id: int, message_id: int) -> asyncio.Lock:
        """Held by whoever changes the answer to a question: an edit must not overtake the first answer."""
        return self._turns.setdefault((chat_id, message_id), asyncio.Lock())

    async def quiet(self, chat_id: int) -> None:
        """Returns once no answer of the chat is under way that was when it was called."""
        for (chat, _), turn in list(self._turns.items()):
            if chat == chat_id:
                async with turn:
                    pass

    async def answer(self, bot: Bot, message: Message, understand: Understand) -> None:
        """Answers a new question, or an edited one anew; nothing, where that was done before.

        What `understand` raises as a QuestionError, FileError or ImageRefused is the answer.
        """
        asked = asking(message)
        async with self.turn(asked.chat_id, asked.message_id):
            before = await self._pages.question(asked.chat_id, asked.message_id)
            if _is_settled(before, asked):
                return
            sent = Sent() if before is None else before.sent
            is_protected = bool(message.has_protected_content)
            slot = Slot(bot, chat_info(message.chat), asked.message_id, topic(message), sent, is_protected)
            try:
                query = await understand()
                if before is not None and before.fingerprint == fingerprint(query):
                    return
                async with activity.shown(bot, message):
                    await self.put(slot, await self._pages.open(asked, query, sent))
            except (QuestionError, FileError, ImageRefused) as exc:
                text = sentence(exc)
                if before is not None and before.fingerprint == fingerprint(text):
                    return
                question = await self._pages.refuse(asked, text, sent)
                await self._settle(slot, question, await slot.text(text, None))

    async def take_back(self, bot: Bot, message: Message) -> None:
        """Takes away the answer to a message that asked and, edited, does so no more; edited back, it asks again."""
        asked = asking(message)
        async with self.turn(asked.chat_id, asked.message_id):
            before = await self._pages.question(asked.chat_id, asked.message_id)
            if before is None or not before.sent.message_ids or _is_settled(before, asked):
                return
            slot = Slot(bot, chat_info(message.chat), asked.message_id, before.thread_id, before.sent)
            await self._pages.unasked(before, asked.revision)
            await slot.withdraw()

    async def put(self, slot: Slot, page: Page) -> None:
        """Shows a page and remembers it; only then what stood in its place is taken away."""
        await self._settle(slot, page.question, await self._display.show(slot, page))

    async def _settle(self, slot: Slot, question: Question, sent: Sent) -> None:
        await self._pages.shown(question, sent)
        if slot.before.message_ids != sent.message_ids:
            await slot.withdraw()


def _is_settled(before: Question | None, asked: Asking) -> bool:
    """Whether the message was answered in this version, or is too old for a first answer."""
    if before is None:
        return asked.edited_at is not None and datetime.now(UTC) - asked.sent_at > EDITABLE
    return asked.edited_at is None or asked.revision < before.revision
