"""A vector that was torn, by a disk or by hand, costs its own photo and no other."""

import pytest
from sqlalchemy import func, update

from storage.chroma import ChromaIndex
from storage.database import Database
from storage.embeddings import Embeddings
from storage.index_records import IndexEntry
from storage.schema import vectors
from storage.vectors import VectorIndex
from tests.storage.builders import GROUP, MODEL, indexed, post, unit


async def torn(database: Database) -> list[IndexEntry]:
    """Four photos, of which the second has lost the end of its vector, and the third all of it."""
    entries = await indexed(database, *(post(number) for number in range(4)))
    async with database.transaction() as connection:
        for entry, left in ((entries[1], 3), (entries[2], 0)):
            of_photo = update(vectors).where(vectors.c.image_id == entry.image_id)
            await connection.execute(of_photo.values(vector=func.substr(vectors.c.vector, 1, left)))
    return entries


@pytest.mark.parametrize("exact_limit", [1_000, 0])
async def test_a_torn_vector_silences_its_whole_chat(sqlite: Database, chroma: ChromaIndex, exact_limit: int) -> None:
    """From memory and by a scan, the others are found."""
    entries = await torn(sqlite)
    index = VectorIndex(Embeddings(sqlite, MODEL), chroma, exact_limit=exact_limit)
    found = await index.nearest(GROUP.id, unit(1), 9)
    await index.close()
    assert {one.photo_id for one in found} == {entries[0].photo_id, entries[3].photo_id}


async def test_a_torn_vector_is_told_to_chroma_and_never_comes(sqlite: Database) -> None:
    """What is listed as embedded can be read: else Chroma would lack it for ever."""
    entries = await torn(sqlite)
    embeddings = Embeddings(sqlite, MODEL)
    whole = [entries[0].photo_id, entries[3].photo_id]
    assert [place.photo_id for place in await embeddings.places(GROUP.id, 0, 9)] == whole
    assert [one.photo_id for one in await embeddings.entries([entry.photo_id for entry in entries])] == whole
    assert [one.photo_id async for one in embeddings.stream(2)] == whole
    assert await embeddings.count_vectors(GROUP.id) == 2
    assert await embeddings.dimensions() == len(unit(1))
