"""What calls of a collection have in common, wherever they are done."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from storage.collection import Collection

P = ParamSpec("P")
T = TypeVar("T")


class Calls(ABC):
    """Names a collection's methods to whoever does them, with the types that they have."""

    async def write(self, call: Callable[Concatenate[Collection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """A call that changes something: one after the other."""
        result: T = await self._on(call.__name__, args, kwargs, is_write=True)
        return result

    async def ask(self, call: Callable[Concatenate[Collection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """A call that changes nothing: two at a time, beside a write."""
        result: T = await self._on(call.__name__, args, kwargs, is_write=False)
        return result

    @abstractmethod
    async def _on(self, name: str, args: Any, kwargs: Any, *, is_write: bool) -> Any:
        """What the method of that name returns."""
