"""A collection called on threads of its own: that of a Chroma server, in the bot; that of a directory, in its keeper.

Writes have one thread, so that they are done in order; questions have two, because filtered ones get no faster with
more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

from storage.chroma_calls import Calls
from storage.chroma_errors import translated
from storage.collection import Collection

P = ParamSpec("P")
T = TypeVar("T")


class Pools:
    """The threads."""

    def __init__(self) -> None:
        self._writes = ThreadPoolExecutor(1, thread_name_prefix="chroma-write")
        self._queries = ThreadPoolExecutor(2, thread_name_prefix="chroma-query")

    def submit(self, call: Callable[[], T], *, is_write: bool) -> Future[T]:
        """Its result, or VectorIndexUnavailable, sooner or later."""
        return (self._writes if is_write else self._queries).submit(translated, call)

    def stop(self) -> None:
        """Begin nothing more; what is in hand goes on."""
        self._queries.shutdown(wait=False, cancel_futures=True)
        self._writes.shutdown(wait=False, cancel_futures=True)

    def finish(self) -> None:
        """Begin nothing more, and wait for the write in hand."""
        self._queries.shutdown(wait=False, cancel_futures=True)
        self._writes.shutdown(wait=True, cancel_futures=True)


class ChromaThreads(Calls):
    """Calls a collection of this process. Every method raises VectorIndexUnavailable where Chroma fails."""

    batch = 32
    """Nobody else gets the GIL while a call is made."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._pools = Pools()

    async def begin(self, call: Callable[Concatenate[Collection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """A write that can be the first call of all."""
        return await self.write(call, *args, **kwargs)

    async def drop(self) -> None:
        """Leave nothing of it on a server."""
        await self.write(Collection.drop)

    async def close(self) -> None:
        """After the write in hand."""
        await self.write(Collection.close)

    def give_up(self) -> None:
        """Nothing can be done about a call that does not come back."""

    def stop(self) -> None:
        """For good; what hangs is left behind."""
        self._pools.stop()

    async def _on(self, name: str, args: Any, kwargs: Any, *, is_write: bool) -> Any:
        method = partial(getattr(self._collection, name), *args, **kwargs)
        return await asyncio.wrap_future(self._pools.submit(method, is_write=is_write))
