"""What the admins of a chat may decide for it: one record, its defaults and the form in which it is kept.

Nothing else is a setting of a chat; what the operator decides stands in `bot.settings`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self

MOST_PHOTOS = 10
"""What an album holds."""


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """How the bot behaves in one chat."""

    photos: int = 5
    """Photos per answer, 1 to 10; where the chat has not chosen, what the operator set."""
    repost_notice: bool = False
    """Whether a photo that was posted before is answered with a word of that."""
    ocr: bool = True
    """Whether text is read from pictures; never, where the operator has switched that off."""
    indexing: bool = True
    """Whether new photos are kept. Off, those already kept can still be found."""

    def chosen(self, choices: Mapping[str, Any] | None) -> Self:
        """With these choices made, as far as they are valid."""
        return replace(self, **valid(choices or {}))


def valid(choices: Mapping[str, Any]) -> dict[str, Any]:
    """Without those that no setting has, or of a wrong kind: they come from another version of this program, or from
    a forged button."""
    known = {field.name for field in fields(ChatSettings)}
    return {name: value for name, value in choices.items() if name in known and _fits(name, value)}


def _fits(name: str, value: object) -> bool:
    if name == "photos":
        return type(value) is int and 1 <= value <= MOST_PHOTOS
    return type(value) is bool
