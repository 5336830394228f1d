"""Directories that were given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage.chroma_directory import ChromaDirectory
from storage.set_aside import discard, kept, set_aside


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """One with something in it."""
    path = tmp_path / "chroma"
    path.mkdir()
    (path / "graph").write_bytes(b"erased")
    return path


def test_an_older_one_stays_where_the_new_one_could_not_be_made(directory: Path) -> None:
    """Given up a second time, there is nothing to move, and what was set aside the first time goes."""
    given_up = ChromaDirectory(directory)
    given_up.give_up()
    assert len(list(kept(directory))) == 1
    given_up.give_up()
    assert list(kept(directory)) == []


def test_one_outlives_the_day(directory: Path) -> None:
    """What is older than a moment goes, also where its name tells no time or one that has not come yet."""
    aside = set_aside(directory)
    now = datetime.now(UTC)
    assert discard(directory, now - timedelta(hours=12)) == 0
    assert list(kept(directory)) == [aside]
    assert discard(directory, now + timedelta(hours=1)) == 1
    for told in ("2999-01-01T00-00-00", "once", "2026-01-01T00-00-00-7"):
        directory.with_name(f"chroma.set-aside-{told}").mkdir()
    assert discard(directory, now - timedelta(hours=12)) == 3
    assert list(kept(directory)) == []
