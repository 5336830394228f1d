"""/settings: what the admins of a chat may decide, shown with buttons. What each means stands in `ChatSettings`."""

from dataclasses import asdict
from datetime import UTC, datetime
from html import escape

from telegram import CallbackQuery, Chat, InlineKeyboardButton, InlineKeyboardMarkup, Message
from telegram.constants import ParseMode
from telegram.error import BadRequest

from handlers.admins import asks_as_admin, is_admin
from handlers.callback_data import SETTINGS
from handlers.errors import Context
from handlers.posts import chat_info
from handlers.replies import Replies
from handlers.stats import PAUSED
from search.archive import Archive
from search.errors import QuestionError
from search.records import MOST_PHOTOS, ChatSettings

SWITCHES = {
    "repost_notice": "Tell when a photo was posted before",
    "ocr": "Read text in pictures",
    "indexing": "Remember new photos",
}
"""The settings that are on or off, by their fields' names."""
DONE = "done"


class NotAnAdmin(QuestionError):
    """Only the admins of this chat may change how I behave here."""


class UnknownButton(QuestionError):
    """I do not know that button any more. Send /settings again."""


class Settings:
    """Shows a chat's settings and changes them, for its admins: in a private chat, for the person in it."""

    def __init__(self, archive: Archive, replies: Replies) -> None:
        self._archive = archive
        self._replies = replies

    async def show(self, message: Message, context: Context) -> None:
        """/settings"""
        if not await asks_as_admin(context.bot, message):
            raise NotAnAdmin
        settings = await self._archive.settings(message.chat.id)
        text = described(message.chat, settings)
        await self._replies.write(context.bot, message, text, markup=keyboard(settings))

    async def press(self, press: CallbackQuery, context: Context) -> None:
        """A button of it. The chat is the one where the button hangs: what the button says of itself is not asked."""
        if press.message is None:
            raise UnknownButton
        chat = press.message.chat
        if not await is_admin(context.bot, chat, press.from_user.id):
            raise NotAnAdmin
        said = (press.data or "").removeprefix(SETTINGS)
        if said == DONE:
            settings, note = await self._archive.settings(chat.id), None
        else:
            choice = chosen(said)
            settings = await self._archive.choose(chat_info(chat), choice, datetime.now(UTC))
            note = "Kept."
        await _redraw(press, chat, settings, keyboard(settings) if said != DONE else None)
        await press.answer(note)


def chosen(said: str) -> dict[str, int | bool]:
    """What a button sets: it says the value, not "the other one", so that pressed twice it does the same.

    Raises:
        UnknownButton: it is of another version, or forged.
    """
    name, _, value = said.partition(":")
    if name == "photos" and value.isascii() and value.isdigit() and 1 <= int(value[:3]) <= MOST_PHOTOS:
        return {name: int(value[:3])}
    if name in SWITCHES and value in ("0", "1"):
        return {name: value == "1"}
    raise UnknownButton


def described(chat: Chat, settings: ChatSettings) -> str:
    """HTML: the settings in words, so that they can still be read when the buttons are gone."""
    where = f"in {escape(chat.title)}" if chat.title else "here with you"
    states = asdict(settings)
    lines = [f"<b>How I behave {where}</b>", f"Photos per answer: {settings.photos}"]
    lines += [f"{label}: {'on' if states[name] else 'off'}" for name, label in SWITCHES.items()]
    return "\n".join([*lines, *([] if settings.indexing else [f"<i>{PAUSED}</i>"])])


def keyboard(settings: ChatSettings) -> InlineKeyboardMarkup:
    """A number to choose in two rows, a switch in each of the others; every button says what it sets."""
    numbers = [
        InlineKeyboardButton(f"• {number} •" if number == settings.photos else str(number), callback_data=data)
        for number in range(1, MOST_PHOTOS + 1)
        for data in [f"{SETTINGS}photos:{number}"]
    ]
    states = asdict(settings)
    switches = [
        [InlineKeyboardButton(f"{'✅' if states[name] else '⬜'} {label}", callback_data=f"{SETTINGS}{name}:{data}")]
        for name, label in SWITCHES.items()
        for data in [int(not states[name])]
    ]
    half = MOST_PHOTOS // 2
    done = [InlineKeyboardButton("Done", callback_data=SETTINGS + DONE)]
    return InlineKeyboardMarkup([numbers[:half], numbers[half:], *switches, done])


async def _redraw(
    press: CallbackQuery, chat: Chat, settings: ChatSettings, markup: InlineKeyboardMarkup | None
) -> None:
    try:
        await press.edit_message_text(described(chat, settings), parse_mode=ParseMode.HTML, reply_markup=markup)
    except BadRequest as exc:  # pressed twice, or too old to be changed: what was chosen holds all the same
        if "not modified" not in exc.message.lower() and "can't be edited" not in exc.message.lower():
            raise
