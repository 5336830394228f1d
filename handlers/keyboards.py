"""The buttons under an answer: what they show, and what they say when they are pressed.

They name places in the answer, never a question, a chat or a person: whose answer it is follows from the message
under which they stand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from handlers.callback_data import PAGES
from search.page import Page
from search.query import Sort
from search.ranking import Hit


class Action(StrEnum):
    """What a button asks for."""

    MORE = "more"
    BACK = "back"
    REORDER = "order"
    CHOOSE = "choose"
    """Show the numbers of the photos."""
    SIMILAR = "like"
    STAY = "stay"
    """Show the usual buttons again."""
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Pressed:
    """A pressed button."""

    action: Action
    place: int = 0
    """A place in the ranking, or of `SIMILAR` the id of a photo."""

    @classmethod
    def parse(cls, data: str) -> "Pressed | None":
        """None for what no button of ours says."""
        action, _, place = data.removeprefix(PAGES).partition(":")
        if action not in list(Action) or not (place.isascii() and place.isdecimal() and len(place) < 19):
            return None
        return cls(Action(action), int(place))

    def data(self) -> str:
        """At most 64 bytes: the longest id has 19 digits."""
        return f"{PAGES}{self.action}:{self.place}"


def answer_buttons(page: Page) -> InlineKeyboardMarkup:
    """Those of an answer."""
    view = page.question.view
    turning = []
    if page.has_earlier:
        turning.append(_button("‹ Back", Action.BACK, view.start))
    if page.has_later:
        turning.append(_button("More ›", Action.MORE, view.end))
    acting = [_button("Similar…", Action.CHOOSE, view.start)] if page.hits else []
    if page.sort is not None and (page.total > 1 or page.sort is not Sort.BEST):
        label = "Newest first" if page.sort is Sort.BEST else "Best first"
        acting.append(_button(label, Action.REORDER))
    acting.append(_button("Close", Action.CLOSE))
    return InlineKeyboardMarkup([row for row in (turning, acting) if row])


def number_buttons(page: Page, hits: Sequence[Hit]) -> InlineKeyboardMarkup:
    """One for each photo of the page, by its number in the list."""
    numbers = [_button(str(number), Action.SIMILAR, hit.photo.id) for number, hit in enumerate(hits, start=page.first)]
    rows = [numbers[at : at + 5] for at in range(0, len(numbers), 5)]
    return InlineKeyboardMarkup([*rows, [_button("‹ Back", Action.STAY, page.question.view.start)]])


def _button(label: str, action: Action, place: int = 0) -> InlineKeyboardButton:
    return InlineKeyboardButton(label, callback_data=Pressed(action, place).data())
