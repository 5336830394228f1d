"""Copied files: each once, whole or not at all, and gone when nothing needs them."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from storage.chats import Chats
from storage.database import Database
from storage.imports import Imports
from storage.originals import PREFIX, SHA256, Originals, digest_of
from tests.storage.builders import GROUP, NOON, exported

DATA, MORE = b"a picture", b"another"


async def test_a_copy_that_nothing_needs_stays(sqlite: Database, tmp_path: Path) -> None:
    """Swept are files without an image and what a crash left unfinished; the others stay."""
    originals = Originals(tmp_path)
    kept, lost = originals.keep(digest_of(DATA), DATA), originals.keep(digest_of(MORE), MORE)
    unfinished = originals.path(kept).with_suffix(".new")
    unfinished.write_bytes(b"a pic")
    await Chats(sqlite).joined(GROUP, NOON)
    await Imports(sqlite).add(GROUP.id, [replace(exported(1), file_id=kept, file_unique_id=SHA256 + digest_of(DATA))])
    assert await originals.sweep(sqlite) == 2
    assert originals.path(kept).read_bytes() == DATA
    assert not originals.path(lost).exists()
    assert not unfinished.exists()


async def test_the_same_file_is_copied_twice(tmp_path: Path, sqlite: Database) -> None:
    """What is in a file names it; nothing to sweep is no trouble."""
    originals = Originals(tmp_path)
    assert await originals.sweep(sqlite) == 0
    first = originals.keep(digest_of(DATA), DATA)
    made = originals.path(first).stat().st_ino
    assert originals.keep(digest_of(DATA), DATA) == first
    assert originals.path(first).stat().st_ino == made


@pytest.mark.parametrize("file_id", ["original:../../etc/passwd", "original:", "AgACAgIAAx", f"{PREFIX}{'A' * 64}"])
def test_a_file_id_leads_out_of_the_folder(file_id: str, tmp_path: Path) -> None:
    """Only digests name copies."""
    with pytest.raises(ValueError, match="not a copy"):
        Originals(tmp_path).path(file_id)


def test_a_power_cut_leaves_a_row_without_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of a new file is written through, and that of a new folder; the file alone would be nowhere."""
    synced: list[Path] = []
    fsync = os.fsync

    def noting(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    digest = digest_of(b"a picture")
    Originals(tmp_path).keep(digest, b"a picture")
    folder = tmp_path / "originals"
    assert synced == [folder / digest[:2] / f"{digest}.new", folder / digest[:2], folder, tmp_path]
