"""Commands as Telegram writes them."""

from datetime import UTC, datetime

import pytest
from telegram import Chat, Message, MessageEntity

from handlers.commands import words_after


@pytest.mark.parametrize("gap", [" ", "  ", "\n", "\t", "\u00a0", "\u3000"])
def test_the_first_word_after_another_kind_of_space_is_lost(gap: str) -> None:
    """The command ends where Telegram says that it ends, not at the first blank."""
    command = MessageEntity(MessageEntity.BOT_COMMAND, 0, len("/search"))
    message = Message(1, datetime.now(UTC), Chat(1, "private"), text=f"/search{gap}red car", entities=[command])
    assert words_after(message).split() == ["red", "car"]
