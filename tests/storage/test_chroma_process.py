"""The process that keeps an embedded Chroma: it dies with the bot, the bot does not die with it."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import psutil
import pytest

from storage import chroma_process
from storage.chroma import ChromaIndex
from storage.chroma_client import ChromaLocation
from storage.chroma_process import ChromaProcess
from storage.collection import Collection, Opened
from storage.database import Database
from storage.embeddings import Embeddings
from storage.errors import VectorIndexUnavailable
from storage.set_aside import kept
from storage.vectors import VectorIndex
from tests.keepers.writer import entry
from tests.people import until
from tests.processes import is_gone
from tests.programs import ROOT
from tests.storage.builders import BUILD, DIMENSIONS, GROUP, MODEL, indexed, post

pytestmark = pytest.mark.own_keepers


async def _is_gone(pid: int) -> bool:
    return is_gone(pid)


@asynccontextmanager
async def writing(directory: Path, count: int = 0, cwd: Path = ROOT) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that writes to an index of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.keepers.writer", str(directory), str(count)),
        stdout=subprocess.PIPE,
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def _number(process: asyncio.subprocess.Process) -> int:
    assert process.stdout is not None
    return int(await process.stdout.readline())


def _of(make: type[Collection], location: ChromaLocation) -> tuple[ChromaProcess, ChromaIndex]:
    process = ChromaProcess(partial(make, location, MODEL, DIMENSIONS))
    return process, ChromaIndex(process)


def _pid(process: ChromaProcess) -> int:
    assert process.keeper is not None
    return process.keeper.pid


async def test_a_killed_bot_leaves_its_keeper_or_a_torn_index(location: ChromaLocation) -> None:
    """Killed as it writes and persists, it leaves a write that is finished, an index that was closed, and no process;
    the next bot waits for that."""
    assert location.directory is not None
    async with writing(location.directory) as bot:
        keeper, written = await _number(bot), 0
        while written < 320:
            written = await _number(bot)
        bot.kill()
        _, chroma = _of(Collection, location)
        assert await chroma.open(BUILD) == Opened(is_new=False, is_suspect=False)
        await until(partial(_is_gone, keeper), "the keeper to end")
    count = await chroma.count()
    assert count >= written
    assert count % 32 == 0
    assert (await chroma.query(entry(count).vector, GROUP.id, 1))[0].photo_id == count
    await chroma.close()


async def test_a_stopped_keeper_outlives_its_bot(location: ChromaLocation) -> None:
    """The system wakes what somebody has stopped when its parent is gone, and it ends."""
    assert location.directory is not None
    async with writing(location.directory) as bot:
        keeper = await _number(bot)
        os.kill(keeper, signal.SIGSTOP)
        bot.kill()
        await until(partial(_is_gone, keeper), "the keeper to end")


async def test_the_bot_imports_chroma_or_must_run_where_it_is_installed(tmp_path: Path) -> None:
    """It does not, and it may run anywhere, with a directory that is named from there."""
    async with writing(Path("index"), count=32, cwd=tmp_path) as bot:
        keeper = await _number(bot)
        assert await _number(bot) == 32
        assert await bot.wait() == 0
        assert await _is_gone(keeper)
    assert (tmp_path / "index" / "chroma.sqlite3").exists()


async def test_the_keeper_is_told_the_token(location: ChromaLocation, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets nothing that the operator has set."""
    monkeypatch.setenv("CHATLENS_TOKEN", "12345:secret")
    process, chroma = _of(Collection, location)
    await chroma.open(BUILD)
    assert "CHATLENS_TOKEN" not in psutil.Process(_pid(process)).environ()
    await chroma.close()


