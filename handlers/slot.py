"""The place of one answer in a chat: what is sent, changed and deleted there. Knows messages, not what they say.

Telegram's albums carry no buttons, and neither grow nor shrink. So an album has a small message for its buttons below
it, and is replaced by a new one: that costs three requests, where changing five photos one by one costs six and meets
the limit of one message a second each time (docs/decisions/0014-turning-pages.md). A lone photo and a text are changed
in place.
"""

import logging
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TypedDict

from telegram import Bot, InlineKeyboardMarkup, InputMediaPhoto, LinkPreviewOptions, Message, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest, TelegramError

from handlers.delivery import delivered
from search.records import ChatInfo, Sent

log = logging.getLogger(__name__)

DELETABLE = timedelta(hours=48)
"""Bot API, deleteMessage: the age up to which a bot may delete its own messages everywhere."""


class Shape(StrEnum):
    """What kind of messages an answer is made of."""

    TEXT = "text"
    PHOTO = "photo"
    ALBUM = "album"


class _Target(TypedDict):
    message_thread_id: int | None
    reply_parameters: ReplyParameters
    disable_notification: bool


@dataclass(frozen=True, slots=True)
class Slot:
    """Where an answer stands: in the topic of its question, as a reply to it."""

    bot: Bot
    chat: ChatInfo
    question_id: int
    thread_id: int | None
    before: Sent
    """What stands there so far. What cannot be changed into something else stands on, until it is withdrawn."""
    is_protected: bool = False
    """The chat protects its content by now, whatever it did when its photos were posted."""

    async def text(
        self, text: str, buttons: InlineKeyboardMarkup | None, *, html: bool = False, reply_to: int | None = None
    ) -> Sent:
        """A text; plain unless it is HTML, whatever a host application's defaults are."""
        mode, silent = ParseMode.HTML if html else None, LinkPreviewOptions(is_disabled=True)
        if self.before.shape == Shape.TEXT:
            [message_id] = self.before.message_ids
            edit = self.bot.edit_message_text(
                text, self.chat.id, message_id, parse_mode=mode, link_preview_options=silent, reply_markup=buttons
            )
            if await _succeeds(edit):
                return _lone(Shape.TEXT, message_id, buttons, self.before.at)
        target = self._target(reply_to)
        message = await delivered(
            self.chat.id,
            lambda chat_id: self.bot.send_message(
                chat_id, text, parse_mode=mode, link_preview_options=silent, reply_markup=buttons, **target
            ),
        )
        return _lone(Shape.TEXT, message.message_id, buttons)

    async def photo(self, photo: InputMediaPhoto, buttons: InlineKeyboardMarkup) -> tuple[Sent, Sequence[Message]]:
        """A lone photo with its caption, and the message where one was sent."""
        if self.before.shape == Shape.PHOTO:
            [message_id] = self.before.message_ids
            edit = self.bot.edit_message_media(photo, self.chat.id, message_id, reply_markup=buttons)
            if await _succeeds(edit):
                return self.before, ()
        target = self._target()
        message = await delivered(
            self.chat.id,
            lambda chat_id: self.bot.send_photo(
                chat_id,
                photo.media,
                caption=photo.caption,
                parse_mode=ParseMode.HTML,
                has_spoiler=photo.has_spoiler,
                reply_markup=buttons,
                **target,
            ),
        )
        return _lone(Shape.PHOTO, message.message_id, buttons), [message]

    async def album(
        self, photos: Sequence[InputMediaPhoto], where: str, buttons: InlineKeyboardMarkup
    ) -> tuple[Sent, Sequence[Message]]:
        """Two to ten photos, and below them which part of the answer they are, with the buttons; and the messages."""
        target = self._target()
        album = await delivered(self.chat.id, lambda chat_id: self.bot.send_media_group(chat_id, photos, **target))
        ids = [message.message_id for message in album]
        control_id = await self._control(album[0], where, buttons)
        if control_id is not None:
            ids.append(control_id)
        return Sent(Shape.ALBUM, tuple(ids), control_id, datetime.now(UTC)), album

    async def set_buttons(self, buttons: InlineKeyboardMarkup | None) -> None:
        """Other buttons under the same answer."""
        if self.before.control_id is not None:
            await _succeeds(
                self.bot.edit_message_reply_markup(self.chat.id, self.before.control_id, reply_markup=buttons)
            )

    async def withdraw(self) -> bool:
        """Deletes what stands there. False where it may be too old for that; then it at least loses its buttons."""
        if not self.before.message_ids:
            return True
        with suppress(BadRequest):  # all of it is gone already, or too old
            await self.bot.delete_messages(self.chat.id, self.before.message_ids)
        if self.before.at is not None and datetime.now(UTC) - self.before.at < DELETABLE:
            return True
        await self.set_buttons(None)
        return False

    async def _control(self, album: Message, where: str, buttons: InlineKeyboardMarkup) -> int | None:
        """An album without buttons is still an answer: it is not taken back for them."""
        try:
            control = await delivered(
                album.chat.id,
                lambda chat_id: self.bot.send_message(
                    chat_id,
                    where,
                    parse_mode=None,
                    message_thread_id=self.thread_id,
                    reply_parameters=ReplyParameters(album.message_id, allow_sending_without_reply=True),
                    reply_markup=buttons,
                    disable_notification=True,
                ),
            )
        except TelegramError as exc:
            log.warning("The buttons of an answer in chat %s could not be sent: %s", album.chat.id, exc.message)
            return None
        return control.message_id

    def _target(self, reply_to: int | None = None) -> _Target:
        return {
            "message_thread_id": self.thread_id,
            "reply_parameters": ReplyParameters(reply_to or self.question_id, allow_sending_without_reply=True),
            "disable_notification": bool(self.before.message_ids),
        }


def _lone(shape: Shape, message_id: int, buttons: InlineKeyboardMarkup | None, at: datetime | None = None) -> Sent:
    return Sent(shape, (message_id,), message_id if buttons else None, at or datetime.now(UTC))


async def _succeeds(edit: Awaitable[object]) -> bool:
    """Whether a message is now as it should be. One that was deleted, or cannot be edited any more, is not."""
    try:
        await edit
    except BadRequest as exc:
        return "not modified" in exc.message.lower()
    return True
