"""What an update asks to be kept, kept before the update is confirmed to Telegram. Answers nobody."""

from telegram import Message, Update

from handlers.access import Access
from handlers.membership import is_absent
from handlers.own_photos import OwnPhotos
from handlers.posts import chat_info, photo_post
from search.archive import Archive
from search.records import ChatInfo


class Intake:
    """Reads every update once, as it arrives. May read the same update twice: Telegram may hand it over again."""

    def __init__(self, archive: Archive, access: Access, own_photos: OwnPhotos) -> None:
        self._archive = archive
        self._access = access
        self._own_photos = own_photos

    async def keep(self, update: Update) -> None:
        """Returns once everything is committed.

        Raises:
            StorageError: nothing may be confirmed.
        """
        change = update.my_chat_member
        if change is not None and is_absent(change.new_chat_member):
            await self._archive.left(change.chat.id, change.date)
        elif not await self._access.admits(update):
            return
        elif change is not None:
            await self._archive.joined(chat_info(change.chat), change.date)
            if (owner := self._access.admitting_owner(update)) is not None:
                await self._archive.admit(change.chat.id, owner)
        elif (edited := update.edited_message or update.edited_channel_post) is not None:
            await self._edited(edited)
        elif (message := update.message or update.channel_post) is not None:
            await self._posted(message)

    async def _posted(self, message: Message) -> None:
        if message.migrate_to_chat_id is not None:
            new = ChatInfo(message.migrate_to_chat_id, "supergroup", message.chat.title)
            await self._archive.migrated(message.chat.id, new, message.date)
            return
        if message.migrate_from_chat_id is not None:
            await self._archive.migrated(message.migrate_from_chat_id, chat_info(message.chat), message.date)
            return
        if message.left_chat_member is None:  # the word of the bot's own removal shows no return
            await self._archive.seen(chat_info(message.chat), message.date)
        post = photo_post(message)
        if post is not None:
            await self._archive.posted(post)
        await self._own_photos.obey(message)

    async def _edited(self, message: Message) -> None:
        """Telegram also reports edits that change nothing people see, such as a new reaction count."""
        post = photo_post(message)
        if post is not None:
            await self._archive.edited(post)
        elif message.effective_attachment is not None:
            await self._archive.taken_back(message.chat.id, message.message_id)
