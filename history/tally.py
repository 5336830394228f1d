"""What a chat of an export holds, counted as it is read."""

from collections import Counter
from datetime import datetime

from history.records import ExportedChat, ExportedPhoto, Missing, Skipped


class Tally:
    """Counts one chat; constant memory, however many messages it has."""

    def __init__(self) -> None:
        self.last_id: int | None = None
        """Of the last picture: where reading broke off, if it did."""
        self._photos = 0
        self._missing: Counter[Missing] = Counter()
        self._skipped: Counter[Skipped] = Counter()
        self._first: datetime | None = None
        self._last: datetime | None = None

    def add(self, found: ExportedPhoto | Skipped | None) -> None:
        """What one message showed."""
        if isinstance(found, Skipped):
            self._skipped[found] += 1
        elif found is not None:
            self._add_photo(found)

    def chat(self, chat_id: int, name: str, kind: str, has_left: bool) -> ExportedChat:
        """The chat, as far as it was read."""
        return ExportedChat(
            id=chat_id,
            name=name,
            kind=kind,
            photos=self._photos,
            missing=dict(self._missing),
            skipped=dict(self._skipped),
            first=self._first,
            last=self._last,
            has_left=has_left,
        )

    def _add_photo(self, photo: ExportedPhoto) -> None:
        self.last_id = photo.message_id
        if photo.missing_reason is None:
            self._photos += 1
        else:
            self._missing[photo.missing_reason] += 1
        self._first = photo.date if self._first is None else min(self._first, photo.date)
        self._last = photo.date if self._last is None else max(self._last, photo.date)
