"""Which chats the bot is in, and what becomes of their archives."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from storage.chat_records import ChatInfo
from storage.chats import Chats
from storage.database import Database
from storage.photos import Photos
from storage.schema import chats as chats_table
from tests.storage.builders import GROUP, NOON, added, post

BASIC = ChatInfo(-4_001, "group", "Family")
SUPER = ChatInfo(-1_001_999_888_777, "supergroup", "Family")
LATER = NOON + timedelta(hours=1)
LATEST = NOON + timedelta(hours=2)


@pytest.fixture
def chats(database: Database) -> Chats:
    return Chats(database)


async def test_a_chat_is_unknown_after_a_message(chats: Chats) -> None:
    """The first message makes the chat known; a new title replaces the old one, the day of joining stays."""
    await chats.saw(GROUP, NOON)
    await chats.saw(replace(GROUP, title="Friends", username=None), LATER)
    chat = await chats.get(GROUP.id)
    assert chat is not None
    assert (chat.title, chat.username, chat.joined_at, chat.left_at) == ("Friends", None, NOON, None)


async def test_an_unchanged_chat_costs_a_write_per_message(chats: Chats, database: Database) -> None:
    """Seeing a chat as it was writes nothing."""
    await chats.saw(GROUP, NOON)
    async with database.transaction() as connection:
        await connection.execute(update(chats_table).values(title="changed behind its back"))
    await chats.saw(GROUP, LATER)
    chat = await chats.get(GROUP.id)
    assert chat is not None
    assert chat.title == "changed behind its back"


async def test_a_chat_stays_searchable_after_it_removed_the_bot(chats: Chats) -> None:
    """Leaving is noted with its moment, once; an older message on its way does not undo it."""
    await chats.saw(GROUP, NOON)
    await chats.left(GROUP.id, LATER)
    await chats.left(GROUP.id, LATEST)
    await chats.saw(GROUP, NOON)
    chat = await chats.get(GROUP.id)
    assert chat is not None
    assert chat.left_at == LATER


async def test_a_chat_that_took_the_bot_back_stays_left(chats: Chats) -> None:
    """Joining again, or a message later than the departure, makes the chat a present one."""
    for returns in (chats.joined, chats.saw):
        await chats.joined(GROUP, NOON)
        await chats.left(GROUP.id, LATER)
        await returns(GROUP, LATEST)
        chat = await chats.get(GROUP.id)
        assert chat is not None
        assert chat.left_at is None


async def test_leaving_an_unknown_chat_fails(chats: Chats) -> None:
    """Nothing is known of it afterwards either."""
    await chats.left(-5, NOON)
    assert await chats.get(-5) is None


async def test_a_group_that_becomes_a_supergroup_loses_its_archive(chats: Chats, photos: Photos) -> None:
    """Its photos move, keeping the ids of their messages; the old chat is left and points at the new one."""
    old = await added(photos, post(1, chat_id=BASIC.id))
    other = await added(photos, post(1, chat_id=GROUP.id))
    assert await chats.migrate(BASIC.id, SUPER, LATER) == (old.id,)
    moved = await photos.get([old.id, other.id])
    assert (moved[old.id].chat_id, moved[old.id].origin_chat_id) == (SUPER.id, BASIC.id)
    assert moved[other.id].chat_id == GROUP.id
    left = await chats.get(BASIC.id)
    assert left is not None
    assert (left.left_at, left.migrated_to) == (LATER, SUPER.id)


async def test_the_second_word_of_a_migration_moves_something_again(chats: Chats, photos: Photos) -> None:
    """Telegram says it in both chats: the second time nothing happens, also to photos posted in between."""
    await added(photos, post(1, chat_id=BASIC.id))
    await chats.migrate(BASIC.id, SUPER, LATER)
    between = await added(photos, post(1, chat_id=SUPER.id))
    assert await chats.migrate(BASIC.id, SUPER, LATEST) == ()
    assert (await photos.get([between.id]))[between.id] == between
    left = await chats.get(BASIC.id)
    assert left is not None
    assert left.left_at == LATER


async def test_two_chats_use_the_same_message_ids(chats: Chats, photos: Photos) -> None:
    """Message ids start again in a supergroup: both photos number 1 are found, each by its chat."""
    old = await added(photos, post(1, chat_id=BASIC.id))
    await chats.migrate(BASIC.id, SUPER, LATER)
    new = await added(photos, post(1, chat_id=SUPER.id))
    for photo in (old, new):
        found = await photos.find(photo.origin_chat_id, 1)
        assert found is not None
        assert (found.id, found.chat_id) == (photo.id, SUPER.id)


async def test_a_late_update_of_the_old_group_is_lost_to_the_supergroup(chats: Chats, photos: Photos) -> None:
    """A photo of the old group that is handled after the migration joins the archive, also after a second."""
    last = ChatInfo(-1_001_555_444_333, "supergroup", "Family")
    await chats.migrate(BASIC.id, SUPER, LATER)
    assert (await added(photos, post(1, chat_id=BASIC.id))).chat_id == SUPER.id
    await chats.migrate(SUPER.id, last, LATEST)
    await chats.joined(BASIC, NOON)
    late = await added(photos, post(2, chat_id=BASIC.id))
    assert (late.chat_id, late.origin_chat_id) == (last.id, BASIC.id)
    assert (await photos.counts(last.id)).waiting == 2
