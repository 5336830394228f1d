"""The large export that measurements are made with holds what it says."""

import tracemalloc
from pathlib import Path

from history.export import Export
from history.records import Missing
from tests import exports
from tests.large_exports import LargeExport


def test_a_large_export_is_what_it_says_it_is(tmp_path: Path) -> None:
    """Of every variant as many as it counted; otherwise rates are measured of something else."""
    made = LargeExport(tmp_path, 100, between=1)
    (chat,) = Export.open(made.write()).chats()
    assert (chat.id, chat.photos) == (exports.GROUP, made.readable)
    assert chat.missing == {Missing.NOT_INCLUDED: 2, Missing.ABSENT: 2, Missing.EMPTY: 2}
    again = LargeExport(tmp_path / "again", 100, between=1).write()
    assert (again / "result.json").read_bytes() == (tmp_path / "result.json").read_bytes()
    files = [path for path in tmp_path.glob("photos/*") if path.stat().st_size]
    assert len({path.read_bytes() for path in files}) == len(files) - made.counts["posted again"]


def peak(folder: Path) -> int:
    """Bytes that Python had at most while it read."""
    tracemalloc.start()
    try:
        export = Export.open(folder)
        for chat in export.chats():
            for _ in export.photos(chat.id):
                pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_export(tmp_path: Path) -> None:
    """People bring hundreds of MB to small machines; four times as many messages need no more."""
    small = LargeExport(tmp_path / "small", 150, linked=True).write()
    large = LargeExport(tmp_path / "large", 600, linked=True).write()
    peak(small)  # what is kept from a first time
    assert peak(large) < 1.2 * peak(small)
