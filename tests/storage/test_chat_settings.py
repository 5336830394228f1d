"""What the admins of a chat decided: kept, read through one door, and taken along."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from search.privacy import Privacy
from storage.chat_records import ChatInfo
from storage.chat_settings import ChatSettings
from storage.chats import Chats
from storage.database import Database
from storage.erasure import Erasure
from storage.photos import Photos
from tests.storage.builders import GROUP, NOON

BASIC = ChatInfo(-4_001, "group", "Family")
SUPER = ChatInfo(-1_001_999_888_777, "supergroup", "Family")
OPERATORS = ChatSettings(photos=7)


@pytest.fixture
def chats(database: Database) -> Chats:
    return Chats(database, OPERATORS)


async def test_a_chat_without_a_choice_ignores_the_operator(chats: Chats) -> None:
    """Unknown chats too have the operator's defaults."""
    await chats.saw(GROUP, NOON)
    assert await chats.settings(GROUP.id) == await chats.settings(-5) == OPERATORS


async def test_a_choice_is_gone_after_a_restart(chats: Chats, database: Database) -> None:
    """Each choice stands beside the earlier ones, in this process and in the next."""
    await chats.choose(GROUP, {"ocr": False}, NOON)
    now = await chats.choose(GROUP, {"repost_notice": True}, NOON)
    assert now == ChatSettings(photos=7, ocr=False, repost_notice=True)
    assert await chats.settings(GROUP.id) == now
    assert await Chats(database, OPERATORS).settings(GROUP.id) == now


async def test_a_choice_pins_what_was_not_chosen(chats: Chats, database: Database) -> None:
    """Only the choice is kept: when the operator changes a default, the chat follows in everything else."""
    await chats.choose(GROUP, {"ocr": False}, NOON)
    assert await Chats(database, ChatSettings(photos=3)).settings(GROUP.id) == ChatSettings(photos=3, ocr=False)


@pytest.mark.parametrize(
    "forged", [{"photos": 0}, {"photos": 11}, {"photos": True}, {"ocr": 1}, {"indexing": "no"}, {"owner": True}]
)
async def test_a_forged_choice_is_kept(forged: dict[str, object], chats: Chats, database: Database) -> None:
    """What is no setting, or of a wrong kind, changes nothing and is not stored."""
    await chats.choose(GROUP, {"photos": 2}, NOON)
    assert await chats.choose(GROUP, forged, NOON) == ChatSettings(photos=2)
    assert await Chats(database, OPERATORS).settings(GROUP.id) == ChatSettings(photos=2)


async def test_a_supergroup_forgets_what_its_group_chose(chats: Chats) -> None:
    """The choices move along, and whoever asks by the old id gets the new chat's, also after a new choice."""
    await chats.choose(BASIC, {"photos": 2}, NOON)
    await chats.settings(SUPER.id)
    await chats.migrate(BASIC.id, SUPER, NOON)
    assert await chats.settings(SUPER.id) == await chats.settings(BASIC.id) == ChatSettings(photos=2)
    await chats.choose(BASIC, {"photos": 9}, NOON)  # a button of the old group's last message
    assert await chats.settings(SUPER.id) == await chats.settings(BASIC.id) == ChatSettings(photos=9)


async def test_the_second_word_of_a_migration_undoes_a_choice(chats: Chats) -> None:
    """What the supergroup chose in between stays."""
    await chats.choose(BASIC, {"photos": 2}, NOON)
    await chats.migrate(BASIC.id, SUPER, NOON)
    await chats.choose(SUPER, {"photos": 9}, NOON)
    await chats.migrate(BASIC.id, SUPER, NOON)
    assert await chats.settings(SUPER.id) == ChatSettings(photos=9)


async def test_a_chat_that_was_erased_keeps_its_settings(chats: Chats, database: Database) -> None:
    """It begins anew when it returns, also in the process that erased it."""
    await chats.choose(GROUP, {"photos": 2}, NOON)
    await chats.left(GROUP.id, NOON)
    assert await chats.settings(GROUP.id) == ChatSettings(photos=2)
    index: Any = None  # there are no photos to take out of it
    await Privacy(Erasure(database), chats, Photos(database), index).abandon(NOON + timedelta(days=31))
    await chats.saw(GROUP, NOON + timedelta(days=32))
    assert await chats.settings(GROUP.id) == OPERATORS
