"""An import that is killed, as a person runs it: in a process of its own."""

import asyncio
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.conftest import Archive
from tests.importing.history import write_history
from tests.importing.measure import CHAT, command, known_chat, surroundings
from tests.people import until
from tests.programs import ROOT

PHOTOS = 450


async def test_a_killed_import_loses_photos_or_has_them_twice(tmp_path: Path) -> None:
    """Cut off with Ctrl-C as it reads and killed as it indexes, it goes on when it is run again: every photo is there
    once, indexed, with one vector."""
    data = tmp_path / "data"
    await known_chat(data)
    export = write_history(tmp_path / "export", -CHAT - 1_000_000_000_000, PHOTOS, (96, 72))
    archive = Archive(data)
    async with importing(export, data) as first:
        await until(lambda: is_at(archive, "pending", 1), "the first block to be stored")
        os.kill(first.pid, signal.SIGINT)
        _, said = await first.communicate()
        assert "run the same again" in said.decode()
    async with importing(export, data) as second:
        await until(lambda: is_at(archive, "indexed", 1), "the first photo to be indexed")
        os.kill(second.pid, signal.SIGKILL)
        await second.wait()
        assert archive.states().get("indexed", 0) < PHOTOS, "or it was killed too late"
    async with importing(export, data) as third:
        _, said = await third.communicate()
        assert third.returncode == 0, said.decode()
        assert "taken in by an earlier run" in said.decode()
    assert archive.states() == {"indexed": PHOTOS}
    assert archive.rows("SELECT count(*), count(DISTINCT image_id) FROM photos") == [(PHOTOS, PHOTOS)]
    assert archive.rows("SELECT count(*) FROM vectors") == [(PHOTOS,)]
    assert len([path for path in (data / "originals").glob("*/*") if not path.suffix]) == PHOTOS


@asynccontextmanager
async def importing(export: Path, data: Path) -> AsyncIterator[Process]:
    """The command, in a process that does not outlive the block."""
    process = await asyncio.create_subprocess_exec(
        *command(export), "--copy", cwd=ROOT, env=surroundings(data), stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def is_at(archive: Archive, state: str, least: int) -> bool:
    return archive.states().get(state, 0) >= least
