"""Vectors in SQL."""

from __future__ import annotations

import numpy as np
import pytest

from storage import embeddings as module
from storage.database import Database
from storage.embeddings import Embeddings
from storage.photos import Photos
from tests.storage.builders import GROUP, MODEL, added, indexed, post, unit


@pytest.fixture
def embeddings(database: Database) -> Embeddings:
    return Embeddings(database, MODEL)


async def test_vectors_of_two_models_are_mixed(database: Database, photos: Photos) -> None:
    """Each model sees its own vectors only."""
    photo = await added(photos, post(1))
    await Embeddings(database, "one").store({photo.image_id: unit(1)})
    await Embeddings(database, "two").store({photo.image_id: unit(2, dimensions=8)})
    assert (await Embeddings(database, "one").vectors([photo.image_id]))[photo.image_id].shape == (16,)
    assert (await Embeddings(database, "two").vectors([photo.image_id]))[photo.image_id].shape == (8,)


async def test_a_vector_changes_in_the_database(embeddings: Embeddings, photos: Photos) -> None:
    """It comes back normalised, and within the rounding of float16."""
    photo = await added(photos, post(1))
    await embeddings.store({photo.image_id: unit(1)})
    found = (await embeddings.vectors([photo.image_id, 999]))[photo.image_id]
    assert found.dtype == np.float32
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-6)
    assert found @ unit(1) == pytest.approx(1, abs=1e-6)
    assert np.abs(found - unit(1)).max() < 1e-3


async def test_a_second_vector_of_an_image_is_refused(embeddings: Embeddings, photos: Photos) -> None:
    """It takes the place of the first."""
    photo = await added(photos, post(1))
    await embeddings.store({photo.image_id: unit(1)})
    await embeddings.store({photo.image_id: unit(2)})
    assert (await embeddings.vectors([photo.image_id]))[photo.image_id] @ unit(2) > 0.999


async def test_a_photo_removed_while_it_is_embedded_spoils_the_batch(embeddings: Embeddings, photos: Photos) -> None:
    """The vectors of the others are stored."""
    kept, gone = await added(photos, post(1)), await added(photos, post(2))
    await photos.remove(GROUP.id, 2)
    await embeddings.store({kept.image_id: unit(1), gone.image_id: unit(2)})
    assert set(await embeddings.vectors([kept.image_id, gone.image_id])) == {kept.image_id}


@pytest.mark.parametrize("bad", [np.full(4, np.nan, np.float32), np.ones((2, 4), np.float32)])
async def test_a_broken_vector_is_stored(
    bad: np.typing.NDArray[np.float32], embeddings: Embeddings, photos: Photos
) -> None:
    """What is no finite vector is refused."""
    photo = await added(photos, post(1))
    with pytest.raises(ValueError, match="finite and one-dimensional"):
        await embeddings.store({photo.image_id: bad})


@pytest.mark.parametrize("rows_per_read", [2, 5, 4_096])
async def test_a_chat_read_in_parts_misses_some(
    rows_per_read: int, embeddings: Embeddings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every indexed photo of the chat is there once, in order, with its image and its vector."""
    monkeypatch.setattr(module, "ROWS_PER_READ", rows_per_read)
    monkeypatch.setattr(module, "INLINE_ROWS", 3)
    entries = await indexed(database, *(post(number) for number in range(10)))
    await indexed(database, post(1, chat_id=-5))
    await added(Photos(database), post(99))
    matrix = await embeddings.chat_matrix(GROUP.id)
    assert matrix.photo_ids.tolist() == [entry.photo_id for entry in entries]
    assert matrix.image_ids.tolist() == [entry.image_id for entry in entries]
    assert np.allclose(matrix.vectors, [entry.vector for entry in entries], atol=1e-3)
    assert len((await embeddings.chat_matrix(-77)).photo_ids) == 0


async def test_a_stream_ends_early(embeddings: Embeddings, database: Database) -> None:
    """Every indexed photo of every chat comes once, with its place, whatever the size of the chunks."""
    entries = await indexed(database, *(post(number, chat_id=-1 - number % 2) for number in range(7)))
    for chunk in (1, 3, 7, 512):
        streamed = [entry.place async for entry in embeddings.stream(chunk)]
        assert streamed == [entry.place for entry in entries]
    odd = [entry.place for entry in entries if entry.chat_id == -2]
    assert await embeddings.places(-2, odd[0].photo_id, 1) == odd[1:2]
    assert {entry.chat_id for entry in await embeddings.sample(50, [-2])} == {-2}
    assert await embeddings.sample(50, []) == []


async def test_counts_include_what_waits(embeddings: Embeddings, database: Database) -> None:
    """Counted are the indexed photos of each chat."""
    await indexed(database, post(1), post(2), post(1, chat_id=-5))
    await added(Photos(database), post(3))
    assert await embeddings.count_by_chat() == {GROUP.id: 2, -5: 1}
    assert await embeddings.count(GROUP.id) == 2
    assert await embeddings.count(-77) == 0


async def test_entries_say_where_a_photo_used_to_be(embeddings: Embeddings, database: Database) -> None:
    """They are as SQL has them now: what is not indexed any more is left out."""
    first, second = await indexed(database, post(1), post(2))
    await Photos(database).edit(post(2, file="new"))
    found = await embeddings.entries([second.photo_id, first.photo_id, 999])
    assert [entry.place for entry in found] == [first.place]
