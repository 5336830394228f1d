"""What was asked: words or a photo, of one chat. Understanding richer questions grows here."""

from dataclasses import dataclass, field
from enum import StrEnum

from search.errors import EmptyQuestion, QuestionTooLong
from search.records import PhotoPost
from storage.filters import Filters

__all__ = ["MAX_PHOTOS", "MAX_QUESTION_CHARACTERS", "Filters", "Like", "Query", "Sort", "Words", "bounded"]

MAX_QUESTION_CHARACTERS = 256
"""Models read 64–77 tokens, about that many characters of English; Telegram's inline queries have the same limit."""

MAX_PHOTOS = 10
"""What an album holds."""


def bounded(text: str) -> str:
    """A text that a model reads to its end.

    Raises:
        QuestionTooLong
    """
    if len(text) > MAX_QUESTION_CHARACTERS:
        raise QuestionTooLong(len(text), MAX_QUESTION_CHARACTERS)
    return text


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
        return cls(bounded(folded))


@dataclass(frozen=True, slots=True)
class Like:
    """A photo to find the like of. It need not be in the archive: it may have been posted before the bot came."""

    post: PhotoPost


class Sort(StrEnum):
    """In which order hits are shown."""

    BEST = "best"
    NEWEST = "new"
    OLDEST = "old"


@dataclass(frozen=True, slots=True)
class Query:
    """One question in one chat."""

    chat_id: int
    subject: Words | Like | None
    """None: everything that the filters leave."""
    count: int = 5
    """How many photos one page of the answer may have."""

    asked_in: int | None = None
    """The id of the asking message: a photo sent with the question is not its own answer."""

    words: str | None = None
    """Beside a photo: what should be different about it ("same but at night")."""
    minus: tuple[str, ...] = ()
    """What to steer away from."""
    text: tuple[str, ...] = ()
    """Phrases that must stand in the caption or in the picture."""
    filters: Filters = field(default_factory=Filters)
    sort: Sort = Sort.BEST
