"""Answers a question from the photos of the chat in which it was asked, and from no other."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from search.embedder import Embedding
from search.encoding import Encoding
from search.errors import ChatNotSearchable
from search.once import EmbeddedOnce
from search.pictures import Pictures
from search.query import Like, Query, Words
from search.ranking import Hit, hits
from search.records import ChatCounts, Photo, PhotoPost
from search.verdict import Verdict
from storage.chats import Chats
from storage.photos import Photos
from storage.vectors import VectorIndex

SPARE = 3
"""Neighbours asked for per wanted hit at first: reposts of one picture collapse into one hit."""
WIDER = 4
"""How much wider the net is cast each time that collapsing left too few."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found, and what might have been missed."""

    hits: tuple[Hit, ...]
    counts: ChatCounts
    verdict: Verdict = Verdict.SURE
    ranking: tuple[int, ...] = ()
    """Ids of the photos of every hit, those shown first included, in the order in which pages show them."""


class Searcher:
    """The read side of the domain."""

    def __init__(
        self,
        chats: Chats,
        photos: Photos,
        once: EmbeddedOnce,
        index: VectorIndex,
        pictures: Pictures,
        encoding: Encoding,
    ) -> None:
        self._chats = chats
        self._photos = photos
        self._once = once
        self._index = index
        self._pictures = pictures
        self._encoding = encoding

    async def answer(self, query: Query) -> Answer:
        """The best-matching photos of the query's chat.

        Raises:
            QuestionError: with a sentence for the asker.
            FileError, ImageRefused: the photo asked about could not be read.
        """
        chat = await self._chats.get(query.chat_id)
        if chat is not None and chat.migrated_to is not None:  # asked just before the group became a supergroup
            return await self.answer(replace(query, chat_id=chat.migrated_to))
        if chat is not None and chat.left_at is not None:
            raise ChatNotSearchable
        counts = await self._photos.counts(query.chat_id)
        if not counts.indexed:
            return Answer((), counts)
        if isinstance(query.subject, Words):
            embedding = await self._encoding.words(query.subject.text)
            return Answer(await self._best(query, embedding, ()), counts)
        if query.subject is None:
            return Answer((), counts)
        known = await self._photos.known_image(query.subject.post.file_unique_id)
        embedding = await self._embedding_of(query.subject, known)
        return Answer(await self._best(query, embedding, () if known is None else (known,)), counts)

    async def preview(self, post: PhotoPost | Photo) -> bytes:
        """See `Pictures.preview`."""
        return await self._pictures.preview(post)

    async def _embedding_of(self, like: Like, known: int | None) -> Embedding:
        if known is None:  # posted before the bot came, or in no chat of ours
            return await self._computed(like)

        async def compute(_: Sequence[int]) -> Embedding:
            return (await self._computed(like)).reshape(1, -1)

        return (await self._once.embed([known], compute))[known]

    async def _computed(self, like: Like) -> Embedding:
        return await self._encoding.question_photo(await self._pictures.pixels(like.post))

    async def _best(self, query: Query, embedding: Embedding, exclude: Collection[int]) -> tuple[Hit, ...]:
        wanted = SPARE * query.count
        while True:
            neighbours = await self._index.nearest(query.chat_id, embedding, wanted, exclude)
            photos = await self._photos.get([neighbour.photo_id for neighbour in neighbours])
            found = [hit for hit in hits(query.chat_id, neighbours, photos) if not _asking(hit, query)]
            if len(found) >= query.count or len(neighbours) < wanted:
                return tuple(found[: query.count])
            wanted *= WIDER


def _asking(hit: Hit, query: Query) -> bool:
    """Whether the hit is the very message that asks."""
    return hit.photo.message_id == query.asked_in and hit.photo.origin_chat_id == query.chat_id
