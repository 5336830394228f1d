"""Chroma on a server of its own, and not in a directory."""

import asyncio
import gc
from dataclasses import replace
from pathlib import Path

import pytest

from storage.chroma import ChromaIndex
from storage.chroma_client import ChromaLocation
from storage.errors import VectorIndexUnavailable
from tests.ports import free_port
from tests.storage.builders import BUILD, DIMENSIONS, GROUP, MODEL, unit
from tests.storage.chromas import chroma_server, held, numbered


async def _connected(port: int) -> ChromaIndex:
    """As soon as the server answers."""
    chroma = ChromaIndex.at(ChromaLocation(host="127.0.0.1", port=port), MODEL, DIMENSIONS)
    async with asyncio.timeout(60):
        while True:
            try:
                await chroma.open(BUILD)
            except VectorIndexUnavailable as error:
                if not error.is_passing:
                    raise
                await asyncio.sleep(0.1)
            else:
                return chroma


# chromadb leaves the sockets of its HTTP client to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
async def test_a_chroma_server_behaves_unlike_a_directory(tmp_path: Path) -> None:
    """The same index on a server: written, asked, deleted, dropped, reset; gone with the server."""
    port = free_port()
    with chroma_server(tmp_path, port):
        chroma = await _connected(port)
        await chroma.upsert(numbered(9))
        await chroma.upsert([replace(entry, chat_id=-5) for entry in numbered(2)])
        await chroma.delete(GROUP.id, [3])
        assert [hit.photo_id for hit in await chroma.query(unit(2), -5, 1)] == [2]
        assert len(await held(chroma, 4)) == 10
        await chroma.drop_chat(-5)
        assert await chroma.chats() == [GROUP.id]
        await chroma.renew("build-2")
        assert await chroma.count() == 0
    with pytest.raises(VectorIndexUnavailable) as caught:
        await chroma.count()
    assert caught.value.is_passing
    await chroma.close()
    del caught  # its traceback holds the client
    gc.collect()


@pytest.mark.parametrize("both", [{}, {"directory": Path("x"), "host": "y"}])
def test_chroma_is_nowhere_or_in_two_places(both: dict[str, Path | str]) -> None:
    """A location is a directory or a host; its headers, which may be secret, are not shown."""
    with pytest.raises(ValueError, match="either"):
        ChromaLocation(**both)  # type: ignore[arg-type]
    assert "token" not in repr(ChromaLocation(host="h", headers={"Authorization": "token"}))
