"""Each thing that can be wrong with an archive, broken for real: found, told in a sentence, mended."""

import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from bot.checkups import directory as directory_checkup
from bot.control_file import ControlFile
from bot.doctor import doctor_alone
from bot.opening import chroma_location
from bot.settings import Settings
from storage.chroma import ChromaIndex
from storage.database import Database
from storage.embeddings import Embeddings
from storage.errors import SchemaTooNew
from storage.generation import generation
from storage.models import Models
from storage.originals import SHA256, Originals, digest_of
from storage.photos import Photos
from storage.records import FileKind, PhotoSource
from storage.vectors import VectorIndex
from tests.bot.damage import break_rows
from tests.conftest import Archive
from tests.people import People, jpeg
from tests.storage.builders import DIMENSIONS, GROUP, MODEL, added, indexed, post, unit

COUNT = 12


@pytest.fixture
async def well(settings: Settings) -> Settings:
    """An archive in which all is well, and no Telegram to ask."""
    alone = settings.model_copy(update={"token": None, "exact_limit": 0})
    settings.data_dir.mkdir(mode=0o700)
    database = await Database.open(alone.sql_url)
    await Models(database).adopt(MODEL)
    await indexed(database, *[post(number) for number in range(COUNT)])
    index = VectorIndex(Embeddings(database, MODEL), chroma_of(alone), exact_limit=0)
    await index.reconcile()
    await index.close()
    await database.close()
    return alone


def chroma_of(settings: Settings) -> ChromaIndex:
    return ChromaIndex.at(chroma_location(settings), MODEL, DIMENSIONS)


async def examined(settings: Settings, *, fix: bool = False) -> dict[str, Any]:
    """What the doctor says where no bot runs; its findings by name."""
    async with doctor_alone(settings) as job:
        told = [line async for line in job({"fix": fix})][-1]
    return {**told, "findings": {finding["name"]: finding for finding in told["findings"]}}


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


async def test_chroma_that_differs_is_taken_for_equal(well: Settings) -> None:
    """Too little, too much and elsewhere: counted without changing anything, then mended."""
    database = await Database.open(well.sql_url)
    chroma = chroma_of(well)
    await chroma.open(await generation(database))
    entries = await Embeddings(database, MODEL).entries(list(range(1, COUNT + 1)))
    await chroma.upsert([replace(entries[5], photo_id=900, vector=unit(900))])
    await chroma.upsert([replace(entries[4], image_id=999)])
    await chroma.delete(GROUP.id, [1, 2])
    await chroma.close()
    await database.close()
    for fix in (False, False, True):
        told = await examined(well, fix=fix)
        sentence = told["findings"]["Chroma"]["sentence"]
        assert "2 photos are missing, 1 are there that the database does not have, 1 are filed under" in sentence
    assert told["findings"]["Chroma"]["is_mended"]
    assert (await examined(well))["findings"] == {}


async def test_a_broken_chroma_is_set_aside_by_a_look(well: Settings) -> None:
    """Looking leaves it as it is, and as suspect as it is; mending makes it anew."""
    directory = well.data_dir / "chroma"
    for path in [path for path in directory.rglob("*") if path.is_file()]:
        path.write_bytes(b"not an index any more")
    (directory / "open").touch()
    told = await examined(well)
    assert "not as it should be" in told["findings"]["Chroma"]["sentence"]
    assert (directory / "open").exists()
    assert (directory / "chroma.sqlite3").read_bytes() == b"not an index any more"
    assert (await examined(well, fix=True))["is_well"]
    assert (await examined(well))["findings"] == {}
    assert [path.name for path in well.data_dir.glob("chroma*")] == ["chroma", "chroma.lock"]


async def test_an_original_that_is_gone_is_not_missed(well: Settings) -> None:
    """Only its owner can bring it back, and is told so."""
    database, originals = await Database.open(well.sql_url), Originals(well.data_dir)
    data = jpeg("red")
    file_id = originals.keep(digest_of(data), data)
    unique = f"{SHA256}{digest_of(data)}"
    kept = replace(post(50), kind=FileKind.DISK, file_id=file_id, file_unique_id=unique, source=PhotoSource.IMPORT)
    await added(Photos(database), kept)
    await database.close()
    assert (await examined(well))["findings"] == {}
    originals.path(file_id).unlink()
    told = await examined(well, fix=True)
    assert not told["is_well"]
    assert "Of 1 imported photo the file is gone" in told["findings"]["missing originals"]["sentence"]


async def test_an_original_of_no_photo_stays_for_ever(well: Settings) -> None:
    """What nobody needs is counted, and goes when told to; what a photo has stays."""
    database, originals = await Database.open(well.sql_url), Originals(well.data_dir)
    needed, erased = jpeg("red"), jpeg("blue")
    paths = [originals.path(originals.keep(digest_of(data), data)) for data in (needed, erased)]
    unique = f"{SHA256}{digest_of(needed)}"
    await added(Photos(database), replace(post(50), kind=FileKind.DISK, file_id="original:x", file_unique_id=unique))
    await database.close()
    finding = (await examined(well))["findings"]["unneeded originals"]
    assert "1 file of no photo in originals" in finding["sentence"]
    assert not finding["is_wrong"]
    assert [path.exists() for path in paths] == [True, True]
    assert (await examined(well, fix=True))["findings"]["unneeded originals"]["is_mended"]
    assert [path.exists() for path in paths] == [True, False]


async def test_leftovers_stay_for_ever(well: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a bot and of commands that were killed; rights that are too wide, a full disk, and late erasure."""
    path = well.data_dir
    path.chmod(0o755)
    ControlFile.of(1).write(path)
    (path / "heartbeat").touch()
    (path / ".restoring").mkdir()
    (path / "set-aside-2026-01-01T00-00-00").mkdir()
    told = await examined(well)
    assert told["findings"].keys() == {"open directory", "killed bot", "leftovers", "set aside"}
    assert told["is_well"]
    mended = await examined(well, fix=True)
    assert {name for name, finding in mended["findings"].items() if not finding["is_mended"]} == {"set aside"}
    assert path.stat().st_mode & 0o007 == 0
    assert not {"control.json", "heartbeat", ".restoring"} & {one.name for one in path.iterdir()}
    monkeypatch.setattr(directory_checkup, "ROOM", 10**18)
    break_rows(well, "INSERT INTO facts VALUES ('remains in the database', '2026-01-01T00:00:00+00:00')")
    told = await examined(well, fix=True)
    assert {name for name, finding in told["findings"].items() if finding["is_wrong"]} == {
        "disk space",
        "remains in the database",
    }


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files to others")
async def test_a_command_of_the_wrong_user_goes_unnoticed(well: Settings) -> None:
    """It leaves files that the bot cannot write to."""
    os.chown(well.data_dir / "chatlens.db", 12345, -1)
    told = await examined(well)
    assert "chatlens.db" in told["findings"]["owners"]["sentence"]


async def test_a_telegram_that_is_away_looks_well(well: Settings, settings: Settings, people: People) -> None:
    """It is asked where there is a token."""
    assert (await examined(settings))["findings"] == {}
    await people.ask("POST", "/api/faults", json={"method": "getMe", "drop": True, "times": 0})
    assert "does not answer" in (await examined(settings))["findings"]["Telegram"]["sentence"]
