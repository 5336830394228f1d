"""Backups that somebody has made up: each ends in a sentence, and fills no disk."""

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from storage import backup_manifest
from storage.backup_file import read_manifest, unpack
from storage.backup_manifest import DATABASE, MANIFEST
from storage.errors import BackupUnusable
from storage.meter import Meter


def packed(target: Path, held: dict[str, bytes], **claimed: Any) -> Path:
    """A ZIP file with a manifest that fits it, except for what is claimed."""
    told = {name: [len(content), hashlib.sha256(content).hexdigest()] for name, content in held.items()}
    manifest = {"format": 1, "version": "1.0", "made_at": "today", "schema": "0001", "model": None, "counts": {}}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in held.items():
            written.writestr(name, content)
        written.writestr(MANIFEST, json.dumps({**manifest, "files": told, **claimed}))
    return target


def encrypted(target: Path) -> Path:
    """As its entries say."""
    content = bytearray(target.read_bytes())
    for mark, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = content.find(mark)
        while at >= 0:
            content[at + place] |= 1
            at = content.find(mark, at + 4)
    target.write_bytes(content)
    return target


def test_a_hostile_backup_ends_in_a_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Encrypted, a name that no disk can hold, a manifest of other types or without end, a folder: a sentence each."""
    file, files = tmp_path / "hostile.zip", {DATABASE: b"x"}
    for claimed in (
        {"schema": ["0001"]},
        {"counts": {"photos": "many"}},
        {"files": {DATABASE: [-1, "x"]}},
        {"files": {DATABASE: [1, "x"], "originals/\0": [1, "x"]}},
        {"files": {DATABASE: [1, "x"], "originals": [1, "x"]}},
    ):
        with pytest.raises(BackupUnusable, match="no backup made by Chatlens"):
            read_manifest(packed(file, files, **claimed))
    with pytest.raises(BackupUnusable, match="no backup"):
        read_manifest(encrypted(packed(file, files)))
    with pytest.raises(BackupUnusable, match="no backup"):
        read_manifest(tmp_path)
    monkeypatch.setattr(backup_manifest, "LONGEST", 1_000)
    with pytest.raises(BackupUnusable, match="no backup made by Chatlens"):
        read_manifest(packed(file, files, version="9" * 1_000))


def test_a_small_backup_fills_the_disk(tmp_path: Path) -> None:
    """One that holds more than it says is refused before that is written, one that says more than there is room too."""
    zeros = b"\0" * 10_000_000
    bomb = packed(tmp_path / "bomb.zip", {"originals/1/a": zeros, DATABASE: b"x"})
    lying = packed(
        tmp_path / "lying.zip",
        {"originals/1/a": zeros, DATABASE: b"x"},
        files={"originals/1/a": [10, "x"], DATABASE: [1, "x"]},
    )
    assert lying.stat().st_size < 20_000
    folder = tmp_path / "new"
    folder.mkdir()
    with pytest.raises(BackupUnusable, match=r"damaged: originals/1/a of 10 bytes"):
        unpack(lying, folder, Meter())
    assert (folder / "originals" / "1" / "a").stat().st_size == 0
    with pytest.raises(BackupUnusable, match="Make room"):
        unpack(packed(bomb, {DATABASE: b"x"}, files={DATABASE: [10**15, "x"]}), tmp_path, Meter())
