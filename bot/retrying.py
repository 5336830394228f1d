"""`python -m bot retry`: every photo that was given up gets another chance."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from bot.job import Job, Told
from bot.opening import open_archive
from bot.settings import Settings
from storage.failures import Failures


class Retry:
    """The job. Tells the indexer (`wake`), where one runs."""

    NAME = "retry"

    def __init__(self, failures: Failures, wake: Callable[[], None] | None = None) -> None:
        self._failures = failures
        self._wake = wake

    async def __call__(self, arguments: dict[str, Any]) -> AsyncIterator[Told]:
        """At the end: how many `photos` will be tried again."""
        count = await self._failures.retry(None)
        if count and self._wake is not None:
            self._wake()
        yield {"done": True, "photos": count}


@asynccontextmanager
async def retry_alone(settings: Settings) -> AsyncIterator[Job]:
    """The job where no bot runs: the next one tries them."""
    async with AsyncExitStack() as stack:
        yield Retry(Failures(await open_archive(stack, settings)))
