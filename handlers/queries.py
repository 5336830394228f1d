"""Questions: /search, /similar, a photo with such a caption, and plain words in a private chat."""

from dataclasses import replace
from datetime import tzinfo

from telegram import Message

from handlers.answers import Answers
from handlers.commands import people_after, words_after
from handlers.errors import Context
from handlers.posts import external_photo, photo_post, replied_message, sender
from search.archive import Archive
from search.errors import EmptyQuestion, OnlyMinus, QuestionError
from search.language import Question, parse
from search.query import Like, Query, Words
from search.senders import Senders


class NoPhotoThere(QuestionError):
    """There is no photo in the message you replied to. Reply to a photo, or send one with the caption /similar."""


class UnreadableKind(QuestionError):
    """I cannot read pictures of that kind. Send it as a photo, or as a JPEG, PNG, WebP, AVIF or GIF file."""


class NothingToCompare(QuestionError):
    """Similar to what? Reply to a photo with /similar, or send a photo with the caption /similar."""


class Queries:
    """Understands a message as a question and has it answered."""

    def __init__(self, senders: Senders, archive: Archive, answers: Answers, zone: tzinfo) -> None:
        self._senders = senders
        self._archive = archive
        self._answers = answers
        self._zone = zone

    async def search(self, message: Message, context: Context) -> None:
        """/search, or plain words in a private chat: about words, a photo, both, or neither where there are filters."""
        await self._answers.answer(context.bot, message, lambda: self.understood(message, EmptyQuestion()))

    async def similar(self, message: Message, context: Context) -> None:
        """/similar as a reply to a photo, or as a photo's caption."""

        async def understood() -> Query:
            query = await self.understood(message, NothingToCompare())
            if not isinstance(query.subject, Like):
                raise NothingToCompare
            return query

        await self._answers.answer(context.bot, message, understood)

    async def no_question(self, message: Message, context: Context) -> None:
        """A message that was edited and is no question of ours. If it was one, its answer goes with it."""
        await self._answers.take_back(context.bot, message)

    async def understood(self, message: Message, nothing: QuestionError) -> Query:
        """What a message asks.

        Raises:
            QuestionError: with a sentence for the asker; `nothing` where nothing is asked.
        """
        asked = parse(words_after(message), people_after(message), self._zone)
        like = _photo_meant(message, asked)
        if like is None and asked.is_empty:
            raise _why_not(message, nothing)
        if like is None and asked.minus and not asked.words:
            raise OnlyMinus
        chat_id = message.chat.id
        people = await self._senders.ids(chat_id, asked.people, sender(message).id)
        return Query(
            chat_id,
            like or (Words(asked.words) if asked.words else None),
            asked.count or (await self._archive.settings(chat_id)).photos,
            asked_in=message.message_id,
            words=asked.words or None if like is not None else None,
            minus=asked.minus,
            text=asked.text,
            filters=replace(asked.filters, sender_ids=people),
            **({} if asked.sort is None else {"sort": asked.sort}),
        )


def _photo_meant(message: Message, asked: Question) -> Like | None:
    """The photo the question stands on, else the one it replies to; None where it is about no photo."""
    own = photo_post(message)
    if own is not None:
        return Like(own)
    replied = replied_message(message)
    if replied is not None and replied.is_automatic_forward and not asked.is_empty:
        return None  # below a channel's photo every comment "replies" to it
    post = photo_post(replied) if replied is not None else external_photo(message)
    return None if post is None else Like(post)


def _why_not(message: Message, nothing: QuestionError) -> QuestionError:
    """Why a message without words is about no photo."""
    replied = replied_message(message)
    if message.document is not None or (replied is not None and replied.document is not None):
        return UnreadableKind()
    return nothing if replied is None else NoPhotoThere()
