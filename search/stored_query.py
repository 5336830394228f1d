"""A query as text that is kept with its question, and back: as little of it as buttons need.

Of a photo asked about only its place is kept. Its file ids and caption stand in its row, and go with it when somebody
wants it forgotten.
"""

import hashlib
from dataclasses import dataclass, replace
from functools import cache

from pydantic import TypeAdapter

from search.errors import QuestionError
from search.query import Like, Query
from search.records import Photo, PhotoPost
from storage.photos import Photos


class PhotoNotKept(QuestionError):
    """I no longer have the photo you asked about. Reply to a photo with /similar to ask again."""


@dataclass(frozen=True, slots=True)
class StoredQuery:
    """A query without its photo, and where that stands."""

    query: Query
    like: tuple[int, int] | None = None
    """Chat and message."""

    @classmethod
    def of(cls, query: Query) -> "StoredQuery":
        """Forgets the photo itself."""
        if not isinstance(query.subject, Like):
            return cls(query)
        post = query.subject.post
        return cls(replace(query, subject=None), (post.chat_id, post.message_id))

    @classmethod
    def parse(cls, text: str) -> "StoredQuery":
        """From `dump`; fields that are new since then have their defaults."""
        return _form().validate_json(text)

    def dump(self) -> str:
        """As JSON."""
        return _form().dump_json(self, exclude_defaults=True).decode()

    async def restored(self, photos: Photos) -> Query:
        """The query with its photo.

        Raises:
            PhotoNotKept: it was never in the archive, or is no longer.
        """
        if self.like is None:
            return self.query
        photo = await photos.find(*self.like)
        if photo is None:
            raise PhotoNotKept
        return replace(self.query, subject=like(photo))


def like(photo: Photo) -> Like:
    """The question for others like a photo of the archive."""
    return Like(
        PhotoPost(
            chat_id=photo.origin_chat_id,
            message_id=photo.message_id,
            sender=photo.sender,
            date=photo.date,
            kind=photo.kind,
            file_id=photo.file_id,
            file_unique_id=photo.file_unique_id,
            mime_type=photo.mime_type,
            sizes=photo.sizes,
        )
    )


def fingerprint(asked: Query | str) -> str:
    """Equal for equal questions, which cannot be read from it; a string is what could not be understood."""
    text = asked.encode() if isinstance(asked, str) else _whole().dump_json(asked)
    return hashlib.sha256(text).hexdigest()


@cache
def _form() -> TypeAdapter[StoredQuery]:
    return TypeAdapter(StoredQuery)


@cache
def _whole() -> TypeAdapter[Query]:
    return TypeAdapter(Query)
