"""Paths that an export's messages give, and URIs for where they lead. Nothing is opened here."""

import re
from pathlib import Path
from urllib.parse import quote, unquote

LONGEST_PATH = 1024
"""Characters; Telegram Desktop's own are below 300."""
_DRIVE = re.compile(r"[A-Za-z]:")


def inner(path: str) -> str | None:
    """A message's path if it stays within the export: relative, no "..", nothing that Windows would understand."""
    if not path or len(path) > LONGEST_PATH or "\0" in path or "\\" in path or path.startswith("/"):
        return None
    if _DRIVE.match(path):
        return None
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return None if ".." in parts or not parts else "/".join(parts)


def file_uri(path: Path | str) -> str:
    """Of an absolute path."""
    return f"file://{_quoted(str(path))}"


def entry_uri(archive: Path, name: str) -> str:
    """Of an entry of a ZIP at an absolute path."""
    return f"zip://{_quoted(str(archive))}!{_quoted(name)}"


def parsed(uri: str) -> tuple[Path, str | None] | None:
    """The file, and for an entry of a ZIP its name; None for what is no such URI."""
    scheme, separator, rest = uri.partition("://")
    if not separator or not rest.startswith("/") or "%00" in rest:
        return None
    if scheme == "file":
        return Path(_unquoted(rest)), None
    archive, _, name = rest.partition("!")
    return (Path(_unquoted(archive)), _unquoted(name)) if scheme == "zip" and name else None


def _quoted(path: str) -> str:
    return quote(path, errors="surrogateescape")  # file names on a disk need not be UTF-8


def _unquoted(path: str) -> str:
    return unquote(path, errors="surrogateescape")
