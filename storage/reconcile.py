"""Mending Chroma after SQL: what it lacks is written, what it should not have is deleted.

A walk along both in order of photo ids. Needs 24 bytes per photo besides a page; the vectors pass through.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from storage.chroma import ChromaIndex
from storage.database import batches
from storage.embeddings import Embeddings
from storage.errors import VectorIndexUnavailable
from storage.records import Place, Reconciled

log = logging.getLogger(__name__)

PAGE = 1_000

Progress = Callable[[int, int], None]


async def reconcile(
    embeddings: Embeddings, chroma: ChromaIndex, changing: asyncio.Lock, progress: Progress | None
) -> Reconciled:
    """Make Chroma say what SQL says. Raises VectorIndexUnavailable where it cannot even be made anew.

    `changing` is held for each batch from the reading of SQL to the writing of Chroma: an older state must
    not overtake the change of somebody else.
    """
    try:
        return await _mend(embeddings, chroma, changing, progress)
    except VectorIndexUnavailable as error:
        log.warning("The vector index is made anew from the database: %s", error.reason)
    async with changing:
        await chroma.reset()
    return replace(await _mend(embeddings, chroma, changing, progress), rebuilt=True)


async def _mend(
    embeddings: Embeddings, chroma: ChromaIndex, changing: asyncio.Lock, progress: Progress | None
) -> Reconciled:
    await _probe(embeddings, chroma)
    held = await _held(chroma)
    wanted = np.zeros(len(held), np.bool_)
    total = sum((await embeddings.count_by_chat()).values())
    done = missing = moved = after = 0
    while page := await embeddings.places(after, PAGE):
        lacking, wrong = _compare(page, held, wanted)
        await _write(embeddings, chroma, changing, lacking + wrong)
        done, missing, moved = done + len(page), missing + len(lacking), moved + len(wrong)
        after = page[-1].photo_id
        if progress is not None:
            progress(done, max(done, total))
    orphaned = await _delete(embeddings, chroma, changing, held[~wanted, 0].tolist())
    return Reconciled(missing, orphaned, moved, rebuilt=False)


async def _probe(embeddings: Embeddings, chroma: ChromaIndex) -> None:
    """A collection can list its entries and yet be unable to search: let it say so now."""
    await chroma.count()
    async for entry in embeddings.stream(chunk=1):
        await chroma.query(entry.vector, entry.chat_id, 1)
        break


async def _held(chroma: ChromaIndex) -> NDArray[np.int64]:
    """What Chroma holds, [n, 3] as in `Place`, ordered by photo id."""
    pages = [np.array(page, np.int64) async for page in chroma.pages()]
    if not pages:
        return np.empty((0, 3), np.int64)
    joined = np.concatenate(pages)
    _, first = np.unique(joined[:, 0], return_index=True)
    return joined[first]


def _compare(page: list[Place], held: NDArray[np.int64], wanted: NDArray[np.bool_]) -> tuple[list[int], list[int]]:
    """Photo ids of a page of SQL that Chroma lacks, and those it has elsewhere; marks `wanted`."""
    places = np.array(page, np.int64)
    rows = np.searchsorted(held[:, 0], places[:, 0])
    known = rows < len(held)
    known[known] = held[rows[known], 0] == places[known, 0]
    wanted[rows[known]] = True
    wrong = known.copy()
    wrong[known] = (held[rows[known]] != places[known]).any(axis=1)
    return places[~known, 0].tolist(), places[wrong, 0].tolist()


async def _write(embeddings: Embeddings, chroma: ChromaIndex, changing: asyncio.Lock, photo_ids: list[int]) -> None:
    for batch in batches(photo_ids):
        async with changing:
            await chroma.upsert(await embeddings.entries(batch))


async def _delete(embeddings: Embeddings, chroma: ChromaIndex, changing: asyncio.Lock, photo_ids: list[int]) -> int:
    """Delete what SQL does not hold as indexed, which it is asked once more; returns how many."""
    deleted = 0
    for batch in batches(photo_ids):
        async with changing:
            indexed = {entry.photo_id for entry in await embeddings.entries(batch)}
            orphans = [photo_id for photo_id in batch if photo_id not in indexed]
            await chroma.delete(orphans)
            deleted += len(orphans)
    return deleted
