"""Chromas for tests: opened and closed, filled, and looked through."""

import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from storage.chroma import ChromaIndex
from storage.chroma_client import ChromaLocation
from storage.collection import Opened
from storage.index_records import IndexEntry, Place
from tests.storage.builders import BUILD, DIMENSIONS, GROUP, MODEL, unit


def numbered(count: int, chat_id: int = GROUP.id) -> list[IndexEntry]:
    """Photos 1, 2, … of a chat."""
    return [IndexEntry(number, 1_000 + number, chat_id, unit(number)) for number in range(1, count + 1)]


async def held(chroma: ChromaIndex, size: int = 7) -> list[Place]:
    """Everything in it."""
    chats = await chroma.chats()
    return sorted([place for chat_id in chats async for page in chroma.pages(chat_id, size) for place in page])


@contextlib.asynccontextmanager
async def opened_at(
    location: ChromaLocation, model: str = MODEL, build: str = BUILD
) -> AsyncIterator[tuple[ChromaIndex, Opened]]:
    """A Chroma, opened and closed again."""
    chroma = ChromaIndex.at(location, model, DIMENSIONS)
    try:
        yield chroma, await chroma.open(build)
    finally:
        await chroma.close()


@contextlib.contextmanager
def chroma_server(folder: Path, port: int) -> Iterator[None]:
    """A Chroma server in a process of its own; it takes some seconds until it answers."""
    command = Path(sys.executable).with_name("chroma")
    arguments = ["run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([command, *arguments], stdout=log, stderr=log)  # noqa: S603
    try:
        yield
    finally:
        process.terminate()
        process.wait()
