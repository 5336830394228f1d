"""An archive takes the place of another, or none does."""

import json
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from bot.application import build
from bot.backing_up import backup_alone
from bot.errors import RestoreCutOff
from bot.restoring import RestoreRefused, restore
from bot.settings import Settings
from search.errors import StorageError
from storage.database import Database
from storage.erasure import Erasure
from storage.errors import SchemaTooNew
from storage.forgotten_since import forget_since
from storage.migrations import configuration
from tests.conftest import Archive
from tests.storage.builders import GROUP, POST, indexed, post

pytestmark = pytest.mark.usefixtures("loaded_once")

HEAD = ScriptDirectory.from_config(configuration()).get_current_head()


async def test_a_restore_costs_what_was_there(settings: Settings, archive: Archive, tmp_path: Path) -> None:
    """A data directory that is not empty is left alone, or set aside whole; a file that is no good changes nothing."""
    settings.data_dir.mkdir()
    (settings.data_dir / "originals").mkdir()
    (settings.data_dir / "originals" / "a.jpg").write_bytes(b"a picture")
    file = tmp_path / "backup.zip"
    await (await Database.open(settings.sql_url)).close()
    async with backup_alone(settings) as job:
        _ = [told async for told in job({"file": str(file)})]
    before = sorted(one.name for one in settings.data_dir.iterdir())
    with pytest.raises(RestoreRefused, match="--force"):
        _ = [told async for told in restore(settings, file, force=False)]
    assert sorted(one.name for one in settings.data_dir.iterdir()) == before

    broken = tmp_path / "broken.zip"
    broken.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(StorageError, match="no backup, or not a whole one"):
        _ = [told async for told in restore(settings, broken, force=True)]
    content = bytearray(file.read_bytes())
    content[400] ^= 0xFF
    broken.write_bytes(content)
    with pytest.raises(StorageError):
        _ = [told async for told in restore(settings, broken, force=True)]
    assert sorted(one.name for one in settings.data_dir.iterdir()) == before

    _ = [told async for told in restore(settings, file, force=True)]
    [aside] = settings.data_dir.glob("set-aside-*")
    assert (aside / "originals" / "a.jpg").read_bytes() == b"a picture"
    assert (aside / "chatlens.db").exists()
    assert (settings.data_dir / "originals" / "a.jpg").read_bytes() == b"a picture"
    assert archive.rows("SELECT count(*) FROM photos") == [(0,)]


async def test_a_restore_brings_back_what_people_had_forgotten(settings: Settings, tmp_path: Path) -> None:
    """Whoever asked for it after the backup was made need not ask again; a damaged archive is replaced all the same."""
    file = tmp_path / "backup.zip"
    database = await Database.open(settings.sql_url)
    ben = replace(POST.sender, id=8)
    await indexed(database, *[post(number) for number in range(4)], replace(post(4), sender=ben))
    await database.close()
    async with backup_alone(settings) as job:
        _ = [told async for told in job({"file": str(file)})]
    database = await Database.open(settings.sql_url)
    _ = [places async for places in Erasure(database).forget(GROUP.id, [1, 2])]
    _ = [places async for places in Erasure(database).opt_out(8)]
    await database.close()
    told = [told async for told in restore(settings, file, force=True)][-1]
    assert told["is_forgotten"]
    held = Archive(settings.data_dir)
    assert held.rows("SELECT message_id FROM photos ORDER BY 1") == [(0,), (3,)]
    assert held.rows("SELECT count(*) FROM vectors") == held.rows("SELECT count(*) FROM texts") == [(2,)]
    assert held.rows("SELECT message_id FROM forgotten ORDER BY 1") == [(1,), (2,), (4,)]
    for beside in ("-wal", "-shm"):
        (settings.data_dir / f"chatlens.db{beside}").unlink(missing_ok=True)
    (settings.data_dir / "chatlens.db").write_bytes(b"no database")
    told = [told async for told in restore(settings, file, force=True)][-1]
    assert not told["is_forgotten"]
    assert held.rows("SELECT count(*) FROM photos") == [(5,)]


