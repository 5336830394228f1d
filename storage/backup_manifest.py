"""What a backup says of itself. Nothing of it is believed that is not as Chatlens writes it."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath

from pydantic import TypeAdapter

from storage.errors import BackupUnusable

FORMAT = 1
MANIFEST, DATABASE, ORIGINALS = "manifest.json", "chatlens.db", "originals"
LONGEST = 64_000_000
"""Bytes: 500,000 pictures have a line of 120 each. One that claims more would fill the memory."""
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds."""

    format: int
    version: str
    """Of the program that made it."""
    made_at: str
    schema: str
    model: str | None
    counts: dict[str, int]
    files: dict[str, tuple[int, str]]
    """Name: bytes and SHA-256, of everything but the manifest."""


def manifest_of(archive: zipfile.ZipFile) -> Manifest:
    """Raises BackupUnusable where it has none, or one of a newer program."""
    try:
        if archive.getinfo(MANIFEST).file_size > LONGEST:
            raise _foreign(archive)
        written = archive.read(MANIFEST)
        told = json.loads(written)
        if int(told["format"]) > FORMAT:
            raise BackupUnusable(
                f"{archive.filename} was made by Chatlens {told.get('version')}, which is newer. Install that version, "
                "or a newer one."
            )
        manifest = TypeAdapter(Manifest).validate_json(written, strict=True)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _foreign(archive) from error
    is_whole = DATABASE in manifest.files and all(size >= 0 for size, _ in manifest.files.values())
    if not is_whole or not all(map(_is_ours, manifest.files)) or not all(map(_is_as_we_pack, archive.infolist())):
        raise _foreign(archive)
    return manifest


def _foreign(archive: zipfile.ZipFile) -> BackupUnusable:
    return BackupUnusable(f"{archive.filename} is a ZIP file, but no backup made by Chatlens.")


def _is_ours(name: str) -> bool:
    """No name leads out of the folder into which it is unpacked."""
    path = PurePosixPath(name)
    is_inside = len(path.parts) > 1 and path.parts[0] == ORIGINALS and ".." not in path.parts
    return name == DATABASE or (is_inside and not {"\\", "\0"} & set(name))


def _is_as_we_pack(entry: zipfile.ZipInfo) -> bool:
    return entry.compress_type in PACKED and not entry.flag_bits & ENCRYPTED
