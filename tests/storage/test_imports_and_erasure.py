"""What people decided holds against exports, on both kinds of database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from storage.chat_records import ChatInfo
from storage.chats import Chats
from storage.database import Database
from storage.erasure import Erasure
from storage.errors import ArchiveClosed
from storage.imports import Imports
from storage.index_records import Place
from storage.photos import Photos
from storage.records import Sender
from storage.schema import AT_ONCE, taken_back
from storage.schema import chats as chats_table
from storage.stand_ins import Moment, stand_in
from storage.standings import Standing
from tests.storage.builders import GROUP, HISTORY, NOON, added, exported, post


async def drained(erased: AsyncIterator[list[Place]]) -> list[Place]:
    return [place async for places in erased for place in places]


async def test_an_import_brings_back_what_people_had_forgotten(
    imports: Imports, photos: Photos, database: Database
) -> None:
    """A message that was forgotten, and whoever opted out here or everywhere, stay out, and what may be theirs; others
    come in."""
    await drained(Erasure(database).forget(GROUP.id, [1]))
    await drained(Erasure(database).opt_out(8, GROUP.id))
    await drained(Erasure(database).opt_out(9))
    posts = [
        exported(1),
        exported(2, sender=Sender(8, "Bob")),
        exported(3, sender=Sender(9, "Cid")),
        exported(4, sender=Sender(None, "Bob")),
        exported(5),
    ]
    wanted = [Standing.FORGOTTEN, Standing.OPTED_OUT, Standing.OPTED_OUT, Standing.NOBODYS, Standing.NEW]
    assert [one.standing for one in await imports.judged(GROUP.id, posts)] == wanted
    assert await imports.add(GROUP.id, posts) == wanted
    assert (await photos.counts(GROUP.id)).waiting == 1


async def test_an_import_brings_back_what_was_forgotten_under_another_number(
    imports: Imports, photos: Photos, database: Database
) -> None:
    """In a basic group an export knows messages by who posted them when; so does what was forgotten there, live photos,
    imported ones and those that nobody had seen. A supergroup's numbers are everybody's."""
    group, history, ann = -5, stand_in(-5), post(1).sender.id
    assert ann is not None
    await added(photos, post(1, chat_id=group, minutes=1))
    await imports.add(group, [exported(900, origin=history, date=NOON + timedelta(minutes=2))])
    await drained(Erasure(database).forget(group, [1]))
    await drained(Erasure(database).forget(group, [77], Moment(ann, NOON + timedelta(minutes=2))))
    await drained(Erasure(database).forget(group, [78], Moment(ann, NOON + timedelta(minutes=3))))
    await drained(Erasure(database).forget(GROUP.id, [1], Moment(ann, NOON + timedelta(minutes=4))))
    assert (await photos.counts(group)).waiting == 0
    posts = [exported(901 + n, origin=history, date=NOON + timedelta(minutes=1 + n)) for n in range(4)]
    wanted = [Standing.FORGOTTEN] * 3 + [Standing.NEW]
    assert await imports.add(group, posts) == wanted


async def test_a_migration_loses_what_was_imported(imports: Imports, photos: Photos, database: Database) -> None:
    """It moves along, and another run knows it there."""
    await imports.add(-5, [exported(1, origin=HISTORY)])
    await Chats(database).migrate(-5, GROUP, NOON)
    assert (await photos.counts(GROUP.id)).waiting == 1
    assert await imports.unfinished(-5, AT_ONCE - timedelta(days=1)) == (0, 1)
    assert await imports.add(GROUP.id, [exported(1, origin=HISTORY)]) == [Standing.IMPORTED]


async def test_a_migration_amid_an_import_leaves_what_nothing_erases(
    imports: Imports, photos: Photos, database: Database
) -> None:
    """What comes after it goes to the supergroup, whose opt-outs and purge hold for it."""
    await imports.add(-5, [exported(1, origin=HISTORY)])
    await Chats(database).migrate(-5, GROUP, NOON)
    await drained(Erasure(database).opt_out(8, GROUP.id))
    posts = [exported(2, origin=HISTORY), exported(3, origin=HISTORY, sender=Sender(8, "Bob"))]
    assert [one.standing for one in await imports.judged(-5, posts)] == [Standing.NEW, Standing.OPTED_OUT]
    assert await imports.add(-5, posts) == [Standing.NEW, Standing.OPTED_OUT]
    assert (await photos.counts(GROUP.id)).waiting == 2
    assert await imports.waiting([-5], NOON) == 2
    assert len(await drained(Erasure(database).purge(-5))) == 2
    with pytest.raises(ArchiveClosed, match="/purge"):
        await imports.add(-5, [exported(4, origin=HISTORY)])


async def test_photos_that_have_only_a_name_outlive_an_opt_out(
    imports: Imports, photos: Photos, database: Database
) -> None:
    """A name that one person has had here is that person's; opting out takes along what only the name is known of, by
    the name of now and those of before."""
    ann, bob = Sender(7, "Ann"), Sender(8, "Bob")
    for number, sender in enumerate((ann, replace(ann, name="Ann Lee"), bob, Sender(9, "Twin"), Sender(10, "Twin"))):
        await added(photos, replace(post(number + 1), sender=sender))
    assert await imports.people(GROUP.id) == {"Ann": 7, "Ann Lee": 7, "Bob": 8}
    names = ("Ann", "Ann Lee", "Ann Leeson", "Bob")
    posts = [exported(number, sender=Sender(None, name)) for number, name in enumerate(names, start=11)]
    assert await imports.add(GROUP.id, posts) == [Standing.NEW] * 4
    await drained(Erasure(database).opt_out(7, GROUP.id, name="Ann Leeson"))
    assert await imports.add(GROUP.id, posts) == [*[Standing.FORGOTTEN] * 3, Standing.IMPORTED]


async def test_what_lies_under_a_former_id_is_never_erased(photos: Photos, database: Database) -> None:
    """Should anything be written there after all, it goes with the supergroup: at a purge, and when that is left."""
    chats = Chats(database)
    for former in (-6, -7):
        await chats.joined(ChatInfo(former, "group", "Old friends"), NOON)
        await chats.migrate(former, GROUP, NOON)
        async with database.transaction() as connection:
            await connection.execute(update(chats_table).where(chats_table.c.id == former).values(migrated_to=None))
        await added(photos, post(1, chat_id=former))
        async with database.transaction() as connection:
            values = {"migrated_to": GROUP.id}
            await connection.execute(update(chats_table).where(chats_table.c.id == former).values(values))
        if former == -6:
            assert len(await drained(Erasure(database).purge(GROUP.id))) == 1
    await chats.left(GROUP.id, NOON)
    assert len(await drained(Erasure(database).abandon(NOON + timedelta(days=1)))) == 1
    assert await chats.every() == []


async def test_an_import_goes_on_in_a_chat_that_wants_none(
    imports: Imports, photos: Photos, database: Database
) -> None:
    """After a purge, without indexing, without the bot, and when the chat has been erased, each with its reason; one
    that begins after a purge goes on."""
    chats, erasure = Chats(database), Erasure(database)
    before = await imports.purges(GROUP.id)
    await imports.add(GROUP.id, [exported(1)], before)
    await drained(erasure.purge(GROUP.id))
    with pytest.raises(ArchiveClosed, match="/purge"):
        await imports.add(GROUP.id, [exported(2)], before)
    before = await imports.purges(GROUP.id)
    assert await imports.add(GROUP.id, [exported(1), exported(2)], before) == [Standing.FORGOTTEN, Standing.NEW]
    await chats.choose(GROUP, {"indexing": False}, NOON)
    with pytest.raises(ArchiveClosed, match="/settings"):
        await imports.add(GROUP.id, [exported(3)], before)
    await chats.choose(GROUP, {"indexing": True}, NOON)
    await chats.left(GROUP.id, NOON)
    with pytest.raises(ArchiveClosed, match="removed"):
        await imports.add(GROUP.id, [exported(3)], before)
    await drained(erasure.abandon(NOON + timedelta(days=1)))
    with pytest.raises(ArchiveClosed, match="removed"):
        await imports.add(GROUP.id, [exported(3)], before)
    assert (await photos.counts(GROUP.id)).waiting == 0


async def test_a_photo_that_was_edited_away_comes_back_with_an_export(
    imports: Imports, photos: Photos, database: Database
) -> None:
    """Also in a basic group, where the export has another number for it; edited back, it is known again."""
    await added(photos, post(1))
    await added(photos, post(1, chat_id=-5))
    for chat_id in (GROUP.id, -5):
        assert await photos.remove(chat_id, 1, is_taken_back=True) is not None
    assert await imports.add(GROUP.id, [exported(1)]) == [Standing.TAKEN_BACK]
    older = exported(900, origin=stand_in(-5), date=post(1).date)
    assert await imports.add(-5, [older]) == [Standing.TAKEN_BACK]
    assert await photos.edit(post(1)) is not None
    assert await photos.edit(post(1, chat_id=-5)) is not None
    assert await imports.add(GROUP.id, [exported(1)]) == [Standing.LIVE]
    assert await imports.add(-5, [older]) == [Standing.LIVE]
    async with database.reading() as connection:
        assert await connection.scalar(select(func.count()).select_from(taken_back)) == 0
