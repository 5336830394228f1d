"""Whose ids a chat's messages have, when it was a basic group before.

Telegram Desktop exports such a supergroup as one chat, the group's messages first, and takes 1,000,000,000 from their
ids (`kMigratedMessagesIdShift` in its export_data_types.cpp): they are negative, in their order, and never meet the
supergroup's own. Two exports that somebody put together have no such shift: there the ids start again behind the
service message by which the supergroup begins, and the same is done here.
"""

from history.picture import integer

SHIFT = -1_000_000_000
_BEGINNING = "migrate_from_group"
"""The supergroup's first message."""


class Numbering:
    """Follows one chat's messages."""

    def __init__(self, starts_again: bool = False) -> None:
        """`starts_again`: what an earlier reading of this chat found."""
        self.starts_again = starts_again
        """Whether ids stood before the supergroup's first message that could be its own."""
        self._is_before = starts_again
        self._had_positive = False

    def shift(self, message: object) -> int:
        """What to add to the message's id."""
        if not isinstance(message, dict):
            return 0
        if message.get("action") == _BEGINNING:
            self.starts_again = self.starts_again or self._had_positive
            self._is_before = False
        number = integer(message.get("id"))
        self._had_positive = self._had_positive or (number is not None and number > 0)
        return SHIFT if self._is_before and number is not None and number > 0 else 0
