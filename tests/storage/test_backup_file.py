"""Backups: whole or not there, and refused where they are not what they say."""

import json
import os
import sqlite3
import stat
import threading
import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from storage import online_copy
from storage.backup_file import read_manifest, unpack, verify, write_backup
from storage.backup_manifest import DATABASE, MANIFEST
from storage.database import Database
from storage.errors import BackupUnusable
from storage.meter import Interrupted, Meter
from storage.photos import Photos
from tests.storage.builders import added, indexed, post

VERSION = "1.0"


@pytest.fixture
async def archive(sqlite_url: str, tmp_path: Path) -> Path:
    """A database with 20 indexed photos, and a picture beside it."""
    database = await Database.open(sqlite_url)
    await indexed(database, *[post(number) for number in range(20)])
    await database.close()
    originals = tmp_path / "originals" / "2"
    originals.mkdir(parents=True)
    (originals / "a.jpg").write_bytes(b"a picture")
    return tmp_path / "chatlens.db"


def backed_up(archive: Path, target: Path, meter: Meter | None = None) -> Path:
    write_backup(archive, archive.parent / "originals", target, VERSION, meter or Meter())
    return target


def rows(path: Path, question: str = "SELECT * FROM photos ORDER BY id") -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(question).fetchall()


def names(folder: Path) -> set[str]:
    return {one.name for one in folder.iterdir()}


def damage(database: Path) -> None:
    """Overwrites pages that hold rows."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(database.read_bytes())
    content[4096 * 12 : 4096 * 16] = b"\xaa" * 4096 * 4
    database.write_bytes(content)


async def test_what_is_unpacked_is_what_was_packed(archive: Path, tmp_path: Path) -> None:
    """Rows, vectors and pictures; the manifest says how many, of which model and schema; only its owner may read it."""
    target = backed_up(archive, tmp_path / "backup.zip")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    manifest = unpack(target, tmp_path / "new", Meter())
    for question in (f"SELECT * FROM {table}" for table in ("photos", "images", "vectors", "facts", "texts")):  # noqa: S608
        assert rows(tmp_path / "new" / DATABASE, question) == rows(archive, question)
    assert (tmp_path / "new" / "originals" / "2" / "a.jpg").read_bytes() == b"a picture"
    assert manifest.counts["photos"] == manifest.counts["vectors"] == 20
    assert [(manifest.schema,)] == rows(archive, "SELECT version_num FROM alembic_version")
    assert names(tmp_path) == {DATABASE, "originals", "backup.zip", "new"}


async def test_a_busy_bot_is_never_backed_up(
    archive: Path, tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody writes between all its steps: it ends, and has the state in which it began."""
    monkeypatch.setattr(online_copy, "PAGES", 1)
    before = rows(archive)
    others = []

    class Writing(Meter):
        def reached(self, at: int, of: int | None = None) -> None:
            super().reached(at, of)
            if self.step == "Copying the database":
                with closing(sqlite3.connect(archive)) as connection:
                    connection.execute("UPDATE photos SET caption = 'changed' || ?", (at,))
                    connection.commit()
                others.append(at)

    target = backed_up(archive, tmp_path / "backup.zip", Writing())
    unpack(target, tmp_path / "new", Meter())
    assert len(others) > 10
    assert rows(tmp_path / "new" / DATABASE) == before
    assert rows(archive) != before


async def test_half_a_backup_has_the_name_of_a_whole_one(archive: Path, tmp_path: Path) -> None:
    """Interrupted anywhere, or without room: the old file stays, and nothing is left beside it."""
    folder = tmp_path / "backups"
    folder.mkdir()
    target = backed_up(archive, folder / "backup.zip")
    old = target.read_bytes()

    class Ending(Meter):
        def __init__(self, steps: int) -> None:
            self._ending = threading.Event()
            self._left = steps
            super().__init__(self._ending)

        def _check(self) -> None:
            self._left -= 1
            if self._left == 0:
                self._ending.set()
            super()._check()

    interrupted = 0
    for steps in range(1, 100):
        try:
            backed_up(archive, target, Ending(steps))
        except Interrupted:
            interrupted += 1
        else:
            break
        assert target.read_bytes() == old
        assert [one.name for one in folder.iterdir()] == ["backup.zip"]
    assert interrupted > 8
    verify(target, Meter())
    with pytest.raises(BackupUnusable, match="could not be written"):
        backed_up(archive, tmp_path / "missing" / "backup.zip")
    with pytest.raises(BackupUnusable, match="is no backup"):
        backed_up(archive, folder)


async def test_what_a_killed_backup_left_stays_for_ever(archive: Path, tmp_path: Path) -> None:
    """The next one to the same file removes it, but not one that may still be in the making."""
    folder = tmp_path / "backups"
    for name in ("old", "new"):
        (folder / f".backup.zip.{name}.unfinished").mkdir(parents=True)
    os.utime(folder / ".backup.zip.old.unfinished", (0, 0))
    backed_up(archive, folder / "backup.zip")
    assert names(folder) == {".backup.zip.new.unfinished", "backup.zip"}


