"""Sends what was found: an album by `file_id`, a lone photo, or a sentence – in the same topic, as a reply."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypedDict, TypeVar

from telegram import Bot, InlineKeyboardMarkup, InputMediaPhoto, LinkPreviewOptions, Message, ReplyParameters
from telegram.constants import MediaGroupLimit, ParseMode
from telegram.error import BadRequest, ChatMigrated

from handlers.posts import chat_info, topic
from handlers.render import Listed, answer_caption, nothing_found
from search.archive import Archive
from search.errors import FileError, ImageRefused
from search.ranking import Hit
from search.records import FileKind, Photo
from search.searcher import Answer, Searcher

log = logging.getLogger(__name__)

Sent = TypeVar("Sent")


@dataclass(frozen=True, slots=True)
class _Item:
    """One picture of an album: known to Telegram by an id, or uploaded this once."""

    hit: Hit
    media: str | bytes


class _Placement(TypedDict):
    """Where an answer stands: in the topic of its question, as a reply."""

    message_thread_id: int | None
    reply_parameters: ReplyParameters


class Replies:
    """The one place from which answers leave."""

    def __init__(self, searcher: Searcher, archive: Archive) -> None:
        self._searcher = searcher
        self._archive = archive

    async def say(self, bot: Bot, question: Message, text: str) -> None:
        """A sentence as a reply; plain text, whatever a host application's defaults are."""
        place = _reply(question)
        await self._send(question, lambda chat_id: bot.send_message(chat_id, text, parse_mode=None, **place))

    async def write(
        self,
        bot: Bot,
        question: Message,
        html: str,
        *,
        original: Photo | None = None,
        markup: InlineKeyboardMarkup | None = None,
    ) -> None:
        """A text with links, as a reply; to the message of `original` where one is given, so that people can go there
        in chats that have no links."""
        place = _reply(question, original)
        silent = LinkPreviewOptions(is_disabled=True)
        await self._send(
            question,
            lambda chat_id: bot.send_message(
                chat_id, html, parse_mode=ParseMode.HTML, link_preview_options=silent, reply_markup=markup, **place
            ),
        )

    async def show(self, bot: Bot, question: Message, answer: Answer) -> None:
        """The answer's photos with one numbered list as their only caption, or why there are none."""
        if not answer.hits:
            await self.say(bot, question, nothing_found(answer.counts, answer.verdict))
            return
        found = await asyncio.gather(*(self._item(hit) for hit in answer.hits))
        items = [item for item in found if item is not None]
        shown = [item.hit for item in items]
        hits = [*shown, *(hit for hit in answer.hits if hit not in shown)]
        caption = answer_caption(Listed(hits, chat_info(question.chat), answer.counts, answer.verdict))
        if not items:
            await self.write(bot, question, caption, original=hits[0].photo)
            return
        try:
            sent = await self._show_items(bot, question, items, caption)
        except BadRequest as exc:
            log.warning("An answer's photos were refused (%s); its list is sent alone", exc.message)
            await self.write(bot, question, caption)
        else:
            await self._keep_ids(items, sent)

    async def _show_items(self, bot: Bot, question: Message, items: Sequence[_Item], caption: str) -> Sequence[Message]:
        """An album takes two photos at least. The caption goes on the first item: clients hide several."""
        place = _reply(question)
        if len(items) == 1:
            photo, is_spoiler = items[0].media, items[0].hit.photo.spoiler
            lone = await self._send(
                question,
                lambda chat_id: bot.send_photo(
                    chat_id, photo, caption=caption, parse_mode=ParseMode.HTML, has_spoiler=is_spoiler, **place
                ),
            )
            return [lone]
        album = [
            InputMediaPhoto(
                item.media,
                caption=caption if number == 0 else None,
                parse_mode=ParseMode.HTML if number == 0 else None,
                has_spoiler=item.hit.photo.spoiler,
            )
            for number, item in enumerate(items[: MediaGroupLimit.MAX_MEDIA_LENGTH])
        ]
        return await self._send(question, lambda chat_id: bot.send_media_group(chat_id, album, **place))

    async def _send(self, question: Message, send: Callable[[int], Awaitable[Sent]]) -> Sent:
        """Follows a group that became a supergroup between the question and its answer."""
        try:
            return await send(question.chat.id)
        except ChatMigrated as moved:
            return await send(moved.new_chat_id)

    async def _item(self, hit: Hit) -> _Item | None:
        """None for a photo that must not be sent again (its chat protects content) or cannot be read."""
        photo = hit.photo
        if photo.protected:
            return None
        if photo.kind is FileKind.PHOTO:
            return _Item(hit, photo.file_id)
        if photo.photo_file_id is not None:
            return _Item(hit, photo.photo_file_id)
        try:
            return _Item(hit, await self._searcher.preview(photo))
        except (FileError, ImageRefused) as exc:
            log.warning("Photo %s cannot be shown: %s", photo.id, exc)
            return None

    async def _keep_ids(self, items: Sequence[_Item], sent: Sequence[Message]) -> None:
        """A file that was uploaded once is sent by the id of that upload from now on."""
        for item, message in zip(items, sent, strict=False):
            if isinstance(item.media, bytes) and message.photo:
                await self._archive.resendable(item.hit.photo, message.photo[-1].file_id)


def _reply(question: Message, original: Photo | None = None) -> _Placement:
    """To the question; or to an original, where its message ids are those of this chat."""
    is_here = original is not None and original.origin_chat_id == question.chat.id
    message_id = original.message_id if original is not None and is_here else question.message_id
    return {
        "message_thread_id": topic(question),
        "reply_parameters": ReplyParameters(message_id, allow_sending_without_reply=True),
    }
