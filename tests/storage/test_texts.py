"""What is said about photos is found in its chat, and goes when it is taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from storage.chat_records import ChatInfo
from storage.chats import Chats
from storage.database import Database
from storage.erasure import Erasure
from storage.filtered import FilteredPhotos
from storage.filters import Filters
from storage.folding import fold
from storage.photos import Photos
from storage.records import PhotoPost
from storage.schema import texts
from storage.texts import TextMatches, Texts
from tests.storage.builders import GROUP, NOON, added, indexed, post


def said(message_id: int, caption: str | None, **more: object) -> PhotoPost:
    return replace(post(message_id, **more), caption=caption)  # type: ignore[arg-type]


async def _matching(
    database: Database, *needles: str, chat_id: int = GROUP.id, filters: Filters | None = None
) -> TextMatches:
    return await Texts(database).matching(chat_id, [fold(needle) for needle in needles], 10, filters or Filters())


async def _ids(database: Database, *needles: str, **more: object) -> list[int]:
    return [found.photo_id for found in (await _matching(database, *needles, **more)).found]  # type: ignore[arg-type]


async def _phrases(database: Database, *phrases: str, chat_id: int = GROUP.id) -> list[int]:
    return [int(photo_id) for photo_id in await FilteredPhotos(database).ids(chat_id, Filters(phrases=phrases))]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Straße in ŁÓDŹ, Ça va?", "STRASSE IN łódź, ca VA?"),
        ("Ёжик и Йод", "ежик И ЙОД"),
        ("ＦＵＬＬ　ｗｉｄｔｈ", "full width"),
        ("zero\u200bwidth\ufe0f", "zerowidth"),
        ("two\n lines", "two lines"),
    ],
)
def test_the_same_text_is_written_in_two_ways(text: str, asked: str) -> None:
    """Case, accents, widths, invisible characters and white space make no difference."""
    assert fold(text) == fold(asked)


def test_letters_are_folded_into_others() -> None:
    """й is no accented и, nor が an accented か."""
    assert fold("йод") != fold("иод")
    assert fold("が") != fold("か")


@pytest.mark.parametrize("needle", ["red", "ed ca", "汽车", "猫", "поезд", "100%_", "😀"])
async def test_a_part_of_a_text_is_not_found(database: Database, needle: str) -> None:
    """Words, parts of them, one or two Chinese characters, LIKE's own signs: whatever stands there."""
    first, *_ = await indexed(
        database, said(1, "My RED car: 100%_ 😀 红色汽车 и Поезд 小猫"), said(2, "else"), said(3, None)
    )
    assert await _ids(database, needle) == [first.photo_id]
    assert await _phrases(database, needle) == [first.photo_id]


async def test_a_text_of_another_chat_is_found(database: Database) -> None:
    """Neither as a match, nor as a number, nor as a phrase."""
    await indexed(database, said(1, "a secret", chat_id=-5))
    assert await _matching(database, "secret") == TextMatches(0, (0,), ())
    assert await _phrases(database, "secret") == []
    assert len(await _phrases(database, "secret", chat_id=-5)) == 1


async def test_the_rarest_words_are_cut_off(database: Database) -> None:
    """Of more texts than are asked for, those with rare words stay; frequencies count all."""
    await indexed(database, *(said(number, "common words") for number in range(1, 30)), said(30, "common and rare"))
    matches = await Texts(database).matching(GROUP.id, ["common", "rare", "absent"], 5, Filters())
    assert (matches.total, matches.frequencies) == (30, (30, 1, 0))
    assert (len(matches.found), matches.found[0].folded) == (5, "common and rare")


async def test_words_are_found_outside_of_the_filters(database: Database) -> None:
    """Only what the filters leave is found, as many as are asked for; a photo that waits is not among it."""
    early, late = await indexed(database, said(1, "a lake"), said(2, "a lake", minutes=9))
    await added(Photos(database), said(3, "a lake", minutes=10))
    filters = Filters(since=NOON + timedelta(minutes=5))
    assert await _ids(database, "lake", filters=filters) == [late.photo_id]
    assert (await Texts(database).matching(GROUP.id, ["lake"], 1, filters)).found[0].photo_id == late.photo_id
    assert (await Texts(database).matching(GROUP.id, ["lake"], 1, Filters(before=NOON))).found == ()
    assert await _phrases(database, "a lake") == [early.photo_id, late.photo_id]


async def test_a_phrase_is_found_in_pieces(database: Database) -> None:
    """Its words stand together, in this order; every phrase must be there, in any of a photo's texts."""
    both, _ = await indexed(database, said(1, "Happy\nbirthday, Anna"), said(2, "birthday, happy Anna"))
    assert await _phrases(database, "happy birthday") == [both.photo_id]
    assert await _phrases(database, "happy birthday", "ANNA") == [both.photo_id]
    assert await _phrases(database, "happy birthday", "bob") == []


async def test_an_edited_caption_is_found_by_its_old_words(database: Database, photos: Photos) -> None:
    """The new words are found, the old are gone; also where the picture changes with them."""
    await indexed(database, said(1, "old"))
    await photos.edit(said(1, "new"))
    assert (await _matching(database, "old", "new")).frequencies == (0, 1)
    await photos.edit(said(1, "newest", file="other"))
    assert (await _matching(database, "old", "newest")).frequencies == (0, 1)
    await photos.edit(said(1, None, file="other"))
    assert (await _matching(database, "newest")).total == 0


async def test_a_question_in_a_caption_is_the_answer_to_it(database: Database) -> None:
    """`/search red car` on a photo says nothing of what it shows."""
    await indexed(database, said(1, "/search red car"))
    assert await _ids(database, "red") == []


async def test_a_photo_that_is_gone_leaves_its_words(database: Database, photos: Photos) -> None:
    """Taken back, forgotten, or its chat purged: no row of texts stays, whoever deletes the photo."""
    await indexed(database, *(said(number, "words", chat_id=-2 - number % 2) for number in range(1, 7)))
    await photos.remove(-2, 2)
    _ = [places async for places in Erasure(database).forget(-2, [4])]
    _ = [places async for places in Erasure(database).purge(-3)]
    async with database.reading() as connection:
        assert await connection.scalar(select(func.count()).select_from(texts)) == 1
    assert (await _matching(database, "words", chat_id=-2)).total == 1


async def test_a_group_that_becomes_a_supergroup_loses_its_words(database: Database) -> None:
    """They go where its photos go, and are not left behind."""
    await indexed(database, said(1, "words", chat_id=-5))
    await Chats(database).migrate(-5, ChatInfo(-100_5, "supergroup"), NOON)
    assert len(await _ids(database, "words", chat_id=-100_5)) == 1
    assert await _ids(database, "words", chat_id=-5) == []