async def test_a_damaged_backup_is_restored(archive: Path, tmp_path: Path) -> None:
    """Whichever byte of it is another, or missing."""
    whole = backed_up(archive, tmp_path / "backup.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "backup.zip") as whole_one:
        database = whole_one.getinfo(DATABASE)
        picture = whole_one.getinfo("originals/2/a.jpg")
    damaged = tmp_path / "damaged.zip"
    inside = [database.header_offset + 200, picture.header_offset + 70, len(whole) // 2]
    for number, place in enumerate(inside):
        damaged.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        with pytest.raises(BackupUnusable):
            unpack(damaged, tmp_path / f"new-{number}", Meter())
    for length in (0, 10, len(whole) // 2, len(whole) - 1):
        damaged.write_bytes(whole[:length])
        with pytest.raises(BackupUnusable, match="no backup, or not a whole one"):
            read_manifest(damaged)


def made_of(target: Path, **files: bytes) -> Path:
    with zipfile.ZipFile(target, "w") as written:
        for name, content in files.items():
            written.writestr(name.replace("__", "."), content)
    return target


async def test_something_else_is_taken_for_a_backup(archive: Path, tmp_path: Path) -> None:
    """A file that is missing or no ZIP, somebody else's ZIP, one that reaches outside, and one of the future."""
    foreign = tmp_path / "foreign.zip"
    with pytest.raises(BackupUnusable, match="There is no file"):
        read_manifest(foreign)
    foreign.write_text("Dear diary")
    with pytest.raises(BackupUnusable, match="no backup"):
        read_manifest(foreign)
    for files in ({"readme__txt": b"hi"}, {"manifest__json": b"{}"}, {"manifest__json": b"[1]"}, {MANIFEST: b"\xff"}):
        with pytest.raises(BackupUnusable, match="no backup made by Chatlens"):
            read_manifest(made_of(foreign, **files))
    with zipfile.ZipFile(backed_up(archive, tmp_path / "backup.zip")) as real:
        told = json.loads(real.read(MANIFEST))
    newer = json.dumps({**told, "format": 2, "version": "9.9"}).encode()
    with pytest.raises(BackupUnusable, match=r"made by Chatlens 9\.9, which is newer"):
        read_manifest(made_of(foreign, manifest__json=newer))
    for name in ("../evil", "/etc/passwd", "originals/../../evil", "token"):
        reaching = {**told, "files": {**told["files"], name: [1, "x"]}}
        with pytest.raises(BackupUnusable, match="no backup made by Chatlens"):
            read_manifest(made_of(foreign, manifest__json=json.dumps(reaching).encode()))


async def test_a_backup_overwrites_a_picture(archive: Path, tmp_path: Path) -> None:
    """Or the database, or its log: what is there and is no backup stays, whatever name was mistyped."""
    with closing(sqlite3.connect(archive)) as connection:
        connection.execute("UPDATE photos SET caption = 'new'")
        connection.commit()
        for target in (tmp_path / "precious.jpg", archive, archive.with_name(f"{archive.name}-wal")):
            target.touch()
            before = target.read_bytes() or b"precious"
            target.write_bytes(before)
            with pytest.raises(BackupUnusable, match="left as it is"):
                backed_up(archive, target)
            assert target.read_bytes() == before
    empty = tmp_path / "made-by-mktemp"
    empty.touch()
    verify(backed_up(archive, empty), Meter())
    verify(backed_up(archive, empty), Meter())


async def test_a_damaged_database_is_backed_up_as_if_it_were_well(archive: Path, tmp_path: Path) -> None:
    """Nobody believes to have a backup who has none."""
    damage(archive)
    with pytest.raises(BackupUnusable):
        backed_up(archive, tmp_path / "backup.zip")
    assert not (tmp_path / "backup.zip").exists()


async def test_a_backup_holds_what_was_erased(sqlite_url: str, archive: Path, tmp_path: Path) -> None:
    """Free pages of the database are not in it."""
    database = await Database.open(sqlite_url)
    photos = Photos(database)
    for number in range(100, 160):
        await added(photos, replace(post(number), caption=f"wolpertinger {number} " * 40))
    for number in range(100, 160):
        await photos.remove(post(number).chat_id, number)
    await database.close()
    unpack(backed_up(archive, tmp_path / "backup.zip"), tmp_path / "new", Meter())
    assert b"wolpertinger" not in (tmp_path / "new" / DATABASE).read_bytes()


def test_a_server_is_taken_for_a_file() -> None:
    """Only SQLite's data is in a file of ours."""
    assert Database(create_async_engine("postgresql+asyncpg://nobody@nowhere/archive")).file is None
