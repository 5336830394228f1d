"""Every image is embedded once, whoever wants it and when."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from search.embedder import Embedding
from search.once import EmbeddedOnce
from search.records import PhotoPost, Sender
from storage.database import Database
from storage.embeddings import Embeddings
from storage.photos import Photos


class Model:
    """Counts what it is asked for, and answers when it is let."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.called = asyncio.Semaphore(0)
        self.go_on = asyncio.Event()
        self.fails = 0

    async def __call__(self, image_ids: Sequence[int]) -> Embedding:
        self.asked.append(list(image_ids))
        self.called.release()
        await self.go_on.wait()
        if self.fails:
            self.fails -= 1
            raise ValueError("not this time")
        return np.eye(4, dtype=np.float32)[[image_id % 4 for image_id in image_ids]]


@pytest.fixture
async def once(tmp_path: Path) -> AsyncIterator[EmbeddedOnce]:
    """Three images without an embedding, ids 1 to 3."""
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'chatlens.db'}")
    photos = Photos(database)
    for number in (1, 2, 3):
        post = PhotoPost(
            chat_id=-1,
            message_id=number,
            sender=Sender(1, "Ann"),
            date=datetime.now(UTC),
            file_id=f"f{number}",
            file_unique_id=f"u{number}",
        )
        added = await photos.add(post)
        assert added is not None
        assert added.image_id == number
    yield EmbeddedOnce(Embeddings(database, "model"))
    await database.close()


async def test_a_question_and_the_index_do_not_both_embed_one_image(once: EmbeddedOnce) -> None:
    """The second waits for the first, computes only what nobody has, and both get the same."""
    model = Model()
    question = asyncio.create_task(once.embed([1], model))
    await model.called.acquire()
    index = asyncio.create_task(once.embed([1, 2], model))
    await model.called.acquire()
    model.go_on.set()
    first, second = await question, await index
    assert model.asked == [[1], [2]]
    assert np.array_equal(first[1], second[1])
    assert set(await once.embed([1, 2], model)) == {1, 2}
    assert len(model.asked) == 2


async def test_a_failed_embedding_does_not_fail_who_waited_for_it(once: EmbeddedOnce) -> None:
    """The one who waited tries it itself."""
    model = Model()
    model.fails = 1
    question = asyncio.create_task(once.embed([3], model))
    await model.called.acquire()
    index = asyncio.create_task(once.embed([3], model))
    await asyncio.sleep(0)
    model.go_on.set()
    with pytest.raises(ValueError, match="not this time"):
        await question
    assert set(await index) == {3}
    assert model.asked == [[3], [3]]


async def test_a_cancelled_question_does_not_hold_up_the_index(once: EmbeddedOnce) -> None:
    """Whoever asked may be gone; the image is free for the next."""
    model = Model()
    question = asyncio.create_task(once.embed([1], model))
    await model.called.acquire()
    question.cancel()
    await asyncio.gather(question, return_exceptions=True)
    model.go_on.set()
    assert set(await once.embed([1], model)) == {1}
