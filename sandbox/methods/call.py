"""One Bot API call on its way to the function that carries it out."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sandbox.parameters import Parameters
from sandbox.users import Bot
from sandbox.world import World


@dataclass(frozen=True)
class MethodCall:
    """Who calls, in which world, with what."""

    world: World
    bot: Bot
    parameters: Parameters


Method = Callable[[MethodCall], Awaitable[Any]]
"""Returns the `result` of the response, or raises an ApiError."""
