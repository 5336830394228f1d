"""A Chroma that fails on demand, as the real one does when its files are damaged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from storage.chroma_errors import translated
from storage.chroma_process import ChromaProcess
from storage.collection import Collection

P = ParamSpec("P")
T = TypeVar("T")


class Sick(ChromaProcess):
    """A real collection in a real process, whose calls fail while told to."""

    failing = False
    trouble = "Failed to apply logs to the hnsw segment writer"
    asked = 0

    async def begin(self, call: Callable[Concatenate[Collection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See `ChromaProcess`."""
        await self._meet(call.__name__)
        return await super().begin(call, *args, **kwargs)

    async def write(self, call: Callable[Concatenate[Collection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See `ChromaProcess`."""
        await self._meet(call.__name__)
        return await super().write(call, *args, **kwargs)

    async def ask(self, call: Callable[Concatenate[Collection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See `ChromaProcess`."""
        await self._meet(call.__name__)
        return await super().ask(call, *args, **kwargs)

    async def _meet(self, name: str) -> None:
        self.asked += name == "query"
        if self.failing and name in {"query", "upsert", "delete"}:
            translated(self._fail)

    def _fail(self) -> None:
        raise RuntimeError(self.trouble)
