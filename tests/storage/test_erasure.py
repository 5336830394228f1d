"""Deleting for good, on both kinds of database; and that nothing of a chat is left out of it."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import BigInteger, Connection, Integer, Select, func, inspect, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import erasure
from storage.chat_records import ChatInfo
from storage.chats import Chats
from storage.database import Database
from storage.embeddings import Embeddings
from storage.erasure import KEPT, OF_A_CHAT, Erasure
from storage.index_records import Place
from storage.photos import Photos
from storage.questions import Questions
from storage.records import PhotoPost, Sender
from storage.remains import Files, Remains
from storage.schema import chats, facts, images, metadata, photos, readings, vectors
from tests.storage.builders import GROUP, MODEL, NOON, POST, added, indexed, post, question

OTHER = ChatInfo(-1_009_999_999_999, "supergroup", "Others")
OF_AN_IMAGE = frozenset({vectors, readings})
"""Go with the image, by the database's own cascade; and images go when no photo shows them any more."""


async def drained(erased: AsyncIterator[list[Place]]) -> list[Place]:
    return [place async for places in erased for place in places]


async def chat_of_every_photo(database: Database) -> list[int]:
    async with database.reading() as connection:
        return list(await connection.scalars(select(photos.c.chat_id).order_by(photos.c.id)))


