"""Where Chroma differs from SQL, told without changing anything; `storage.reconcile` mends."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

import numpy as np

from storage.chroma import ChromaIndex
from storage.database import batches
from storage.embeddings import Embeddings
from storage.index_records import Reconciled
from storage.layout import Layout
from storage.reconcile import check_searches, check_vectors, compare, held_places, pages


async def expected(embeddings: Embeddings, chroma: ChromaIndex, layout: Layout) -> set[int]:
    """The chats that an open Chroma should have."""
    held = await chroma.chats()
    return layout.in_chroma(await embeddings.count_by_chat(), await embeddings.dimensions(), held)


async def differences(
    embeddings: Embeddings, chroma: ChromaIndex, changing: asyncio.Lock, chats: Collection[int], *, every: bool = False
) -> Reconciled:
    """What Chroma lacks of these chats, has too much, and has with another image; raises VectorIndexUnavailable where
    its vectors are not SQL's (of a random few, or `every` one) or are not found.

    What is written while both are read looks like a difference: of that SQL and Chroma are asked again, while nobody
    writes.
    """
    await chroma.count()  # it may be broken and have nothing
    await check_vectors(embeddings, chroma, chats, every=every)
    found: list[Reconciled] = []
    for chat_id in sorted(chats):
        suspects = await _suspects(embeddings, chroma, chat_id)
        found += [await _counted(embeddings, chroma, changing, chat_id, batch) for batch in batches(suspects)]
    if not found:  # else it would only be said again: what is missing is not found
        await check_searches(embeddings, chroma, chats)
    return Reconciled(
        sum(one.missing for one in found),
        sum(one.orphaned for one in found),
        sum(one.moved for one in found),
        rebuilt=False,
    )


async def _suspects(embeddings: Embeddings, chroma: ChromaIndex, chat_id: int) -> list[int]:
    held = await held_places(chroma, chat_id)
    wanted = np.zeros(len(held), np.bool_)
    suspects: list[int] = []
    async for page in pages(embeddings, chat_id):
        lacking, wrong = compare(page, held, wanted)
        suspects += lacking + wrong
    suspects += held[~wanted, 0].tolist()
    return suspects


async def _counted(
    embeddings: Embeddings, chroma: ChromaIndex, changing: asyncio.Lock, chat_id: int, suspects: Sequence[int]
) -> Reconciled:
    async with changing:
        current = await embeddings.entries(suspects)
        wanted = {entry.photo_id: entry.place for entry in current if entry.chat_id == chat_id}
        held = {place.photo_id: place for place in await chroma.places(chat_id, suspects)}
    return Reconciled(
        missing=len(wanted.keys() - held.keys()),
        orphaned=len(held.keys() - wanted.keys()),
        moved=sum(wanted[one] != held[one] for one in wanted.keys() & held.keys()),
        rebuilt=False,
    )