async def test_a_keeper_that_dies_takes_answers_along(
    location: ChromaLocation, sqlite: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Calls in hand fail and questions are answered from SQL; the next comparison starts another, which finds what is
    missing."""
    process, chroma = _of(Collection, location)
    index = VectorIndex(Embeddings(sqlite, MODEL), chroma, exact_limit=1)
    entries = await indexed(sqlite, *(post(number) for number in range(40)))
    await index.reconcile()
    calls = [asyncio.create_task(chroma.query(entries[0].vector, GROUP.id, 1)) for _ in range(4)]
    await asyncio.sleep(0)
    os.kill(_pid(process), signal.SIGKILL)
    with pytest.raises(VectorIndexUnavailable, match="SIGKILL") as caught:
        await asyncio.gather(*calls, chroma.upsert(entries))
    assert caught.value.is_passing
    await asyncio.gather(*calls, return_exceptions=True)
    [hit] = await index.nearest(GROUP.id, entries[3].vector, 1)
    assert hit.photo_id == entries[3].photo_id
    assert index.needs_reconcile.is_set()
    assert caplog.text.count("SIGKILL") == 1
    late = await indexed(sqlite, post(99))
    await index.add(late)
    assert (await index.reconcile()).missing == 1
    assert [hit.photo_id for hit in await chroma.query(late[0].vector, GROUP.id, 1)] == [late[0].photo_id]
    await index.close()


class Crashing(Collection):
    """Its files crash whoever opens them."""

    def open(self, generation: str) -> Opened:
        """See `Collection`; in a process of its own."""
        assert self._location.directory is not None
        if (self._location.directory / "crashes").exists():
            os.kill(os.getpid(), signal.SIGSEGV)
        return super().open(generation)


async def test_an_index_that_crashes_its_keeper_is_tried_for_ever(location: ChromaLocation, sqlite: Database) -> None:
    """It is made anew, as any other broken one."""
    assert location.directory is not None
    _, chroma = _of(Crashing, location)
    index = VectorIndex(Embeddings(sqlite, MODEL), chroma, exact_limit=0)
    await indexed(sqlite, *(post(number) for number in range(5)))
    await index.reconcile()
    await index.close()
    (location.directory / "crashes").touch()
    assert (await index.reconcile()).rebuilt
    assert list(kept(location.directory)) == []
    await index.close()


async def test_ctrl_c_or_a_service_managers_signal_ends_the_keeper_first(location: ChromaLocation) -> None:
    """Signals that are sent to every process of a group are left to the bot."""
    process, chroma = _of(Collection, location)
    await chroma.open(BUILD)
    assert os.getpgid(_pid(process)) != os.getpgid(0)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(_pid(process), number)
    await chroma.upsert([entry(1)])
    assert await chroma.count() == 1
    await chroma.close()


async def test_closing_waits_for_a_keeper_that_hangs(
    location: ChromaLocation, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is left behind, awake again: it closes the index by itself, and ends."""
    monkeypatch.setattr("storage.chroma.CLOSING_PATIENCE", 0.1)
    process, chroma = _of(Collection, location)
    await chroma.open(BUILD)
    keeper = process.keeper
    assert keeper is not None
    os.kill(keeper.pid, signal.SIGSTOP)
    await chroma.close()
    assert "not closed in time" in caplog.text
    await until(partial(_is_gone, keeper.pid), "the keeper to end")
    await keeper.ended()
    assert location.directory is not None
    assert not (location.directory / "open").exists()


async def test_a_bot_that_is_stopped_at_once_waits_for_chroma(location: ChromaLocation) -> None:
    """A keeper that has not yet imported it has nothing open, and is killed."""
    process, chroma = _of(Collection, location)
    opening = asyncio.create_task(chroma.open(BUILD))
    await asyncio.sleep(0)
    keeper = process.keeper
    assert keeper is not None
    await chroma.close()
    with pytest.raises(VectorIndexUnavailable, match="SIGKILL"):
        await opening
    assert await _is_gone(keeper.pid)
    assert location.directory is not None
    assert not location.directory.exists()


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "gnu_get_libc_version"), reason="another C library")
async def test_new_memory_holds_what_stood_there_before() -> None:
    """hnswlib writes memory that it has not used to its files."""
    code = (
        "import ctypes; c = ctypes.CDLL(None); c.malloc.restype = ctypes.c_void_p; size = 5000\n"
        "def one(): return ctypes.c_void_p(c.malloc(ctypes.c_size_t(size)))\n"
        "for _ in range(50): p = one(); ctypes.memset(p, 120, size); c.free(p)\n"
        "assert b'xx' not in ctypes.string_at(one(), size)"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, env=chroma_process.environment())
    assert await process.wait() == 0
