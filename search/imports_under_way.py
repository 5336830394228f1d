"""What is being imported just now, for those who ask in the chat."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class Reading:
    """How far an export is read."""

    of: int
    """Pictures of the export."""
    done: int = 0


class ImportsUnderWay:
    """Of this process, by chat. What is read and not yet indexed is known to SQL."""

    def __init__(self) -> None:
        self._reading: dict[int, Reading] = {}

    @contextmanager
    def reading(self, chat_id: int, of: int) -> Iterator[Reading]:
        """An export is read into a chat, for as long as the block."""
        reading = self._reading[chat_id] = Reading(of)
        try:
            yield reading
        finally:
            if self._reading.get(chat_id) is reading:
                del self._reading[chat_id]

    def of(self, chat_id: int) -> Reading | None:
        """The one into a chat."""
        return self._reading.get(chat_id)
