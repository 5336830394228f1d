"""Mending Chroma after SQL: what it lacks is written, what it should not have is deleted.

A walk along both in order of photo ids. Needs 24 bytes per photo besides a page; the vectors pass through.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from storage.chroma import ChromaIndex
from storage.collection import Opened
from storage.database import batches
from storage.embeddings import Embeddings
from storage.errors import VectorIndexUnavailable
from storage.records import IndexEntry, Place, Reconciled

PAGE = 1_000
CHUNK = 256
"""Vectors compared at once: turning 13,000 of Chroma's into arrays held the event loop up for half a second."""
SAMPLE = 256
"""Vectors compared at a start after an orderly end: finds an index that is wrong in 1 of 50 with 99 %."""
PROBES = 8
"""Photos that must find themselves; each costs a filtered question, 0.1 s at 100,000 vectors."""
FOUND = 0.99
"""A photo's cosine to its own vector; float16 moves it by less than 0.001."""
SAME = 1e-3
"""How far components of two copies of one vector may differ."""

Progress = Callable[[int, int], None]


async def reconcile(
    embeddings: Embeddings, chroma: ChromaIndex, changing: asyncio.Lock, opened: Opened, progress: Progress | None
) -> Reconciled:
    """Make an open Chroma say what SQL says. Raises VectorIndexUnavailable where it is broken or away.

    `changing` is held for each batch from the reading of SQL to the writing of Chroma: an older state must
    not overtake the change of somebody else.
    """
    if not opened.is_new:
        await check_vectors(embeddings, chroma, every=opened.is_suspect)
    mended = await _mend(embeddings, chroma, changing, progress)
    await check_searches(embeddings, chroma)
    return replace(mended, rebuilt=opened.is_new and mended.missing > 0)


async def _mend(
    embeddings: Embeddings, chroma: ChromaIndex, changing: asyncio.Lock, progress: Progress | None
) -> Reconciled:
    held = await held_places(chroma)
    wanted = np.zeros(len(held), np.bool_)
    total = sum((await embeddings.count_by_chat()).values())
    done = missing = moved = after = 0
    while page := await embeddings.places(after, PAGE):
        lacking, wrong = compare(page, held, wanted)
        await _write(embeddings, chroma, changing, lacking + wrong)
        done, missing, moved = done + len(page), missing + len(lacking), moved + len(wrong)
        after = page[-1].photo_id
        if progress is not None:
            progress(done, max(done, total))
    orphaned = await _delete(embeddings, chroma, changing, held[~wanted, 0].tolist())
    return Reconciled(missing, orphaned, moved, rebuilt=False)


async def check_vectors(embeddings: Embeddings, chroma: ChromaIndex, *, every: bool) -> None:
    """Whether the vectors are SQL's: those of `every` photo after somebody who was killed, else of a random few.

    A vector costs 75 µs to read from Chroma. Only what has the right image is compared; the rest is mended anyway.
    """
    async for entries in _chunks(embeddings, None if every else SAMPLE):
        held = await chroma.vectors([entry.photo_id for entry in entries])
        for entry in entries:
            if entry.photo_id in held and not _is_same(held[entry.photo_id], entry.vector):
                now = await embeddings.entries([entry.photo_id])
                if now and now[0].image_id == entry.image_id:
                    raise VectorIndexUnavailable(f"the vector of photo {entry.photo_id} is not the database's")


async def check_searches(embeddings: Embeddings, chroma: ChromaIndex) -> None:
    """A collection can list its entries and yet be unable to find them: let it say so now."""
    for entry in await embeddings.sample(PROBES):
        found = await chroma.query(entry.vector, entry.chat_id, 1)
        if not found or found[0].score < FOUND:
            now = await embeddings.entries([entry.photo_id])
            if now and now[0].place == entry.place:
                raise VectorIndexUnavailable(f"photo {entry.photo_id} is not found by its own vector")


async def _chunks(embeddings: Embeddings, limit: int | None) -> AsyncIterator[list[IndexEntry]]:
    if limit is not None:
        yield await embeddings.sample(limit)
        return
    chunk: list[IndexEntry] = []
    async for entry in embeddings.stream(CHUNK):
        chunk.append(entry)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    yield chunk


def _is_same(held: NDArray[np.float32], wanted: NDArray[np.float32]) -> bool:
    return held.shape == wanted.shape and bool(np.abs(held - wanted).max() < SAME)


async def held_places(chroma: ChromaIndex) -> NDArray[np.int64]:
    """What Chroma holds, [n, 3] as in `Place`, ordered by photo id."""
    pages = [np.array(page, np.int64) async for page in chroma.pages()]
    if not pages:
        return np.empty((0, 3), np.int64)
    joined = np.concatenate(pages)
    _, first = np.unique(joined[:, 0], return_index=True)
    return joined[first]


def compare(page: list[Place], held: NDArray[np.int64], wanted: NDArray[np.bool_]) -> tuple[list[int], list[int]]:
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
