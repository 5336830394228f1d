"""The buttons under answers, pressed: turning pages, similar photos, another order, closing.

Whose question it is follows from the chat and the message under which the button hangs, as Telegram says them; what
the button says of itself is only a place in that answer. The one who asked may press, and the chat's admins: a page
that turns turns for everybody who is reading it.
"""

from contextlib import suppress

from telegram import Bot, CallbackQuery, Chat, Message
from telegram.error import BadRequest

from handlers.admins import is_admin
from handlers.answers import Answers
from handlers.display import Display
from handlers.errors import Context
from handlers.keyboards import Action, Pressed, answer_buttons
from handlers.posts import chat_info
from handlers.slot import Slot
from search.errors import QuestionError
from search.page import Page
from search.pages import Pages, TooOld
from search.records import Question

ONE_MOMENT = "One moment, I am at it…"
TOO_OLD_TO_DELETE = "Closed. Photos that are older than two days I cannot delete; an admin can."


class NotYours(QuestionError):
    """These buttons are for the one who asked, and for admins. Ask for yourself: /search, or /similar as a reply."""


class Buttons:
    """Does what a button asks for, if the right person pressed it."""

    def __init__(self, pages: Pages, display: Display, answers: Answers) -> None:
        self._pages = pages
        self._display = display
        self._answers = answers
        self._busy: set[tuple[int, int]] = set()

    async def press(self, press: CallbackQuery, context: Context) -> None:
        """A button of an answer.

        Raises:
            QuestionError: shown to the one who pressed.
        """
        pressed = Pressed.parse(press.data or "")
        if press.message is None or pressed is None:
            raise TooOld
        under = (press.message.chat.id, press.message.message_id)
        if under in self._busy:  # an impatient second press
            await _done(press, ONE_MOMENT)
            return
        self._busy.add(under)
        try:
            await _done(press, await self._served(context.bot, press, press.message.chat, under, pressed))
        finally:
            self._busy.discard(under)

    async def _served(
        self, bot: Bot, press: CallbackQuery, chat: Chat, under: tuple[int, int], pressed: Pressed
    ) -> str | None:
        question = await self._question(*under)
        if question.asker_id != press.from_user.id and not await is_admin(bot, chat, press.from_user.id):
            raise NotYours
        async with self._answers.turn(question.chat_id, question.message_id):
            question = await self._pages.controlled(*under)  # it may have been edited while we waited
            is_protected = isinstance(press.message, Message) and bool(press.message.has_protected_content)
            slot = Slot(bot, chat_info(chat), question.message_id, question.thread_id, question.sent, is_protected)
            if pressed.action is Action.CLOSE:
                return await self._close(slot, question)
            page = await self._page(question, pressed)
            if pressed.action is Action.CHOOSE:
                await self._display.choose(slot, page)
            elif pressed.action is Action.STAY:
                await slot.set_buttons(answer_buttons(page))
            else:
                await self._answers.put(slot, page)
            return None

    async def _question(self, chat_id: int, control_id: int) -> Question:
        """Buttons can be seen, and pressed, a moment before it is committed whose they are."""
        try:
            return await self._pages.controlled(chat_id, control_id)
        except TooOld:
            await self._answers.quiet(chat_id)
            return await self._pages.controlled(chat_id, control_id)

    async def _page(self, question: Question, pressed: Pressed) -> Page:
        match pressed.action:
            case Action.BACK:
                return await self._pages.before(question, pressed.place)
            case Action.REORDER:
                return await self._pages.reordered(question)
            case Action.SIMILAR:
                return await self._pages.similar(question, pressed.place)
            case _:
                return await self._pages.at(question, pressed.place)

    async def _close(self, slot: Slot, question: Question) -> str | None:
        """Forgotten first: a crash leaves dead buttons rather than a question that nobody can close."""
        await self._pages.close(question)
        return None if await slot.withdraw() else TOO_OLD_TO_DELETE


async def _done(press: CallbackQuery, text: str | None) -> None:
    """Ends the progress bar on the button. Flood limits may have held up the page until Telegram gave up waiting."""
    with suppress(BadRequest):
        await press.answer(text)
