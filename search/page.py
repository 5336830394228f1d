"""What goes in and out of `search.pages`: a message that asks, and a part of an answer."""

from dataclasses import dataclass
from datetime import datetime

from search.query import Sort
from search.ranking import Hit
from search.records import ChatCounts, Question
from search.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A message that asks: where it stands, whose it is, and in which version."""

    chat_id: int
    message_id: int
    thread_id: int | None
    asker_id: int | None
    sent_at: datetime
    edited_at: datetime | None = None

    @property
    def revision(self) -> datetime:
        """Which version of the message this is."""
        return self.edited_at or self.sent_at


@dataclass(frozen=True, slots=True)
class Page:
    """A part of an answer, about to be shown."""

    question: Question
    """As it is to be kept once the page is shown."""
    hits: tuple[Hit, ...]
    counts: ChatCounts
    first: int = 1
    """The number of the first hit in the whole answer."""
    total: int = 0
    """Of how many: those that were ranked, without those gone since."""
    is_total_known: bool = True
    """Whether that is all; a longer ranking is made when its end is reached."""
    has_later: bool = False
    sort: Sort | None = None
    """None where there is only one order, by date."""

    @property
    def verdict(self) -> Verdict:
        """What this page may claim: of photos whose texts say what was asked there is no doubt."""
        if self.hits and all(hit.reason is not None for hit in self.hits):
            return Verdict.SURE
        return Verdict(self.question.view.verdict)

    @property
    def has_earlier(self) -> bool:
        """Whether "back" leads anywhere: to an earlier page, or from similar photos to where they were asked for."""
        return self.first > 1 or bool(self.question.trail)
