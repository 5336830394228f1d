"""Was this picture posted before in this chat: /repost, and the notice for chats that want to be told unasked."""

import asyncio
import logging
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from html import escape

from telegram import Bot, LinkPreviewOptions, Message, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import TelegramError

from handlers import activity
from handlers.errors import Context
from handlers.posts import chat_info, external_photo, photo_post, replied_message
from handlers.render import day, message_link, shortened, upright
from handlers.replies import Replies
from search.archive import Archive
from search.background import BackgroundTask
from search.errors import FileError, ImageRefused, QuestionError, StorageError
from search.records import ChatInfo, Photo, PhotoPost, PhotoSource
from search.reposts import Reposts

log = logging.getLogger(__name__)

LISTED = 10
"""Posts in a list: what people read, and far under Telegram's limit for a text."""
NAME_LIMIT = 40
FRESH = timedelta(minutes=10)
"""A photo that was posted longer ago is not news: the bot was away, or an archive is being imported."""
NOTICES = 5
WINDOW = timedelta(minutes=10)
"""So many notices a chat has in such a time at most; Telegram lets a bot send 20 messages a minute to a group."""
WAITING = 1_000
"""Photos that may wait to be looked at. In a flood there are more important things to say."""


class WhichPhoto(QuestionError):
    """Posted before – which photo? Reply to one with /repost, or send one with the caption /repost."""


class RepostCommand:
    """/repost, as a reply to a photo or as the caption of one."""

    def __init__(self, reposts: Reposts, replies: Replies, zone: tzinfo) -> None:
        self._reposts = reposts
        self._replies = replies
        self._zone = zone

    async def repost(self, message: Message, context: Context) -> None:
        """Says where the picture was posted in this chat, and in no other."""
        post = _meant(message)
        async with activity.shown(context.bot, message):
            others = await self._reposts.of(message.chat.id, post)
        chat = chat_info(message.chat)
        has_links = any(message_link(photo, chat) for photo in others)
        original = others[0] if others and not has_links else None
        await self._replies.write(context.bot, message, told(others, post, chat, self._zone), original=original)


class RepostNotices:
    """Tells a chat that wants to know of a photo, once it is indexed, that it was posted there before.

    Says it once for an album and never for an edit that leaves the picture as it is, since that indexes nothing.
    """

    def __init__(self, reposts: Reposts, archive: Archive, bot: Bot, zone: tzinfo) -> None:
        self._reposts = reposts
        self._archive = archive
        self._bot = bot
        self._zone = zone
        self._waiting: asyncio.Queue[Photo] = asyncio.Queue(WAITING)
        self._told: deque[tuple[int, int | str]] = deque(maxlen=256)
        self._recent: dict[int, deque[datetime]] = {}
        self._task = BackgroundTask("repost-notices", self._run)

    def start(self) -> None:
        """Begins to look at what is indexed."""
        self._task.start()

    async def stop(self) -> None:
        """What waits is not told any more."""
        await self._task.stop()

    def indexed(self, photos: Iterable[Photo]) -> None:
        """Photos were indexed: the fresh ones are looked at, as soon as there is time."""
        now = datetime.now(UTC)
        for photo in photos:
            if photo.source is PhotoSource.LIVE and now - photo.date < FRESH:
                with suppress(asyncio.QueueFull):
                    self._waiting.put_nowait(photo)

    async def _run(self) -> None:
        while True:
            photo = await self._waiting.get()
            try:
                await self._consider(photo)
            except (StorageError, TelegramError, FileError, ImageRefused) as exc:
                log.warning("Chat %s was not told of a repost: %s", photo.chat_id, exc)
            except Exception:
                log.exception("Chat %s was not told of a repost", photo.chat_id)

    async def _consider(self, photo: Photo) -> None:
        album = (photo.chat_id, photo.media_group_id or photo.message_id)
        if album in self._told or not (await self._archive.settings(photo.chat_id)).repost_notice:
            return
        before = await self._reposts.before(photo)
        if before and self._may_speak(photo.chat_id, datetime.now(UTC)):
            self._told.append(album)
            await self._tell(photo, before)

    def _may_speak(self, chat_id: int, now: datetime) -> bool:
        recent = self._recent.setdefault(chat_id, deque(maxlen=NOTICES))
        if len(recent) == NOTICES and now - recent[0] < WINDOW:
            return False
        recent.append(now)
        return True

    async def _tell(self, photo: Photo, before: Sequence[Photo]) -> None:
        chat = await self._archive.chat(photo.chat_id)
        if chat is None or photo.origin_chat_id != chat.id:
            return
        await self._bot.send_message(
            chat.id,
            noticed(before, chat, self._zone),
            parse_mode=ParseMode.HTML,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
            message_thread_id=photo.thread_id,
            # Not without its photo: a notice of one that was deleted meanwhile would puzzle everybody.
            reply_parameters=ReplyParameters(photo.message_id),
            disable_notification=True,
        )


def told(others: Sequence[Photo], post: PhotoPost, chat: ChatInfo, zone: tzinfo) -> str:
    """The reply to /repost, in HTML: how often before and since, and a numbered list, earliest first."""
    if not others:
        return "I know of no other post of this picture here."
    asked = (post.date, True, post.message_id)
    # A supergroup's message ids start again: within one second, what stands in the group it was comes first.
    before = sum((photo.date, photo.origin_chat_id == post.chat_id, photo.message_id) < asked for photo in others)
    since = len(others) - before
    said = [f"posted {times(before)} before" if before else "not posted before, as far as I know"]
    said += [f"{times(since)} since"] if since else []
    head = f"This picture was {', and '.join(said)}:"
    lines = [f"{number}. {_line(photo, chat, zone)}" for number, photo in enumerate(others[:LISTED], start=1)]
    more = [f"… and {len(others) - LISTED:,} more"] if len(others) > LISTED else []
    return "\n".join([head, *lines, *more])


def noticed(before: Sequence[Photo], chat: ChatInfo, zone: tzinfo) -> str:
    """The notice, in HTML."""
    return f"Posted {times(len(before))} before here, first by {_line(before[0], chat, zone, ' on ')}."


def times(number: int) -> str:
    """once, twice, 3 times"""
    return {1: "once", 2: "twice"}.get(number, f"{number:,} times")


def _line(photo: Photo, chat: ChatInfo, zone: tzinfo, between: str = ", ") -> str:
    shown = escape(f"{upright(shortened(photo.sender.name, NAME_LIMIT))}{between}{day(photo.date, zone)}")
    link = message_link(photo, chat)
    return shown if link is None else f'<a href="{escape(link)}">{shown}</a>'


def _meant(message: Message) -> PhotoPost:
    own = photo_post(message)
    if own is not None:
        return own
    replied = replied_message(message)
    post = photo_post(replied) if replied is not None else external_photo(message)
    if post is None:
        raise WhichPhoto
    return post
