"""Each thing that can be wrong with an archive's database, broken for real: found, told in a sentence, mended."""

import sqlite3
from contextlib import closing

import pytest

from bot.settings import Settings
from storage.errors import SchemaTooNew
from tests.bot.damage import break_rows
from tests.bot.examining import COUNT, examined
from tests.conftest import Archive
from tests.people import People


async def test_all_is_well_and_the_doctor_finds_something(well: Settings) -> None:
    """Nothing, twice: looking changes nothing."""
    for _ in range(2):
        told = await examined(well)
        assert told["findings"] == {}
        assert told["is_well"]


@pytest.mark.parametrize(
    ("name", "part", "statements"),
    [
        (
            "orphans",
            "1 texts of no photo, 1 readings of no image, 1 vectors of no image, 1 images of no photo",
            [
                "INSERT INTO vectors VALUES (900, 'test-model', 16, zeroblob(32))",
                "INSERT INTO texts VALUES (-5, 900, 'caption', 'hi', 'hi')",
                "INSERT INTO images (file_unique_id) VALUES ('nobody')",
                "INSERT INTO readings VALUES (901, 'done', 'x', NULL, 0, '1970-01-01')",
            ],
        ),
        ("photos without image", "1 photo has lost", ["DELETE FROM images WHERE id = 3"]),
        ("misfiled texts", "1 text lies", ["UPDATE texts SET chat_id = -5 WHERE photo_id = 2"]),
        ("no vectors", "1 photo counts as indexed", ["DELETE FROM vectors WHERE image_id = 2"]),
        ("no vectors", "no whole vector", ["UPDATE vectors SET vector = x'0102' WHERE image_id = 2"]),
    ],
)
async def test_rows_that_do_not_belong_together_are_not_found(
    well: Settings, name: str, part: str, statements: list[str]
) -> None:
    """Each kind is said by its name, mended, and gone at the next look; nothing else is harmed."""
    break_rows(well, *statements)
    told = await examined(well)
    assert not told["is_well"]
    assert part in told["findings"][name]["sentence"]
    assert told["findings"][name]["is_wrong"]
    mended = await examined(well, fix=True)
    assert mended["findings"][name]["is_mended"]
    assert mended["is_well"]
    assert Archive(well.data_dir).rows("SELECT count(*) FROM photos") == [(COUNT,)]
    again = await examined(well)
    assert again["findings"] == {}


async def test_a_torn_vector_after_a_change_of_the_model_stays_for_ever(well: Settings) -> None:
    """It is deleted, as that of any archive is, and what it was of is what `reindex` has left to do."""
    break_rows(
        well,
        "INSERT INTO facts VALUES ('former models', '[\"old\"]')",
        "UPDATE vectors SET vector = x'0102' WHERE image_id = 2",
    )
    unembedded = "SELECT count(*) FROM images WHERE id NOT IN (SELECT image_id FROM vectors)"
    told = await examined(well)
    assert not told["is_well"]
    assert "1 vector is not whole" in told["findings"]["torn vectors"]["sentence"]
    mended = await examined(well, fix=True)
    assert mended["is_well"]
    assert mended["findings"]["torn vectors"]["is_mended"]
    assert Archive(well.data_dir).rows(unembedded) == [(1,)]
    again = await examined(well)
    assert {name: finding["is_wrong"] for name, finding in again["findings"].items()} == {"no vectors": False}


async def test_a_damaged_file_passes(well: Settings) -> None:
    """Found by SQLite's own check, and not mended: the sentence says what to do."""
    kept = "SELECT type, name, tbl_name, rootpage, sql FROM sqlite_master WHERE name = 'ix_photos_chat_id_date'"
    [row] = Archive(well.data_dir).rows(kept)
    for statement, values in (
        ("DELETE FROM sqlite_master WHERE name = 'ix_photos_chat_id_date'", ()),
        ("UPDATE photos SET date = '2020-01-01 00:00:00.000000' WHERE id = 1", ()),  # which the index is not told
        ("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", row),
    ):
        with closing(sqlite3.connect(well.data_dir / "chatlens.db", isolation_level=None)) as connection:
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute(statement, values)
    told = await examined(well, fix=True)
    assert "restore a backup" in told["findings"]["damaged database"]["sentence"]
    assert not told["is_well"]


async def test_an_archive_of_the_future_is_examined(well: Settings) -> None:
    """A schema that this version does not know is said to be that, and left alone."""
    break_rows(well, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaTooNew, match="Install the version that wrote it"):
        await examined(well, fix=True)
    assert Archive(well.data_dir).rows("SELECT version_num FROM alembic_version") == [("9999",)]


async def test_failed_photos_are_passed_over_in_silence(well: Settings) -> None:
    """How many for which reason; one that is too big does not make cron complain every night. Mending tries again."""
    failed = "UPDATE photos SET state = 'failed', error = '{}' WHERE id <= {} AND state != 'failed'"
    break_rows(well, failed.format("too big", 1), failed.format("no picture", 3))
    break_rows(well, "DELETE FROM vectors WHERE image_id <= 3")
    await examined(well, fix=True)  # Chroma
    break_rows(well, failed.format("too big", 1), failed.format("no picture", 3))
    told = await examined(well)
    assert told["is_well"]
    assert "2: no picture; 1: too big" in told["findings"]["failed photos"]["sentence"]
    await examined(well, fix=True)
    assert Archive(well.data_dir).states() == {"indexed": COUNT - 3, "pending": 3}


async def test_a_telegram_that_is_away_looks_well(well: Settings, settings: Settings, people: People) -> None:
    """It is asked where there is a token."""
    assert (await examined(settings))["findings"] == {}
    await people.ask("POST", "/api/faults", json={"method": "getMe", "drop": True, "times": 0})
    assert "does not answer" in (await examined(settings))["findings"]["Telegram"]["sentence"]
