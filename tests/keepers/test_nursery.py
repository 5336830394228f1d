"""What would fail every later test of a run."""

import socket
from pathlib import Path

from storage.chroma import ChromaIndex
from storage.chroma_client import ChromaLocation
from tests.storage.builders import BUILD, DIMENSIONS, MODEL


async def test_a_bot_that_gives_a_keeper_up_leaves_none_for_others(nursery: str, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as given_up:
        given_up.connect(nursery)

    chroma = ChromaIndex.at(ChromaLocation(directory=tmp_path), MODEL, DIMENSIONS)
    await chroma.open(BUILD)
    await chroma.close()
