"""What the bot keeps of its chats: photos as they are posted, edited and taken back, and the chats themselves.

Every method returns once SQL has committed, so that whoever calls it may confirm to Telegram. All of them may be
called twice with the same thing: after a crash Telegram hands it over again.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from search.duplicates import Duplicates
from search.records import ChatCounts, ChatInfo, ChatSettings, Photo, PhotoPost
from search.retention import Retention
from storage.chats import Chats
from storage.photos import Photos
from storage.vectors import VectorIndex


class Archive:
    """The write side of the domain. Tells the indexer (`wake`) when there is something to do."""

    def __init__(
        self,
        chats: Chats,
        photos: Photos,
        index: VectorIndex,
        duplicates: Duplicates,
        wake: Callable[[], None],
        retention: Retention,
    ) -> None:
        self._chats = chats
        self._photos = photos
        self._index = index
        self._duplicates = duplicates
        self._wake = wake
        self._retention = retention

    async def seen(self, chat: ChatInfo, at: datetime) -> None:
        """Something happened in a chat: its title or username may be new."""
        await self._chats.saw(chat, at)

    async def joined(self, chat: ChatInfo, at: datetime) -> None:
        """The bot is a member; what it kept from an earlier stay can be searched again."""
        await self._chats.joined(chat, at)

    async def left(self, chat_id: int, at: datetime) -> None:
        """The bot is no longer a member; nothing of the chat can be searched."""
        await self._chats.left(chat_id, at)

    async def admit(self, chat_id: int, by: int) -> None:
        """An owner let the bot into a chat that is known."""
        await self._chats.admit(chat_id, by)

    async def admitted_by(self, chat_id: int) -> int | None:
        """Who let the bot into a chat, where that was noted."""
        chat = await self._chats.get(chat_id)
        return None if chat is None else chat.admitted_by

    async def former_ids(self, chat_id: int) -> tuple[int, ...]:
        """The ids of the groups that a chat once was."""
        return await self._chats.former_ids(chat_id)

    async def migrated(self, old_chat_id: int, new: ChatInfo, at: datetime) -> None:
        """A group became a supergroup with another id and takes its archive along."""
        moved = await self._chats.migrate(old_chat_id, new, at)
        if moved:
            await self._index.move(moved, old_chat_id, new.id)
            self._duplicates.forget(new.id)

    async def posted(self, post: PhotoPost) -> None:
        """A photo was posted: kept as pending before anything else happens to it; not, where indexing is off."""
        if self._retention.is_past(post.date) or not (await self.settings(post.chat_id)).indexing:
            return
        if await self._photos.add(post) is not None:
            self._wake()

    async def edited(self, post: PhotoPost) -> None:
        """A message with a photo was edited: another caption, or another picture to index.

        Where indexing is off, a new caption is taken over and a new picture only drives the old one out.
        """
        if self._retention.is_past(post.date):
            await self.taken_back(post.chat_id, post.message_id)
            return
        if not (await self.settings(post.chat_id)).indexing:
            known = await self._photos.find(post.chat_id, post.message_id)
            if known is None or known.file_unique_id != post.file_unique_id:
                await self.taken_back(post.chat_id, post.message_id)
                return
        edit = await self._photos.edit(post)
        if edit is None:
            return
        if edit.image_changed:
            await self._index.remove([edit.photo.id], edit.photo.chat_id)
            self._wake()
        else:
            await self._index.describe(edit.photo)

    async def taken_back(self, chat_id: int, message_id: int) -> None:
        """A message that held a photo holds none any more."""
        photo = await self._photos.remove(chat_id, message_id, is_taken_back=True)
        if photo is not None:
            await self._index.remove([photo.id], photo.chat_id)

    async def settings(self, chat_id: int) -> ChatSettings:
        """What a chat's admins decided."""
        return await self._chats.settings(chat_id)

    async def chat(self, chat_id: int) -> ChatInfo | None:
        """What is known of a chat; None for one that is not, or that the bot has left."""
        chat = await self._chats.get(chat_id)
        if chat is None or chat.left_at is not None:
            return None
        return ChatInfo(chat.id, chat.kind, chat.title, chat.username)

    async def choose(self, chat: ChatInfo, choices: Mapping[str, Any], at: datetime) -> ChatSettings:
        """An admin chose; what is not a setting, or of a wrong kind, is passed over. Returns what holds now."""
        return await self._chats.choose(chat, choices, at)

    async def counts(self, chat_id: int) -> ChatCounts:
        """How many photos of a chat are indexed, waiting and failed."""
        return await self._photos.counts(chat_id)

    async def resendable(self, photo: Photo, file_id: str, file_unique_id: str) -> None:
        """Keeps the id under which a picture that is no photo at Telegram can be sent as one from now on, and by what
        that photo is known again: people may reply to it."""
        await self._photos.keep_photo_file_id(photo.image_id, file_id, file_unique_id)
