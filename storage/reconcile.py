"""Mending Chroma after SQL: what it lacks is written, what it should not have is deleted.

A walk along both, chat by chat in order of photo ids. Needs 16 bytes per photo of a chat besides a page; the vectors
pass through.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from storage.chroma import ChromaIndex
from storage.collection import Opened
from storage.database import batches
from storage.embeddings import Embeddings
from storage.errors import VectorIndexUnavailable
from storage.index_records import IndexEntry, Place, Reconciled
from storage.layout import Layout

log = logging.getLogger(__name__)

PAGE = 1_000
CHUNK = 256
"""Vectors compared at once: turning 13,000 of Chroma's into arrays held the event loop up for half a second."""
SAMPLE = 256
"""Vectors compared at a start after an orderly end: finds an index that is wrong in 1 of 50 with 99 %."""
PROBES = 8
"""Photos of which one may not find itself, or else most of as many of its chat must."""
FOUND = 0.99
"""A photo's cosine to its own vector; float16 moves it by less than 0.001."""
SAME = 1e-3
"""How far components of two copies of one vector may differ."""

Progress = Callable[[int, int], None]


async def arranged(embeddings: Embeddings, chroma: ChromaIndex, layout: Layout) -> set[int]:
    """The chats that Chroma shall have, large as they are now; it loses what it has of others."""
    held = set(await chroma.chats())
    wanted = layout.in_chroma(await embeddings.count_by_chat(), await embeddings.dimensions(), held)
    for chat_id in held - wanted:
        log.info("Chat %s is large no more, or gone: Chroma loses its collection of it.", chat_id)
        await chroma.drop_chat(chat_id)
    return wanted


async def reconcile(
    embeddings: Embeddings,
    chroma: ChromaIndex,
    changing: asyncio.Lock,
    chats: Collection[int],
    opened: Opened,
    progress: Progress | None,
) -> Reconciled:
    """Make an open Chroma say of these chats what SQL says. Raises VectorIndexUnavailable where it is broken or away.

    `changing` is held for each batch from the reading of SQL to the writing of Chroma: an older state must
    not overtake the change of somebody else. A chat that leaves `chats` meanwhile is left alone.
    """
    if not opened.is_new:
        await check_vectors(embeddings, chroma, chats, every=opened.is_suspect)
    mended = await _mend(embeddings, chroma, changing, chats, progress)
    await check_searches(embeddings, chroma, chats)
    return replace(mended, rebuilt=opened.is_new and mended.missing > 0)


async def _mend(
    embeddings: Embeddings,
    chroma: ChromaIndex,
    changing: asyncio.Lock,
    chats: Collection[int],
    progress: Progress | None,
) -> Reconciled:
    photos = await embeddings.count_by_chat()
    total = sum(photos.get(chat_id, 0) for chat_id in chats)
    done = missing = orphaned = moved = 0

    async def write(chat_id: int, photo_ids: list[int]) -> None:
        for batch in batches(photo_ids):
            async with changing:
                if chat_id in chats:
                    current = await embeddings.entries(batch)
                    await chroma.upsert([entry for entry in current if entry.chat_id == chat_id])

    for chat_id in sorted(chats):
        held = await held_places(chroma, chat_id)
        wanted = np.zeros(len(held), np.bool_)
        async for page in pages(embeddings, chat_id):
            lacking, wrong = compare(page, held, wanted)
            await write(chat_id, lacking + wrong)
            done, missing, moved = done + len(page), missing + len(lacking), moved + len(wrong)
            if progress is not None:
                progress(done, max(done, total))
        orphaned += await _delete(embeddings, chroma, changing, chat_id, held[~wanted, 0].tolist())
    return Reconciled(missing, orphaned, moved, rebuilt=False)


async def pages(embeddings: Embeddings, chat_id: int) -> AsyncIterator[list[Place]]:
    """The indexed photos of a chat that have a vector, by photo id."""
    after = 0
    while page := await embeddings.places(chat_id, after, PAGE):
        yield page
        after = page[-1].photo_id


