"""Where Chroma differs from SQL, told without changing anything; `storage.reconcile` mends."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np

from storage.chroma import ChromaIndex
from storage.database import batches
from storage.embeddings import Embeddings
from storage.reconcile import PAGE, check_searches, check_vectors, compare, held_places
from storage.records import Reconciled


async def differences(
    embeddings: Embeddings, chroma: ChromaIndex, changing: asyncio.Lock, *, every: bool = False
) -> Reconciled:
    """What Chroma lacks, has too much, and has elsewhere; raises VectorIndexUnavailable where its vectors are not SQL's
    (of a random few, or `every` one) or are not found.

    What is written while both are read looks like a difference: of that SQL and Chroma are asked again, while nobody
    writes.
    """
    await check_vectors(embeddings, chroma, every=every)
    held = await held_places(chroma)
    wanted = np.zeros(len(held), np.bool_)
    suspects: list[int] = []
    after = 0
    while page := await embeddings.places(after, PAGE):
        lacking, wrong = compare(page, held, wanted)
        suspects += lacking + wrong
        after = page[-1].photo_id
    suspects += held[~wanted, 0].tolist()
    found = [await _counted(embeddings, chroma, changing, batch) for batch in batches(suspects)]
    if not suspects:  # else it would only be said again: what is missing is not found
        await check_searches(embeddings, chroma)
    return Reconciled(
        sum(one.missing for one in found),
        sum(one.orphaned for one in found),
        sum(one.moved for one in found),
        rebuilt=False,
    )


async def _counted(
    embeddings: Embeddings, chroma: ChromaIndex, changing: asyncio.Lock, suspects: Sequence[int]
) -> Reconciled:
    async with changing:
        wanted = {entry.photo_id: entry.place for entry in await embeddings.entries(suspects)}
        held = {place.photo_id: place for place in await chroma.places(suspects)}
    return Reconciled(
        missing=len(wanted.keys() - held.keys()),
        orphaned=len(held.keys() - wanted.keys()),
        moved=sum(wanted[one] != held[one] for one in wanted.keys() & held.keys()),
        rebuilt=False,
    )
