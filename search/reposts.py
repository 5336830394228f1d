"""Was a picture posted before, in this chat?"""

from collections.abc import Sequence

from search.duplicates import Duplicates
from search.errors import ChatNotSearchable
from search.fingerprint import Fingerprint
from search.pictures import Pictures
from search.records import Photo, PhotoPost, PhotoState, Posting
from storage.chats import Chats
from storage.fingerprints import Fingerprints
from storage.photos import Photos


class Reposts:
    """Finds every post of a picture in one chat: of equal files, and of what is the same picture to people."""

    def __init__(
        self, chats: Chats, photos: Photos, fingerprints: Fingerprints, duplicates: Duplicates, pictures: Pictures
    ) -> None:
        self._chats = chats
        self._photos = photos
        self._fingerprints = fingerprints
        self._duplicates = duplicates
        self._pictures = pictures

    async def of(self, chat_id: int, post: PhotoPost) -> tuple[Photo, ...]:
        """The other posts of a post's picture in the archive of the chat where somebody asks, earliest first. The
        post may be of another chat, or older than the bot's stay.

        Raises:
            ChatNotSearchable
            FileError, ImageRefused: the picture is not known and could not be read.
        """
        chat = await self._chats.get(chat_id)
        if chat is not None and chat.migrated_to is not None:
            return await self.of(chat.migrated_to, post)
        if chat is not None and chat.left_at is not None:
            raise ChatNotSearchable
        image_id = await self._photos.known_image(post.file_unique_id)
        images = set() if image_id is None else {image_id}
        fingerprint = await self._fingerprint(chat_id, post, image_id)
        if fingerprint is not None:
            images.update(await self._duplicates.same(chat_id, fingerprint))
        posts = await self._fingerprints.postings(chat_id, list(images))
        return await self._others(chat_id, posts, (post.chat_id, post.message_id))

    async def before(self, photo: Photo) -> tuple[Photo, ...]:
        """The earlier posts of a photo's picture in its chat, earliest first; none where the photo is gone itself."""
        posts = await self._duplicates.posts(photo.chat_id, [photo.image_id])
        if all(post.id != photo.id for post in posts):
            return ()
        others = await self._others(photo.chat_id, posts, (photo.origin_chat_id, photo.message_id))
        return tuple(other for other in others if (other.date, other.id) < (photo.date, photo.id))

    async def _fingerprint(self, chat_id: int, post: PhotoPost, image_id: int | None) -> Fingerprint | None:
        """Kept, or made now: the picture may be unknown, or known from a time when none were made."""
        if image_id is not None:
            kept = (await self._fingerprints.get([image_id])).get(image_id)
            if kept is not None:
                return Fingerprint.from_bytes(kept) if kept else None
        made = (await self._pictures.seen(post)).fingerprint
        if image_id is not None:
            await self._fingerprints.store({image_id: made})
            self._duplicates.learnt(chat_id, image_id)
        return Fingerprint.from_bytes(made) if made else None

    async def _others(self, chat_id: int, posts: Sequence[Posting], itself: tuple[int, int]) -> tuple[Photo, ...]:
        rows = await self._photos.get([post.id for post in posts])
        found = [rows[post.id] for post in posts if post.id in rows]
        return tuple(
            photo
            for photo in found
            if (photo.chat_id, photo.state) == (chat_id, PhotoState.INDEXED)
            and (photo.origin_chat_id, photo.message_id) != itself
        )
