"""What people and chats want forgotten, and what they do not want kept. Who may ask for it is decided by handlers."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from search.records import Photo
from storage.chats import Chats
from storage.erasure import Erasure
from storage.index_records import Place
from storage.photos import Photos
from storage.schema import EVERYWHERE
from storage.stand_ins import Moment
from storage.vectors import VectorIndex

ABANDONED = timedelta(days=30)
"""After that a chat that removed the bot is erased."""


@dataclass(frozen=True, slots=True)
class OptOut:
    """Where a sender wants no photos kept."""

    here: bool
    everywhere: bool

    def __bool__(self) -> bool:
        return self.here or self.everywhere


class Privacy:
    """Forgets at once what people see; the bytes in files are gone when `search.sweeper` has been there."""

    def __init__(self, erasure: Erasure, chats: Chats, photos: Photos, index: VectorIndex) -> None:
        self._erasure = erasure
        self._chats = chats
        self._photos = photos
        self._index = index

    async def forget(self, chat_id: int, *message_ids: int, moment: Moment | None = None) -> int:
        """The photos of these messages, for good: edited or handed over again they are not taken up.

        With the `moment` of a message, the photos that an import brought, or will bring, without its number.

        Returns how many were known.
        """
        return await self._unlisted(self._erasure.forget(chat_id, message_ids, moment))

    async def album(self, chat_id: int, message_id: int, media_group_id: str | None) -> list[Photo]:
        """The photos that were posted together with a message's, its own included; without an album none."""
        if media_group_id is None:
            return []
        return await self._photos.album(chat_id, message_id, media_group_id)

    async def postings(self, chat_id: int, file_unique_id: str) -> list[Photo]:
        """Every posting of a picture in a chat."""
        return await self._photos.by_file(chat_id, file_unique_id)

    async def opt_out(self, sender_id: int, chat_id: int | None, said_at: datetime, name: str = "") -> int:
        """A sender's photos in a chat (None: in all): those posted until it was said, and future ones. By `name` also
        those of which an export told nothing else.

        Returns how many were forgotten.
        """
        place = EVERYWHERE if chat_id is None else chat_id
        return await self._unlisted(self._erasure.opt_out(sender_id, place, said_at, name))

    async def opt_in(self, sender_id: int, chat_id: int | None) -> None:
        """From now on, in a chat or in all. What was forgotten stays so."""
        await self._erasure.opt_in(sender_id, EVERYWHERE if chat_id is None else chat_id)

    async def opted_out(self, sender_id: int, chat_id: int) -> OptOut:
        """What a sender has said about a chat."""
        chats = await self._erasure.opted_out(sender_id)
        return OptOut(chat_id in chats, EVERYWHERE in chats)

    async def purge(self, chat_id: int) -> int:
        """Every photo and question of a chat. Returns how many photos."""
        return await self._unlisted(self._erasure.purge(chat_id))

    async def expire(self, before: datetime) -> int:
        """Photos posted before a moment, in all chats."""
        return await self._unlisted(self._erasure.expire(before))

    async def abandon(self, now: datetime) -> int:
        """Chats that removed the bot long enough ago."""
        count = await self._unlisted(self._erasure.abandon(now - ABANDONED))
        self._chats.forget_cached()
        return count

    async def _unlisted(self, erased: AsyncIterator[list[Place]]) -> int:
        """Each batch is out of the index before the next is deleted."""
        count = 0
        async for places in erased:
            count += len(places)
            in_order = sorted(places, key=_chat)
            for chat_id, of_chat in groupby(in_order, key=_chat):
                await self._index.remove([place.photo_id for place in of_chat], chat_id)
        return count


def _chat(place: Place) -> int:
    return place.chat_id
