"""Each thing that can be wrong beside an archive's database, broken for real: Chroma, originals, what was left."""

import os
from dataclasses import replace

import pytest

from bot.checkups import directory as directory_checkup
from bot.control_file import ControlFile
from bot.settings import Settings
from storage.database import Database
from storage.embeddings import Embeddings
from storage.generation import generation
from storage.originals import SHA256, Originals, digest_of
from storage.photos import Photos
from storage.records import FileKind, PhotoSource
from tests.bot.damage import break_rows
from tests.bot.examining import COUNT, chroma_of, examined
from tests.people import jpeg
from tests.storage.builders import GROUP, MODEL, added, post, unit


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
