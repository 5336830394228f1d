"""The adapter of Chroma, on real collections."""

import asyncio
import re
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.chroma import ChromaIndex
from storage.collection import collection_name
from storage.errors import VectorIndexUnavailable
from storage.index_records import IndexEntry, Place
from tests.storage.builders import BUILD, DIMENSIONS, GROUP, unit
from tests.storage.chromas import held, numbered


async def test_the_nearest_are_not_found(chroma: ChromaIndex) -> None:
    """They come best first with their cosines."""
    entries = numbered(20)
    await chroma.upsert(entries)
    found = await chroma.query(unit(5), GROUP.id, 3)
    scores = sorted((float(unit(5) @ entry.vector) for entry in entries), reverse=True)
    assert [hit.score for hit in found] == pytest.approx(scores[:3], abs=1e-5)
    assert found[0].photo_id == 5


async def test_another_chats_photo_is_found(chroma: ChromaIndex) -> None:
    """Only photos of the chat that was asked for are found, however many are wanted."""
    await chroma.upsert(numbered(5))
    await chroma.upsert([replace(entry, photo_id=entry.photo_id + 50, chat_id=-5) for entry in numbered(5)])
    assert {hit.photo_id for hit in await chroma.query(unit(1), -5, 100)} == {51, 52, 53, 54, 55}
    assert await chroma.query(unit(1), -77, 3) == []


async def test_an_empty_collection_cannot_be_asked(chroma: ChromaIndex) -> None:
    """It answers with nothing, and takes empty lists of work."""
    assert await chroma.query(unit(1), GROUP.id, 5) == []
    assert await chroma.count() == 0
    assert await held(chroma) == []
    await chroma.upsert([])
    await chroma.delete(GROUP.id, [])
    await chroma.delete(GROUP.id, [1])
    await chroma.drop_chat(GROUP.id)


@pytest.mark.parametrize("big", [2**53 + 1, -(2**52) - 1, 2**63 - 1, -(2**63)])
async def test_large_ids_are_rounded(big: int, chroma: ChromaIndex) -> None:
    """Ids of 64 bits come back exactly and are told from their neighbours."""
    near = big - 1 if big > 0 else big + 1
    await chroma.upsert([IndexEntry(2**62 + 1, big, big, unit(1)), IndexEntry(3, 4, near, unit(1))])
    assert await held(chroma) == sorted([Place(2**62 + 1, big, big), Place(3, 4, near)])
    assert [hit.photo_id for hit in await chroma.query(unit(1), big, 5)] == [2**62 + 1]


async def test_pages_skip_or_repeat_entries(chroma: ChromaIndex) -> None:
    """Every entry is on one page, whatever their size, after deletions too."""
    await chroma.upsert(numbered(30))
    await chroma.delete(GROUP.id, [1, 10, 30, 999])
    left = [entry.place for entry in numbered(30) if entry.photo_id not in {1, 10, 30}]
    for size in (1, 9, 27, 100):
        assert await held(chroma, size) == left
    assert await chroma.count() == 27


async def test_a_second_upsert_doubles_a_photo(chroma: ChromaIndex) -> None:
    """It takes the place of the first, vector and image."""
    await chroma.upsert(numbered(3))
    await chroma.upsert([IndexEntry(2, 77, GROUP.id, unit(99))])
    assert await chroma.count() == 3
    [found] = await chroma.query(unit(99), GROUP.id, 1)
    assert (found.photo_id, round(found.score, 3)) == (2, 1.0)
    assert await chroma.places(GROUP.id, [2, 99]) == [Place(2, 77, GROUP.id)]


@given(st.text())
def test_a_model_has_a_name_chroma_refuses(model: str) -> None:
    """Any model's collection has a name by Chroma's rules: 3 to 512 characters of few kinds."""
    assert re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9._-]{1,510}[a-zA-Z0-9]", collection_name(model, BUILD))


def test_models_or_builds_that_look_alike_share_a_collection() -> None:
    """Each model and each build has a name of its own."""
    assert len({collection_name(model, build) for model in ("a/b", "a:b") for build in ("1", "2")}) == 4


async def test_a_vector_of_the_wrong_length_raises_chromas_error(chroma: ChromaIndex) -> None:
    """Whatever Chroma raises arrives as VectorIndexUnavailable, and it works on."""
    await chroma.upsert(numbered(2))
    with pytest.raises(VectorIndexUnavailable, match="dimension"):
        await chroma.query(unit(1, dimensions=3), GROUP.id, 1)
    with pytest.raises(VectorIndexUnavailable, match="dimension"):
        await chroma.upsert([IndexEntry(9, 9, GROUP.id, unit(1, dimensions=3))])
    assert await chroma.count() == 2


async def test_asking_waits_for_writing(chroma: ChromaIndex) -> None:
    """Questions are answered while a long write is still going on."""
    many = [
        IndexEntry(number, 1, GROUP.id, vector)
        for number, vector in enumerate(np.eye(DIMENSIONS, dtype=np.float32).repeat(60, 0), 1)
    ]
    await chroma.upsert(many[:10])
    writing = asyncio.create_task(chroma.upsert(many))
    answered = 0
    while not writing.done():
        assert len(await chroma.query(many[0].vector, GROUP.id, 5)) == 5
        answered += not writing.done()
    await writing
    assert answered, "not one question was answered before the write was done"


async def test_importing_storage_imports_chroma() -> None:
    """Chroma takes a second to import; only opening an index pays for it."""
    code = "import sys, storage.vectors; sys.exit('chromadb' in sys.modules)"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
    assert await process.wait() == 0
