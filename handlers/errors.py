"""What people are told when something fails. Every handler runs inside `Guard.around`; nothing is swallowed."""

import logging
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Any

from telegram import CallbackQuery, Chat, Message, Update
from telegram.error import BadRequest, Forbidden, TelegramError
from telegram.ext import CallbackContext

from handlers.in_hand import InHand
from handlers.limits import Overload, SearchLimit, Turns
from handlers.posts import sender
from handlers.render import MARKS
from handlers.replies import Replies
from search.archive import Archive
from search.errors import FileError, FileUnreachable, ImageRefused, ModelError, QuestionError, StorageError

log = logging.getLogger(__name__)

Context = CallbackContext[Any, Any, Any, Any]
"""Whatever context type the host application chose: handlers use only its bot."""
Asked = Callable[[Message, Context], Awaitable[None]]
"""A handler's own part: a message that asks, and the bot to answer with."""
Pressed = Callable[[CallbackQuery, Context], Awaitable[None]]
"""The same for a button."""
Callback = Callable[[Update, Context], Coroutine[Any, Any, None]]


ALERT_LIMIT = 200
"""Bot API, answerCallbackQuery: characters of an alert."""
FAILED = "Telegram did not let me do that just now. Please try again in a minute."
REMOVED = ("bot was kicked", "bot is not a member", "chat was deleted")
STALE = timedelta(days=1)
"""Telegram hands a bot that was away a day of updates; nobody waits for an answer longer. What is older comes from a
sandbox that plays an archive."""


class Wish(Enum):
    """What a handler is called for, and so what becomes of it where there is too much."""

    SEARCH = auto()
    """Counts against its asker's share."""
    COMMAND = auto()
    """Only waits for the chat's turn."""
    NONE = auto()
    """Nobody asked for anything: it may be left undone without a word."""


class Guard:
    """Turns the domain's errors into sentences for the asker and everything else into a log entry and an apology;
    lets nobody ask more than is his share."""

    def __init__(self, archive: Archive, replies: Replies, limit: SearchLimit, turns: Turns) -> None:
        self._archive = archive
        self._replies = replies
        self._limit = limit
        self._turns = turns
        self.in_hand = InHand()

    def around(self, handle: Asked, wish: Wish = Wish.COMMAND, *, is_binding: bool = False) -> Callback:
        """`handle` as a python-telegram-bot callback; `is_binding`: see `InHand.counted`."""

        async def callback(update: Update, context: Context) -> None:
            message = update.effective_message
            if message is None or is_stale(message.edit_date or message.date):
                return
            try:
                if wish is Wish.SEARCH:
                    self._limit.admit(asker(message))
                async with self._turns.of(message.chat.id):
                    await handle(message, context)
            except Overload as exc:
                if wish is not Wish.NONE and not exc.is_known:
                    await self._tell(message, context, str(exc))
            except TelegramError as exc:
                level = logging.INFO if isinstance(exc, Forbidden) else logging.WARNING
                log.log(level, "Telegram refused an answer in chat %s: %s", message.chat.id, exc.message)
                await self._note_removal(message.chat, exc)
            except Exception as exc:  # a host's own error handlers must not see our mistakes
                if not isinstance(exc, QuestionError | FileError | ImageRefused):
                    log.exception("A question in chat %s could not be answered", message.chat.id)
                await self._tell(message, context, sentence(exc))

        return self.in_hand.counted(callback, is_binding=is_binding)

    def around_press(self, handle: Pressed, wish: Wish = Wish.SEARCH, *, is_binding: bool = False) -> Callback:
        """The same for the press of a button: what goes wrong is shown to who pressed it, and to nobody else."""

        async def callback(update: Update, context: Context) -> None:
            press = update.callback_query
            if press is None:
                return
            try:
                if wish is Wish.SEARCH:
                    self._limit.admit(press.from_user.id)
                async with self._turns.of(press.from_user.id if press.message is None else press.message.chat.id):
                    await handle(press, context)
            except TelegramError as exc:
                log.warning("Telegram refused what a button asked for: %s", exc.message)
                await _alert(press, FAILED)
            except Exception as exc:
                if not isinstance(exc, QuestionError | FileError | ImageRefused):
                    log.exception("A button could not be served")
                await _alert(press, sentence(exc))

        return self.in_hand.counted(callback, is_binding=is_binding)

    async def _note_removal(self, chat: Chat, refusal: TelegramError) -> None:
        """The word of the bot's removal may have been missed: Telegram keeps updates for a day. The next message from
        the chat shows that it is back."""
        if chat.type != Chat.PRIVATE and says_removed(refusal):
            try:
                await self._archive.left(chat.id, datetime.now(UTC) - timedelta(seconds=1))  # messages have whole ones
            except StorageError as exc:
                log.warning("That the bot was removed from chat %s could not be noted: %s", chat.id, exc)

    async def _tell(self, message: Message, context: Context, text: str) -> None:
        try:
            await self._replies.say(context.bot, message, text)
        except TelegramError as exc:
            log.warning("Chat %s could not be told of a failure: %s", message.chat.id, exc.message)
            await self._note_removal(message.chat, exc)


async def _alert(press: CallbackQuery, text: str) -> None:
    try:
        await press.answer(text[:ALERT_LIMIT], show_alert=True)
    except TelegramError as exc:  # pressed too long ago, or answered already
        log.info("A button's press could not be answered: %s", exc.message)


def asker(message: Message) -> int:
    """Whose share a question counts against: the user's, or that of the chat in whose name somebody speaks."""
    return sender(message).id or message.chat.id


def says_removed(refusal: TelegramError) -> bool:
    """Whether Telegram refuses because the bot is not in the chat, or the chat is no more: only the words tell."""
    told = refusal.message.lower()
    if isinstance(refusal, BadRequest):
        return told == "chat not found"
    return isinstance(refusal, Forbidden) and any(word in told for word in REMOVED)


def is_stale(moment: datetime) -> bool:
    """Whether what was said is too old to be answered; it is kept all the same."""
    return datetime.now(UTC) - moment > STALE


def sentence(exc: Exception) -> str:
    """What the asker reads: never a trace, always what to do."""
    if isinstance(exc, QuestionError):
        return str(exc).translate(MARKS)  # it may quote people's names
    if isinstance(exc, FileUnreachable):
        return "I could not fetch that picture from Telegram just now. Please try again in a minute."
    if isinstance(exc, FileError | ImageRefused):
        return f"I cannot read that picture. {exc}"
    if isinstance(exc, ModelError):
        return "I cannot see pictures at the moment: my model cannot be loaded. Please tell whoever runs me."
    if isinstance(exc, StorageError):
        return "I cannot reach my archive at the moment. Nothing is lost; please ask again in a few minutes."
    return "Something went wrong on my side and has been logged. Please ask again; if it stays, tell whoever runs me."
