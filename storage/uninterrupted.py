"""Units of work that are not torn in the middle. Nothing of SQL enters here."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)


def uninterrupted(work: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """A unit of work that is carried to its end even if whoever asked for it is cancelled meanwhile.

    A statement whose caller is cancelled goes on in the driver's thread, and SQLite's write lock with it: the next
    writer waited 10 s for nobody.
    """

    @wraps(work)
    async def whole(*args: P.args, **kwargs: P.kwargs) -> T:
        task = asyncio.create_task(work(*args, **kwargs))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            while not task.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait({task})
            if not task.cancelled() and (error := task.exception()) is not None:
                log.warning("Work of a task that was cancelled failed: %s", error)
            raise

    return whole
