"""The reason for a hit: where its words were found. Written down only for what is shown, five of some hundred."""

from collections.abc import Callable
from dataclasses import dataclass

from search.snippet import snippet
from storage.records import TextSource
from storage.texts import Found


@dataclass(frozen=True, slots=True, eq=False)
class Quotation:
    """A text in which words were found."""

    text: Found
    place: Callable[[str], int]
    """Where in the folded text they stand."""

    def told(self) -> str:
        """For people to read: "in the caption: …"."""
        where = "in the caption" if self.text.source is TextSource.CAPTION else "text in the picture"
        return f"{where}: “{snippet(self.text.text, self.text.folded, self.place(self.text.folded))}”"
