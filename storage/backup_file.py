"""A backup: one ZIP file with the database, the pictures that lie in the data directory, and a manifest that says what
is in it and vouches for each byte. Blocks: for threads.

Nothing in it opens anything (no token), and nothing that can be made from the rest (no Chroma).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from storage.backup_manifest import DATABASE, FORMAT, MANIFEST, ORIGINALS, Manifest, manifest_of
from storage.errors import BackupUnusable
from storage.folder_sync import sync
from storage.meter import Meter
from storage.online_copy import check_sqlite, copy_sqlite, described

CHUNK = 2**20
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeError, RuntimeError)
LEFTOVER = 24 * 3600.0
"""Seconds after which an unfinished backup is that of a process which was killed."""


def write_backup(database: Path, originals: Path, target: Path, version: str, meter: Meter) -> Manifest:
    """Under the name `target` there is at any time the old file, if there was one, or the whole new one, read again and
    found right.

    Raises:
        BackupUnusable: it could not be written, or was not right, or `target` is something else than an older backup.
        Interrupted
    """
    try:
        _check_replaceable(target)
        return _written(database, originals, target, version, meter)
    except (OSError, sqlite3.Error) as error:
        raise BackupUnusable(
            f"The backup {target} could not be written ({error}). It needs a folder where the bot's user may write, "
            "with room for the database twice. What was there before is as it was."
        ) from error


def read_manifest(path: Path) -> Manifest:
    """What a backup says of itself. Raises BackupUnusable where the file is none, or of a newer program."""
    with _opened(path) as archive:
        return manifest_of(archive)


def verify(path: Path, meter: Meter) -> Manifest:
    """Reads every byte. Raises BackupUnusable."""
    with _opened(path) as archive:
        manifest = manifest_of(archive)
        meter.begin("Reading the backup", _total(manifest))
        for name in manifest.files:
            _checked(archive, name, manifest, None, meter)
    return manifest


def unpack(path: Path, folder: Path, meter: Meter) -> Manifest:
    """Everything in it into an empty folder, each byte checked. Raises BackupUnusable, Interrupted."""
    try:
        return _unpacked(path, folder, meter)
    except OSError as error:
        raise BackupUnusable(f"The backup could not be unpacked ({error}). Make room, and try again.") from error


def _unpacked(path: Path, folder: Path, meter: Meter) -> Manifest:
    with _opened(path) as archive:
        manifest = manifest_of(archive)
        folder.mkdir(parents=True, exist_ok=True)
        total, free = _total(manifest), shutil.disk_usage(folder).free
        if total > free:
            raise BackupUnusable(
                f"Unpacked, the backup takes {total / 1e6:,.0f} MB, and {free / 1e6:,.0f} are free. Make room."
            )
        meter.begin("Unpacking", total)
        for name in manifest.files:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                _checked(archive, name, manifest, file, meter)
                file.flush()
                os.fsync(file.fileno())
    check_sqlite(folder / DATABASE, meter)
    return manifest


def _written(database: Path, originals: Path, target: Path, version: str, meter: Meter) -> Manifest:
    _remove_leftovers(target)
    # A folder of its own, which only its owner can enter.
    with TemporaryDirectory(prefix=f".{target.name}.", suffix=".unfinished", dir=target.parent) as folder:
        copy, packed = Path(folder) / DATABASE, Path(folder) / "packed"
        copy_sqlite(database, copy, meter)
        check_sqlite(copy, meter)
        manifest = _pack(packed, _found(copy, originals), version, described(copy), meter)
        copy.unlink()
        verify(packed, meter)
        packed.replace(target)
        sync(target.parent)
    return manifest


def _check_replaceable(target: Path) -> None:
    """A mistyped name costs no picture and no database. An empty file is what `mktemp` makes."""
    if not target.exists() or (target.is_file() and target.stat().st_size == 0):
        return
    try:
        read_manifest(target)
    except BackupUnusable as error:
        raise BackupUnusable(
            f"{target} is there already and is no backup that this version can read, so it is left as it is. Name "
            "another file."
        ) from error


def _found(database: Path, originals: Path) -> list[tuple[str, Path]]:
    pictures = sorted(path for path in originals.rglob("*") if path.is_file() and not path.is_symlink())
    named = [(f"{ORIGINALS}/{path.relative_to(originals).as_posix()}", path) for path in pictures]
    return [(DATABASE, database), *named]


def _pack(
    target: Path, found: list[tuple[str, Path]], version: str, description: dict[str, Any], meter: Meter
) -> Manifest:
    files: dict[str, tuple[int, str]] = {}
    meter.begin("Packing")
    with (
        os.fdopen(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as raw,
        zipfile.ZipFile(raw, "w", allowZip64=True) as archive,
    ):
        for name, path in found:
            try:
                file = path.open("rb")
            except FileNotFoundError:
                continue  # a picture that was erased since: the database forgets it too, at the next reconciliation
            with file:
                files[name] = _packed(archive, name, file, meter)
        manifest = Manifest(
            FORMAT, version, datetime.now(UTC).isoformat(timespec="seconds"), files=files, **description
        )
        archive.writestr(_entry(MANIFEST), json.dumps(asdict(manifest), ensure_ascii=False, indent=1))
        archive.close()
        raw.flush()
        os.fsync(raw.fileno())
    return manifest


def _packed(archive: zipfile.ZipFile, name: str, file: BinaryIO, meter: Meter) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with archive.open(_entry(name), "w", force_zip64=True) as packed:
        while chunk := file.read(CHUNK):
            packed.write(chunk)
            digest.update(chunk)
            size += len(chunk)
            meter.reached(meter.at + len(chunk))
    return size, digest.hexdigest()


def _entry(name: str) -> zipfile.ZipInfo:
    """Pictures do not get smaller; of the database, texts do."""
    entry = zipfile.ZipInfo(name, time.localtime()[:6])
    entry.external_attr = 0o600 << 16
    entry.compress_type = zipfile.ZIP_STORED if name.startswith(ORIGINALS) else zipfile.ZIP_DEFLATED
    return entry


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Raises BackupUnusable for what a file that is none makes `zipfile` raise: RuntimeError where it is encrypted."""
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise BackupUnusable(f"There is no file {path}.") from error
    except (OSError, *UNREADABLE) as error:
        raise _no_backup(path, error) from error
    try:
        with archive:
            yield archive
    except UNREADABLE as error:
        raise _no_backup(path, error) from error


