"""Which pictures of an answer Telegram takes: one that it refuses must not cost the others.

A refused album has sent nothing, so nobody sees how the refused picture is found: where no number is told, by
leaving out half of those that may be it. What was taken is sent by its id ever after, so the next answer has fewer that
may be refused.
"""

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from telegram.error import BadRequest, TelegramError

from search.ranking import Hit
from search.records import FileKind

TRIES = 6
"""Enough to find one picture of ten, without a number, among those that are taken."""
UPLOADED = 45_000_000
"""Bytes in one request: the Bot API takes 50 MB, and what is around them wants a little."""
_NUMBERED = re.compile(r"message #(\d+)")
"""Bad Request: failed to send message #2 with the error message "PHOTO_INVALID_DIMENSIONS"."""
_NOT_OF_PICTURES = re.compile(r"rights|forbidden|not allowed|chat|topic|thread|caption|entities", re.IGNORECASE)
_TOO_LARGE = "too large"


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One picture of an answer: known to Telegram by an id, or uploaded this once."""

    hit: Hit
    media: str | bytes

    @property
    def is_doubtful(self) -> bool:
        """What Telegram has as a photo of this chat, it takes; not so an upload, or the id of one that is long gone."""
        return self.hit.photo.kind is not FileKind.PHOTO

    @property
    def is_kept(self) -> bool:
        """By the id of an earlier upload."""
        return self.is_doubtful and isinstance(self.media, str)


class Attempts:
    """What to send, one attempt after the other, until one is taken."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._certain = [item for item in items if not item.is_doubtful]
        self._queue = deque([_in_one_request(items)])
        self._left = TRIES

    def next(self) -> list[Item]:
        """At last what cannot be the reason, then nothing."""
        if self._queue and self._left:
            self._left -= 1
            return self._queue.popleft()
        self._queue.clear()
        items, self._certain = self._certain, []
        return items

    def again(self, items: Sequence[Item]) -> None:
        """The same pictures, uploaded anew."""
        self._queue.appendleft(_in_one_request(items))

    def without(self, items: Sequence[Item], blamed: Sequence[Item]) -> None:
        """After `items` were refused for one or more of the `blamed`."""
        if len(blamed) == 1 and any(item.is_doubtful for item in items if item not in blamed):
            self._queue.appendleft([item for item in items if item not in blamed])
        elif len(blamed) > 1:
            middle = (len(blamed) + 1) // 2
            for out in (blamed[middle:], blamed[:middle]):
                self._queue.append([item for item in items if item not in out])


def is_refusal(error: TelegramError) -> bool:
    """Whether Telegram would not take what was sent, 413 among it; anything else may have another end next time."""
    return isinstance(error, BadRequest) or _TOO_LARGE in error.message.lower()


def blamed(items: Sequence[Item], error: TelegramError) -> list[Item]:
    """Which pictures may be why; none where it is the chat that takes no photos."""
    number = _NUMBERED.search(error.message)
    if number is not None and 1 <= int(number.group(1)) <= len(items):
        return [items[int(number.group(1)) - 1]]
    if _NOT_OF_PICTURES.search(error.message):
        return []
    return [item for item in items if item.is_doubtful]


def _in_one_request(items: Sequence[Item]) -> list[Item]:
    """As many as may be uploaded together; the others come by the next answer, when these have their ids."""
    taken, size = [], 0
    for item in items:
        more = len(item.media) if isinstance(item.media, bytes) else 0
        if size + more <= UPLOADED:
            size += more
            taken.append(item)
    return taken
