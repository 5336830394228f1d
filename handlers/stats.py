"""/stats, how a chat's archive stands, and /retry, another chance for the photos that could not be read."""

from collections.abc import Sequence
from datetime import tzinfo
from html import escape

from telegram import Message

from handlers.admins import AdminsUnknown, asks_as_admin
from handlers.errors import Context
from handlers.posts import chat_info
from handlers.render import day, message_link, shortened, stats, upright
from handlers.replies import Replies
from search.archive import Archive
from search.errors import QuestionError
from search.failures import FailedPhotos
from search.records import ChatInfo, Photo

SHOWN = 5
"""How many failed photos are listed."""
REASON_LIMIT = 200
PAUSED = "I keep no new photos now (/settings). Those I already have can still be found."


class NotYoursToRetry(QuestionError):
    """Only the admins of this chat can do that."""


class Stats:
    """Tells anybody how many, and those who decide for the chat also which photos failed and why."""

    def __init__(self, archive: Archive, failed: FailedPhotos, replies: Replies, zone: tzinfo) -> None:
        self._archive = archive
        self._failed = failed
        self._replies = replies
        self._zone = zone

    async def show(self, message: Message, context: Context) -> None:
        """/stats."""
        counts = await self._archive.counts(message.chat.id)
        is_indexing = (await self._archive.settings(message.chat.id)).indexing
        text = stats(counts, self._zone) + ("" if is_indexing else f" {PAUSED}")
        if counts.failed and await _decides(message, context):
            failed = await self._failed.newest(message.chat.id, SHOWN)
            text = f"{escape(text)}\n\n{failure_list(failed, chat_info(message.chat), self._zone)}"
            await self._replies.write(context.bot, message, text)
        else:
            await self._replies.say(context.bot, message, text)

    async def retry(self, message: Message, context: Context) -> None:
        """/retry: by admins; in a private chat by the person in it."""
        if not await asks_as_admin(context.bot, message):
            raise NotYoursToRetry
        count = await self._failed.retry(message.chat.id)
        await self._replies.say(context.bot, message, _retried(count))


def failure_list(photos: Sequence[Photo], chat: ChatInfo, zone: tzinfo) -> str:
    """HTML: who, when with a link, and why, for each; and what to do."""
    lines = [_line(photo, chat, zone) for photo in photos]
    return "\n".join(["The last that could not be read:", *lines, "/retry tries all of them again."])


def _line(photo: Photo, chat: ChatInfo, zone: tzinfo) -> str:
    shown = escape(f"{upright(photo.sender.name)}, {day(photo.date, zone)}")
    link = message_link(photo, chat)
    linked = shown if link is None else f'<a href="{escape(link)}">{shown}</a>'
    return f"• {linked} – {escape(shortened(photo.error or 'no reason was kept', REASON_LIMIT))}"


def _retried(count: int) -> str:
    if not count:
        return "There is no photo here that could not be read."
    photos = "1 photo" if count == 1 else f"{count:,} photos"
    return f"I try {photos} again. /stats tells how it went."


async def _decides(message: Message, context: Context) -> bool:
    try:
        return await asks_as_admin(context.bot, message)
    except AdminsUnknown:
        return False
