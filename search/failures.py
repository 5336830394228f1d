"""Photos that could not be indexed: shown to those who decide, and tried again when they say so."""

from collections.abc import Callable

from search.records import Photo
from storage.failures import Failures


class FailedPhotos:
    """Tells the indexer (`wake`) when there is something to do again."""

    def __init__(self, failures: Failures, wake: Callable[[], None]) -> None:
        self._failures = failures
        self._wake = wake

    async def newest(self, chat_id: int, limit: int) -> list[Photo]:
        """A chat's, latest first; each says why in its `error`."""
        return await self._failures.newest(chat_id, limit)

    async def retry(self, chat_id: int) -> int:
        """All of a chat's wait to be indexed once more; returns how many."""
        count = await self._failures.retry(chat_id)
        if count:
            self._wake()
        return count
