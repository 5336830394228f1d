"""A bot in little: opens an index, prints its keeper's pid, and writes until it is killed.

`python -m tests.keepers.writer DIRECTORY COUNT`: of so many entries, or without end. Fails where it imports Chroma.
"""

import asyncio
import sys
from pathlib import Path

import numpy as np

from storage.chroma import ChromaIndex
from storage.chroma_client import ChromaLocation
from storage.chroma_process import ChromaProcess
from storage.index_records import IndexEntry
from tests.storage.builders import BUILD, DIMENSIONS, GROUP, MODEL


def entry(number: int) -> IndexEntry:
    """One like no other."""
    vector = np.random.default_rng(number).standard_normal(DIMENSIONS).astype(np.float32)
    return IndexEntry(number, number, GROUP.id, vector / np.linalg.norm(vector))


async def _main(directory: Path, count: int) -> None:
    chroma = ChromaIndex.at(ChromaLocation(directory=directory, sync_threshold=50), MODEL, DIMENSIONS)
    await chroma.open(BUILD)
    assert isinstance(chroma._caller, ChromaProcess)
    assert chroma._caller.keeper is not None
    print(chroma._caller.keeper.pid, flush=True)  # noqa: T201 - for whoever started it
    number = 0
    while not count or number < count:
        await chroma.upsert([entry(number + each) for each in range(1, 33)])
        number += 32
        print(number, flush=True)  # noqa: T201 - for whoever started it
    await chroma.query(entry(1).vector, GROUP.id, 1)
    await chroma.close()
    assert "chromadb" not in sys.modules


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), int(sys.argv[2])))
