"""How a page of an answer is shown: as an album, a lone photo or a list, with its buttons."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import tzinfo

from telegram import InputMediaPhoto, Message
from telegram.constants import MediaGroupLimit, MessageLimit, ParseMode
from telegram.error import TelegramError

from handlers.attempts import Attempts, Item, blamed, is_refusal
from handlers.keyboards import answer_buttons, number_buttons
from handlers.render import Listed, answer_caption, nothing_found, position
from handlers.slot import Slot
from search.archive import Archive
from search.errors import FileError, ImageRefused
from search.page import Page
from search.ranking import Hit
from search.records import FileKind, Photo, Sent
from search.searcher import Searcher

log = logging.getLogger(__name__)


class Display:
    """Puts pages into their slots."""

    def __init__(self, searcher: Searcher, archive: Archive, zone: tzinfo) -> None:
        self._searcher = searcher
        self._archive = archive
        self._zone = zone

    async def show(self, slot: Slot, page: Page) -> Sent:
        """The page's photos with one numbered list as their only caption, or why there are none."""
        page = _as_its_chat_is(page, slot)
        buttons = answer_buttons(page)
        if not page.hits:
            return await slot.text(nothing_found(page.counts, page.verdict), buttons if page.has_earlier else None)
        found = await asyncio.gather(*(self._item(hit) for hit in in_order(page.hits)))
        items = [item for item in found if item is not None][: MediaGroupLimit.MAX_MEDIA_LENGTH]
        sent = await self._taken(slot, page, items)
        if sent is not None:
            return sent
        hits = _listed_first(items, page)
        html = answer_caption(self._listed(slot, page, hits), MessageLimit.MAX_TEXT_LENGTH)
        return await slot.text(html, buttons, html=True, reply_to=None if items else _message_of(hits[0].photo, slot))

    async def choose(self, slot: Slot, page: Page) -> None:
        """Asks which of the page's photos is meant."""
        await slot.set_buttons(number_buttons(page, in_order(_as_its_chat_is(page, slot).hits)))

    async def _taken(self, slot: Slot, page: Page, items: Sequence[Item]) -> Sent | None:
        """What Telegram takes of the pictures, as an answer; None where it takes none."""
        attempts = Attempts(items)
        while items := attempts.next():
            try:
                return await self._photos(slot, page, items)
            except TelegramError as exc:
                if not is_refusal(exc):
                    raise
                log.warning("An answer with %s photos was refused: %s", len(items), exc.message)
                guilty = blamed(items, exc)
                if not guilty:
                    return None
                if any(item.is_kept for item in guilty):
                    attempts.again(await self._uploaded_anew(items, guilty))
                else:
                    attempts.without(items, guilty)
        return None

    async def _uploaded_anew(self, items: Sequence[Item], refused: Sequence[Item]) -> list[Item]:
        """Ids of earlier uploads do not last for ever: another bot's token makes nothing of them."""
        again = [await self._uploaded(item.hit) if item in refused and item.is_kept else item for item in items]
        return [item for item in again if item is not None]

    async def _photos(self, slot: Slot, page: Page, items: Sequence[Item]) -> Sent:
        """The caption goes on the first item: clients hide several."""
        hits = _listed_first(items, page)
        is_album = len(items) > 1
        caption = answer_caption(self._listed(slot, page, hits, is_told_below=is_album))
        media = [_media(item, caption if number == 0 else None) for number, item in enumerate(items)]
        if is_album:
            sent, messages = await slot.album(media, position(page), answer_buttons(page))
        else:
            sent, messages = await slot.photo(media[0], answer_buttons(page))
        await self._keep_ids(items, messages)
        return sent

    def _listed(self, slot: Slot, page: Page, hits: Sequence[Hit], *, is_told_below: bool = False) -> Listed:
        where = "" if is_told_below or len(page.hits) == page.total else position(page)
        return Listed(hits, slot.chat, page.counts, page.verdict, page.first, where, self._zone)

    async def _item(self, hit: Hit) -> Item | None:
        """None for a photo that must not be sent again (its chat protects content) or cannot be read."""
        photo = hit.photo
        if photo.protected:
            return None
        if photo.kind is FileKind.PHOTO:
            return Item(hit, photo.file_id)
        if photo.photo_file_id is not None:
            return Item(hit, photo.photo_file_id)
        return await self._uploaded(hit)

    async def _uploaded(self, hit: Hit) -> Item | None:
        try:
            return Item(hit, await self._searcher.preview(hit.photo))
        except (FileError, ImageRefused) as exc:
            log.warning("Photo %s cannot be shown: %s", hit.photo.id, exc)
            return None

    async def _keep_ids(self, items: Sequence[Item], sent: Sequence[Message]) -> None:
        """A file that was uploaded once is sent by the id of that upload from now on."""
        for item, message in zip(items, sent, strict=False):
            if isinstance(item.media, bytes) and message.photo:
                largest = message.photo[-1]
                await self._archive.resendable(item.hit.photo, largest.file_id, largest.file_unique_id)


def in_order(hits: Sequence[Hit]) -> list[Hit]:
    """As an answer lists them: those that may be sent again first, so that numbers count the photos of the album."""
    return sorted(hits, key=lambda hit: hit.photo.protected)


def _as_its_chat_is(page: Page, slot: Slot) -> Page:
    """A chat that protects its content now protects also what was posted before; what was protected stays so."""
    if not slot.is_protected:
        return page
    hits = tuple(replace(hit, photo=replace(hit.photo, protected=True)) for hit in page.hits)
    return replace(page, hits=hits)


def _listed_first(items: Sequence[Item], page: Page) -> list[Hit]:
    """The hits of the page in the order of an answer's list, whose numbers count its pictures."""
    hits = [item.hit for item in items]
    return hits + [hit for hit in page.hits if hit not in hits]


def _media(item: Item, caption: str | None) -> InputMediaPhoto:
    mode = None if caption is None else ParseMode.HTML
    return InputMediaPhoto(item.media, caption, mode, has_spoiler=item.hit.photo.spoiler)


def _message_of(photo: Photo, slot: Slot) -> int | None:
    """The message of a photo that cannot be shown, to reply to, where its id is one of this chat. An imported one has a
    link where it has such an id, and may be long gone: an answer that replies to nothing would puzzle everybody."""
    is_here = photo.origin_chat_id == slot.chat.id and photo.kind is not FileKind.DISK
    return photo.message_id if is_here else None