async def test_a_purge_reaches_into_other_chats(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the chat's own photos go, in however many batches; a picture that is also elsewhere keeps its vector."""
    monkeypatch.setattr(erasure, "BATCH", 5)
    here = [post(number, file=f"own-{number}") for number in range(2, 14)]
    shared = [post(1, file="shared"), post(1, chat_id=OTHER.id, file="shared")]
    entries = await indexed(database, *shared)
    for one in here:
        await added(Photos(database), one)
    assert len(await drained(Erasure(database).purge(GROUP.id))) == 13
    assert await chat_of_every_photo(database) == [OTHER.id]
    assert list(await Embeddings(database, MODEL).vectors([entries[0].image_id])) == [entries[0].image_id]
    assert await Photos(database).add(here[5]) is None, "purged is not taken up again"


async def test_an_opt_out_lets_the_next_photo_in(database: Database) -> None:
    """Here or everywhere, past and future, until it is undone; other people's photos stay."""
    store, forgetting = Photos(database), Erasure(database)
    ann, bob = POST.sender, Sender(8, "Bob")
    for one in (post(1), replace(post(2), sender=bob), post(3, chat_id=OTHER.id)):
        await added(store, one)
    assert len(await drained(forgetting.opt_out(7, GROUP.id))) == 1
    assert await store.add(post(4)) is None
    assert await chat_of_every_photo(database) == [GROUP.id, OTHER.id]
    assert len(await drained(forgetting.opt_out(7))) == 1
    assert await store.add(post(5, chat_id=OTHER.id)) is None
    assert await forgetting.opted_out(7) == {0, GROUP.id}
    await forgetting.opt_in(7)
    await added(store, post(6))
    assert ann.id == 7


async def test_what_was_asked_before_a_migration_is_done_in_the_old_chat(database: Database) -> None:
    """Done after it, opting out and purging reach what was moved, and what comes to the new chat."""
    store, forgetting = Photos(database), Erasure(database)
    for number, sender in enumerate((POST.sender, Sender(8, "Bob")), start=1):
        await added(store, replace(post(number, chat_id=-5), sender=sender))
    await Chats(database).migrate(-5, GROUP, NOON)
    assert len(await drained(forgetting.opt_out(7, -5))) == 1
    assert await store.add(post(3)) is None
    await forgetting.opt_in(7, -5)
    await added(store, post(4))
    assert len(await drained(forgetting.purge(-5))) == 2
    assert await chat_of_every_photo(database) == []


async def test_questions_of_a_group_that_migrated_stay_in_files(database: Database) -> None:
    """They are deleted then, and their bytes are due to go."""
    await Questions(database).keep(question(1, chat_id=-5))
    await Chats(database).migrate(-5, GROUP, NOON)
    assert await Remains(database).since(Files.DATABASE) is not None


async def test_a_chat_that_returned_is_erased(database: Database) -> None:
    """What was left long enough ago goes, with the group it once was; who came back in time keeps everything."""
    known = Chats(database)
    await known.joined(ChatInfo(-5, "group", "Once"), NOON)
    await known.migrate(-5, GROUP, NOON)
    for chat in (GROUP, OTHER):
        await known.joined(chat, NOON)
        await added(Photos(database), post(1, chat_id=chat.id))
        await known.left(chat.id, NOON)
    await known.joined(OTHER, NOON + timedelta(days=29))
    assert len(await drained(Erasure(database).abandon(NOON + timedelta(hours=1)))) == 1
    assert await chat_of_every_photo(database) == [OTHER.id]
    async with database.reading() as connection:
        assert list(await connection.scalars(select(chats.c.id))) == [OTHER.id]


async def test_a_chat_that_is_left_amid_a_sweep_leaves_photos_without_a_chat(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its row stays until its photos are gone: they could be searched, and no sweep would find them."""
    known, sweeping = Chats(database), Erasure(database)
    await known.joined(GROUP, NOON)
    await added(Photos(database), post(1))
    erase_rest = sweeping._erase_rest

    async def left_just_now(chat_ids: Select[Any]) -> None:
        await known.left(GROUP.id, NOON)
        await erase_rest(chat_ids)

    monkeypatch.setattr(sweeping, "_erase_rest", left_just_now)
    assert await drained(sweeping.abandon(NOON + timedelta(hours=1))) == []
    assert await known.get(GROUP.id) is not None
    assert len(await drained(sweeping.abandon(NOON + timedelta(hours=1)))) == 1
    assert await known.get(GROUP.id) is None


async def test_photos_within_their_time_are_erased(database: Database) -> None:
    """The limit itself is still kept."""
    for number in range(3):
        await added(Photos(database), post(number, minutes=number))
    assert len(await drained(Erasure(database).expire(NOON + timedelta(minutes=1)))) == 1


async def test_what_a_deletion_leaves_in_files_is_not_noted(database: Database) -> None:
    """Noted with the deletion until the files have been written anew; what comes meanwhile stays noted."""
    remains, store = Remains(database), Photos(database)
    await added(store, post(1))
    assert not any([await remains.since(file) for file in Files])
    await store.remove(GROUP.id, 1)
    since = await remains.since(Files.INDEX)
    assert since is not None
    await remains.begun(Files.INDEX)
    assert await remains.since(Files.INDEX) == since, "not done yet: a crash must not lose it"
    await added(store, post(2))
    await store.remove(GROUP.id, 2)
    await remains.removed(Files.INDEX)
    assert (await remains.since(Files.INDEX) or since) > since
    assert await remains.since(Files.DATABASE) == since


async def _columns(connection: AsyncConnection) -> dict[str, set[str]]:
    """Of every table there really is, virtual ones included."""

    def described(sync: Connection) -> dict[str, set[str]]:
        there = inspect(sync)
        return {name: {column["name"] for column in there.get_columns(name)} for name in there.get_table_names()}

    return await connection.run_sync(described)


async def test_a_new_table_is_forgotten_by_erasure(sqlite: Database) -> None:
    """Every table belongs to a chat, to an image, or holds nothing of people. Whoever adds one decides here."""
    async with sqlite.reading() as connection:
        there = await _columns(connection)
    known = {chats, photos, images, facts, *KEPT, *OF_A_CHAT, *OF_AN_IMAGE}
    assert {name for name in there if not name.startswith(("alembic_", "sqlite_"))} == {table.name for table in known}
    assert {name for name, columns in there.items() if "chat_id" in columns} <= {
        table.name for table in (photos, *KEPT, *OF_A_CHAT)
    }
    assert set(metadata.sorted_tables) == known


def test_what_outlives_its_chat_says_more_than_ids() -> None:
    """Numbers only, in the tables that no erasure empties."""
    for table in KEPT:
        assert {type(column.type) for column in table.columns} <= {BigInteger, Integer}


async def test_an_image_leaves_something_behind(database: Database) -> None:
    """Deleting the last photo of an image deletes what is known of both, of whatever kind."""
    await indexed(database, post(1))
    await drained(Erasure(database).forget(GROUP.id, [1]))
    async with database.reading() as connection:
        for table in (images, *OF_AN_IMAGE):
            assert await connection.scalar(select(func.count()).select_from(table)) == 0, table.name


@pytest.mark.parametrize("seed", range(3))
async def test_copies_of_deleted_rows_stay_in_the_database_file(sqlite: Database, sqlite_url: str, seed: int) -> None:
    """`secure_delete` misses copies that page splits leave; the rewriting misses none."""
    chance, store = random.Random(seed), Photos(sqlite)
    live: list[PhotoPost] = []
    gone: set[str | None] = set()
    for number in range(1, 300):
        caption = f"secret-{seed}-{number:04}-" + "x" * chance.choice([5, 300, 1_500])
        if live and chance.random() < 0.4:
            edited = live.pop(chance.randrange(len(live)))
            gone.add(edited.caption)
            if chance.random() < 0.5:
                await store.remove(GROUP.id, edited.message_id)
                continue
            live.append(replace(edited, caption=caption))
            await store.edit(live[-1])
        else:
            live.append(replace(post(number), caption=caption))
            await store.add(live[-1])
    assert await sqlite.rewrite()
    path = Path(sqlite_url.removeprefix("sqlite+aiosqlite:///"))
    data = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    assert [text for text in gone if text and text.rpartition("-")[0].encode() in data] == []
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM photos").fetchone() == (len(live),)
