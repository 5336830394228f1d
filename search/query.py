"""What was asked: words or a photo, of one chat. Understanding richer questions grows here."""

from dataclasses import dataclass

from search.errors import EmptyQuestion, QuestionTooLong
from search.records import PhotoPost

MAX_QUESTION_CHARACTERS = 256
"""Models read 64–77 tokens, about that many characters of English; Telegram's inline queries have the same limit."""


@dataclass(frozen=True, slots=True)
class Words:
    """Text to look for."""

    text: str

    @classmethod
    def parse(cls, text: str) -> "Words":
        """White space folded.

        Raises:
            EmptyQuestion, QuestionTooLong: with a sentence for the asker.
        """
        folded = " ".join(text.split())
        if not folded:
            raise EmptyQuestion
        if len(folded) > MAX_QUESTION_CHARACTERS:
            raise QuestionTooLong(len(folded), MAX_QUESTION_CHARACTERS)
        return cls(folded)


@dataclass(frozen=True, slots=True)
class Like:
    """A photo to find the like of. It need not be in the archive: it may have been posted before the bot came."""

    post: PhotoPost


@dataclass(frozen=True, slots=True)
class Query:
    """One question in one chat."""

    chat_id: int
    subject: Words | Like
    count: int = 5
    """How many photos the answer may have."""

    asked_in: int | None = None
    """The id of the asking message: a photo sent with the question is not its own answer."""
