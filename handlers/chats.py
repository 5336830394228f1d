"""Coming into chats, and photos sent in private: the bot says that it is there and what it keeps."""

import logging

from telegram import Bot, ChatMember, ChatMemberUpdated, Message, Update
from telegram.error import TelegramError

from handlers.errors import Context, is_stale
from handlers.help import introduction
from handlers.membership import has_joined
from handlers.posts import photo_post
from handlers.queries import UnreadableKind
from handlers.replies import Replies
from handlers.stats import PAUSED
from search.archive import Archive
from search.privacy import Privacy
from search.records import ChatCounts

log = logging.getLogger(__name__)

REMEMBERED_ALBUMS = 256
"""Albums whose acknowledgement is remembered: each of their photos arrives as a message of its own."""
OPTED_OUT = "You have opted out, so I do not keep this photo. /optin changes that."


class Chats:
    """Introductions and acknowledgements. What is stored is `handlers.intake`'s business."""

    def __init__(self, archive: Archive, privacy: Privacy, replies: Replies) -> None:
        self._archive = archive
        self._privacy = privacy
        self._replies = replies
        self._acknowledged: dict[str, None] = {}

    async def membership(self, update: Update, context: Context) -> None:
        """Introduces the bot in a group that it has just joined. Channels are not talked into."""
        change = update.my_chat_member
        if change is None or not has_joined(change) or change.chat.type not in ("group", "supergroup"):
            return
        if is_stale(change.date):
            return
        sees_photos = _sees_photos(change, context.bot)
        if not sees_photos:
            log.warning("Privacy mode hides the photos of chat %s from the bot", change.chat.id)
        try:
            await context.bot.send_message(
                change.chat.id, introduction(change.chat.title, sees_photos), parse_mode=None
            )
        except TelegramError as exc:
            log.info("Chat %s could not be greeted: %s", change.chat.id, exc.message)

    async def private_photo(self, message: Message, context: Context) -> None:
        """Acknowledges a photo sent in private, an album once."""
        if photo_post(message) is None:
            raise UnreadableKind
        album = message.media_group_id
        if album is not None and album in self._acknowledged:
            return
        if album is not None:
            self._acknowledged[album] = None
            if len(self._acknowledged) > REMEMBERED_ALBUMS:
                self._acknowledged.pop(next(iter(self._acknowledged)))
        if await self._privacy.opted_out(message.chat.id, message.chat.id):
            await self._replies.say(context.bot, message, OPTED_OUT)
            return
        if not (await self._archive.settings(message.chat.id)).indexing:
            await self._replies.say(context.bot, message, PAUSED)
            return
        counts = await self._archive.counts(message.chat.id)
        await self._replies.say(context.bot, message, _acknowledgement(counts))


def _sees_photos(change: ChatMemberUpdated, bot: Bot) -> bool:
    is_admin = change.new_chat_member.status == ChatMember.ADMINISTRATOR
    return is_admin or bool(bot.bot.can_read_all_group_messages)


def _acknowledgement(counts: ChatCounts) -> str:
    known = counts.indexed + counts.waiting
    return "Remembered. Send me words to find it again." if known <= 1 else f"Remembered: {known:,} photos so far."