def _no_backup(path: Path, error: Exception) -> BackupUnusable:
    return BackupUnusable(f"{path} is no backup, or not a whole one ({error}). Copy it again, or take another.")


def _checked(archive: zipfile.ZipFile, name: str, manifest: Manifest, into: BinaryIO | None, meter: Meter) -> None:
    size, wanted = manifest.files[name]
    digest = hashlib.sha256()
    try:
        entry = archive.getinfo(name)
        if entry.file_size != size:  # and no more than that comes out of it
            raise _damaged(archive, name, size)
        with archive.open(entry) as packed:
            while chunk := packed.read(CHUNK):
                digest.update(chunk)
                if into is not None:
                    into.write(chunk)
                meter.reached(meter.at + len(chunk))
    except KeyError as error:
        raise BackupUnusable(f"{archive.filename} lacks {name}. Copy it again, or take another.") from error
    if digest.hexdigest() != wanted:
        raise _damaged(archive, name, size)


def _damaged(archive: zipfile.ZipFile, name: str, size: int) -> BackupUnusable:
    return BackupUnusable(f"{archive.filename} is damaged: {name} of {size:,} bytes is not as it was written.")


def _total(manifest: Manifest) -> int:
    return sum(size for size, _ in manifest.files.values())


def _remove_leftovers(target: Path) -> None:
    for path in target.parent.glob(f".{target.name}.*.unfinished"):
        if time.time() - path.stat().st_mtime > LEFTOVER:
            shutil.rmtree(path, ignore_errors=True)
