"""Questions: /search, /similar, a photo with such a caption, and plain words in a private chat."""

from dataclasses import dataclass

from telegram import Message

from handlers import activity
from handlers.commands import words_after
from handlers.errors import Context
from handlers.posts import external_photo, photo_post, replied_message
from handlers.replies import Replies
from search.errors import EmptyQuestion, QuestionError
from search.query import Like, Query, Words
from search.searcher import Searcher


@dataclass(frozen=True, slots=True)
class AnswerSettings:
    """How answers look where a chat has not said otherwise."""

    photos: int = 5
    """1 to 10, what an album holds; each counts against Telegram's flood limits."""


class NoPhotoThere(QuestionError):
    """There is no photo in the message you replied to. Reply to a photo, or send one with the caption /similar."""


class UnreadableKind(QuestionError):
    """I cannot read pictures of that kind. Send it as a photo, or as a JPEG, PNG, WebP, AVIF or GIF file."""


class NothingToCompare(QuestionError):
    """Similar to what? Reply to a photo with /similar, or send a photo with the caption /similar."""


class Queries:
    """Understands a message as a question and has it answered."""

    def __init__(self, searcher: Searcher, replies: Replies, settings: AnswerSettings) -> None:
        self._searcher = searcher
        self._replies = replies
        self._settings = settings

    async def search(self, message: Message, context: Context) -> None:
        """/search words; without words, as a reply to a photo or as a photo's caption, the same as /similar."""
        words = words_after(message)
        if words.strip():
            await self._answer(message, context, Words.parse(words))
        else:
            await self._answer(message, context, _photo_meant(message, EmptyQuestion()))

    async def similar(self, message: Message, context: Context) -> None:
        """/similar as a reply to a photo, or as a photo's caption."""
        await self._answer(message, context, _photo_meant(message, NothingToCompare()))

    async def plain_words(self, message: Message, context: Context) -> None:
        """Words in a private chat."""
        await self._answer(message, context, Words.parse(message.text or ""))

    async def _answer(self, message: Message, context: Context, subject: Words | Like) -> None:
        query = Query(message.chat.id, subject, self._settings.photos, asked_in=message.message_id)
        async with activity.shown(context.bot, message):
            await self._replies.show(context.bot, message, await self._searcher.answer(query))


def _photo_meant(message: Message, nothing: QuestionError) -> Like:
    """The photo the command stands on, else the one it replies to."""
    own = photo_post(message)
    if own is not None:
        return Like(own)
    if message.document is not None:
        raise UnreadableKind
    replied = replied_message(message)
    post = photo_post(replied) if replied is not None else external_photo(message)
    if post is not None:
        return Like(post)
    if replied is None:
        raise nothing
    raise NoPhotoThere if replied.document is None else UnreadableKind
