"""Files of imported photos: what is gone, what may come back, and what nobody is told."""

import asyncio
import threading
from pathlib import Path
from zipfile import ZipFile

import pytest

from bot.disk_files import DiskFiles
from bot.disk_reads import THREADS, DiskReads
from history import paths
from history.files import FileRef
from search.errors import FileGone, FileUnreachable
from storage.originals import Originals, digest_of
from tests.people import PATIENCE

DATA = b"a picture"


@pytest.fixture
def files(tmp_path: Path) -> DiskFiles:
    return DiskFiles(Originals(tmp_path / "data"), max_bytes=100)


async def test_a_file_that_is_gone_is_waited_for(files: DiskFiles, tmp_path: Path) -> None:
    """Where its folder is still there it will not come back; a folder may be on a disk that is not mounted now."""
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "1.jpg").write_bytes(DATA)
    uri = paths.file_uri(folder / "1.jpg")
    assert (await files.fetch(uri), files.is_there(uri)) == (DATA, True)
    (folder / "1.jpg").unlink()
    with pytest.raises(FileGone):
        await files.fetch(uri)
    folder.rmdir()
    with pytest.raises(FileUnreachable):
        await files.fetch(uri)
    assert not files.is_there(uri)


async def test_a_picture_in_a_zip_has_to_be_unpacked(files: DiskFiles, tmp_path: Path) -> None:
    """It is read where it is, as long as the ZIP has it and is there."""
    packed = tmp_path / "export.zip"
    with ZipFile(packed, "w") as archive:
        archive.writestr("photos/1.jpg", DATA)
    there, lost = paths.entry_uri(packed, "photos/1.jpg"), paths.entry_uri(packed, "photos/2.jpg")
    assert (await files.fetch(there), files.is_there(there), files.is_there(lost)) == (DATA, True, False)
    with pytest.raises(FileGone):
        await files.fetch(lost)
    packed.unlink()
    with pytest.raises(FileUnreachable):
        await files.fetch(there)


async def test_reasons_tell_where_files_lie(files: DiskFiles, tmp_path: Path) -> None:
    """They are shown to the admins of a chat, who have no business on this machine's disks."""
    (tmp_path / "large.jpg").write_bytes(b"x" * 101)
    odd = ["file:///", "file://relative", "zip:///nothing!x", "original:../../etc/passwd", "AgACAgIAAx", ""]
    for file_id in (paths.file_uri(tmp_path / "large.jpg"), paths.file_uri(tmp_path / "none.jpg"), *odd):
        with pytest.raises((FileGone, FileUnreachable)) as told:
            await files.fetch(file_id)
        assert "/" not in str(told.value), file_id


async def test_a_copy_is_lost_when_the_data_directory_moves(tmp_path: Path) -> None:
    """Its file id says what it is, not where."""
    file_id = Originals(tmp_path / "old").keep(digest_of(DATA), DATA)
    (tmp_path / "old").rename(tmp_path / "new")
    moved = DiskFiles(Originals(tmp_path / "new"), max_bytes=100)
    assert (await moved.fetch(file_id), moved.is_there(file_id)) == (DATA, True)


async def test_a_disk_that_hangs_keeps_answers_and_live_photos_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each read is given up in time; what lies there too is not even tried while it hangs, and is read again after."""
    reads, wakes, begun = DiskReads(patience=0.2), threading.Event(), list[str]()

    def hanging() -> bytes:
        begun.append("hanging")
        wakes.wait()
        return DATA

    async def is_given_up(folder: Path) -> bool:
        with pytest.raises(FileUnreachable, match="does not answer"):
            await reads.read(folder, hanging)
        return True

    monkeypatch.setattr(FileRef, "read", lambda file, most: hanging())
    try:
        with pytest.raises(FileUnreachable, match="does not answer"):
            await DiskFiles(Originals(tmp_path), 100, reads).fetch(paths.file_uri(tmp_path / "nfs" / "1.jpg"))
        assert await is_given_up(tmp_path / "nfs")
        assert await is_given_up(tmp_path / "nfs")
        assert begun == ["hanging"]
        with monkeypatch.context() as patient:  # a busy machine may need longer for a thread's turn
            patient.setattr(reads, "_patience", PATIENCE)
            assert await reads.read(tmp_path / "disk", lambda: DATA) == DATA
        others = [is_given_up(tmp_path / str(number)) for number in range(2 * THREADS)]
        assert all(await asyncio.gather(*others))
        assert len(begun) == THREADS, "the threads of everybody else are left alone"
        assert await asyncio.to_thread(lambda: DATA) == DATA
    finally:
        wakes.set()

    async def read() -> bytes:
        while True:
            try:
                return await reads.read(tmp_path / "nfs", lambda: DATA)
            except FileUnreachable:
                await asyncio.sleep(0.01)

    assert await asyncio.wait_for(read(), PATIENCE) == DATA