def crafted(target: Path, *statements: str) -> Path:
    """A backup in every respect, but for what is in its database."""
    file = target.with_suffix(".db")
    with closing(sqlite3.connect(file)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    content = file.read_bytes()
    told = {"format": 1, "version": "1", "made_at": "today", "schema": HEAD, "model": None}
    files = {"chatlens.db": [len(content), sha256(content).hexdigest()]}
    with zipfile.ZipFile(target, "w") as packed:
        packed.writestr("chatlens.db", content)
        packed.writestr("manifest.json", json.dumps({**told, "counts": {"photos": 5, "chats": 1}, "files": files}))
    return target


async def test_a_crafted_backup_empties_the_archive_in_whose_place_it_comes(settings: Settings, tmp_path: Path) -> None:
    """It lacks the tables that are cleared of what was forgotten, and names every photo: it is refused, and nothing in
    the data directory is another than it was. What clears them would not have touched the old archive either."""
    database = await Database.open(settings.sql_url)
    await indexed(database, *[post(number) for number in range(3)])
    await database.close()
    before = {one.name: one.read_bytes() for one in settings.data_dir.iterdir()}
    evil = crafted(
        tmp_path / "evil.zip",
        "CREATE TABLE alembic_version (version_num)",
        f"INSERT INTO alembic_version VALUES ('{HEAD}')",  # noqa: S608
        "CREATE TABLE forgotten (origin_chat_id, message_id)",
        *[f"INSERT INTO forgotten VALUES ({GROUP.id}, {number})" for number in range(3)],  # noqa: S608
        "CREATE TABLE opt_outs (sender_id, chat_id)",
    )
    with pytest.raises(StorageError, match="is no archive"):
        _ = [told async for told in restore(settings, evil, force=True)]
    assert {one.name: one.read_bytes() for one in settings.data_dir.iterdir() if one.name != "lock"} == before
    assert not forget_since(settings.data_dir / "chatlens.db", evil.with_suffix(".db"))
    assert Archive(settings.data_dir).rows("SELECT count(*) FROM photos, images, vectors") == [(27,)]


async def test_a_backup_of_another_schema_than_it_says_takes_the_archives_place(
    settings: Settings, tmp_path: Path
) -> None:
    """ "Nothing was changed" is then true."""
    await (await Database.open(settings.sql_url)).close()
    future = crafted(
        tmp_path / "future.zip",
        *[f"CREATE TABLE {table} (key, value)" for table in ("chats", "photos", "images", "vectors", "texts", "facts")],
        "CREATE TABLE alembic_version (version_num)",
        "INSERT INTO alembic_version VALUES ('9999')",
    )
    before = {one.name: one.read_bytes() for one in settings.data_dir.iterdir()}
    with pytest.raises(SchemaTooNew, match="nothing was changed"):
        _ = [told async for told in restore(settings, future, force=True)]
    assert {one.name: one.read_bytes() for one in settings.data_dir.iterdir() if one.name != "lock"} == before


async def test_a_data_directory_with_nothing_of_an_archive_is_refused(settings: Settings, tmp_path: Path) -> None:
    """Weights and the eight bits made of them are none, and stay."""
    elsewhere = settings.model_copy(update={"data_dir": tmp_path / "elsewhere"})
    await (await Database.open(elsewhere.sql_url)).close()
    async with backup_alone(elsewhere) as job:
        _ = [told async for told in job({"file": str(tmp_path / "backup.zip")})]
    (settings.data_dir / "engines" / "some").mkdir(parents=True)
    (settings.data_dir / "models").mkdir()
    _ = [told async for told in restore(settings, tmp_path / "backup.zip", force=False)]
    assert (settings.data_dir / "engines" / "some").exists()
    assert (settings.data_dir / "chatlens.db").exists()


async def test_a_restore_that_was_killed_begins_an_empty_archive(settings: Settings, tmp_path: Path) -> None:
    """Between setting aside and putting in place: the bot refuses to start, and the restore may be done again."""
    await (await Database.open(settings.sql_url)).close()
    async with backup_alone(settings) as job:
        told = [told async for told in job({"file": str(tmp_path / "backup.zip")})][-1]
    assert (told["left_in_place"], told["model_directory"]) == (0, settings.model.removeprefix("local-dir:"))
    aside = settings.data_dir / "set-aside-2026-01-01T00-00-00-x"
    aside.mkdir()
    (settings.data_dir / "chatlens.db").rename(aside / "chatlens.db")
    (settings.data_dir / ".restoring").mkdir()
    with pytest.raises(RestoreCutOff, match=f"move what is in {aside} back"):
        await build(settings).initialize()
    assert not (settings.data_dir / "chatlens.db").exists()
    _ = [told async for told in restore(settings, tmp_path / "backup.zip", force=True)]
    async with backup_alone(settings):
        assert (settings.data_dir / "chatlens.db").exists()