async def check_vectors(embeddings: Embeddings, chroma: ChromaIndex, chats: Collection[int], *, every: bool) -> None:
    """Whether the vectors are SQL's: those of `every` photo after somebody who was killed, else of a random few.

    A vector costs 75 µs to read from Chroma. Only what has the right image is compared; the rest is mended anyway.
    """
    async for entries in _chunks(embeddings, chats, None if every else SAMPLE):
        held = await chroma.vectors([entry.place for entry in entries])
        for entry in entries:
            if entry.photo_id in held and not _is_same(held[entry.photo_id], entry.vector):
                now = await embeddings.entries([entry.photo_id])
                if now and now[0].image_id == entry.image_id:
                    raise VectorIndexUnavailable(f"the vector of photo {entry.photo_id} is not the database's")


async def check_searches(embeddings: Embeddings, chroma: ChromaIndex, chats: Collection[int]) -> None:
    """A collection can list its entries and yet be unable to find them: let it say so now.

    One that works misses some, for its search is approximate: of a chat of which one is missed more are looked for, and
    only where most are is Chroma made anew, which takes four minutes for 134,000 photos.
    """
    for entry in await embeddings.sample(PROBES, list(chats)):
        if await _is_lost(embeddings, chroma, entry):
            probes = await embeddings.sample(PROBES, [entry.chat_id])
            lost = [probe.photo_id for probe in probes if await _is_lost(embeddings, chroma, probe)]
            if 2 * len(lost) > len(probes):
                raise VectorIndexUnavailable(f"photos {lost} are not found by their own vectors")


async def _is_lost(embeddings: Embeddings, chroma: ChromaIndex, entry: IndexEntry) -> bool:
    found = await chroma.query(entry.vector, entry.chat_id, 1)
    if found and found[0].score >= FOUND:
        return False
    now = await embeddings.entries([entry.photo_id])
    return bool(now) and now[0].place == entry.place


async def _chunks(embeddings: Embeddings, chats: Collection[int], limit: int | None) -> AsyncIterator[list[IndexEntry]]:
    if limit is not None:
        yield await embeddings.sample(limit, list(chats))
        return
    for chat_id in list(chats):
        async for page in pages(embeddings, chat_id):
            for batch in batches([place.photo_id for place in page], CHUNK):
                yield await embeddings.entries(batch)


def _is_same(held: NDArray[np.float32], wanted: NDArray[np.float32]) -> bool:
    return held.shape == wanted.shape and bool(np.abs(held - wanted).max() < SAME)


async def held_places(chroma: ChromaIndex, chat_id: int) -> NDArray[np.int64]:
    """What Chroma holds of a chat, [n, 2]: photo and image, ordered by photo id."""
    pages = [np.array(page, np.int64)[:, :2] async for page in chroma.pages(chat_id)]
    if not pages:
        return np.empty((0, 2), np.int64)
    joined = np.concatenate(pages)
    _, first = np.unique(joined[:, 0], return_index=True)
    return joined[first]


def compare(page: Sequence[Place], held: NDArray[np.int64], wanted: NDArray[np.bool_]) -> tuple[list[int], list[int]]:
    """Photo ids of a page of SQL that Chroma lacks, and those it has with another image; marks `wanted`."""
    places = np.array(page, np.int64)[:, :2]
    rows = np.searchsorted(held[:, 0], places[:, 0])
    known = rows < len(held)
    known[known] = held[rows[known], 0] == places[known, 0]
    wanted[rows[known]] = True
    wrong = known.copy()
    wrong[known] = (held[rows[known]] != places[known]).any(axis=1)
    return places[~known, 0].tolist(), places[wrong, 0].tolist()


async def _delete(
    embeddings: Embeddings, chroma: ChromaIndex, changing: asyncio.Lock, chat_id: int, photo_ids: list[int]
) -> int:
    """Delete what SQL does not hold as indexed there, which it is asked once more; returns how many."""
    deleted = 0
    for batch in batches(photo_ids):
        async with changing:
            indexed = {entry.photo_id for entry in await embeddings.entries(batch) if entry.chat_id == chat_id}
            orphans = [photo_id for photo_id in batch if photo_id not in indexed]
            await chroma.delete(chat_id, orphans)
            deleted += len(orphans)
    return deleted
