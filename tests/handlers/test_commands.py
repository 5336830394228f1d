"""Commands as Telegram writes them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from telegram import Chat, Message, MessageEntity, User

from handlers.commands import people_after, words_after


@pytest.mark.parametrize("gap", [" ", "  ", "\n", "\t", "\u00a0", "\u3000"])
def test_the_first_word_after_another_kind_of_space_is_lost(gap: str) -> None:
    """The command ends where Telegram says that it ends, not at the first blank."""
    command = MessageEntity(MessageEntity.BOT_COMMAND, 0, len("/search"))
    message = Message(1, datetime.now(UTC), Chat(1, "private"), text=f"/search{gap}red car", entities=[command])
    assert words_after(message).split() == ["red", "car"]


@pytest.mark.parametrize("field", ["text", "caption"])
def test_a_person_picked_from_a_list_is_looked_for_in_the_wrong_place(field: str) -> None:
    """Telegram counts places in UTF-16 from the start of the message; an emoji before the name is two of its units."""
    text = "/search 🚗🚗 from:Ann Lee"
    ann = MessageEntity(
        MessageEntity.TEXT_MENTION, len("/search ____ from:"), len("Ann Lee"), user=User(42, "Ann", False)
    )
    command = MessageEntity(MessageEntity.BOT_COMMAND, 0, len("/search"))
    entities = "entities" if field == "text" else "caption_entities"
    said: dict[str, Any] = {field: text, entities: [command, ann]}
    message = Message(1, datetime.now(UTC), Chat(1, "private"), **said)
    [mention] = people_after(message)
    assert mention.user_id == 42
    assert words_after(message)[mention.start : mention.end] == "Ann Lee"
