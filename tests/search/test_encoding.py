"""One thread for the model: order, errors, and its end."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence

import numpy as np
import pytest
from PIL import Image

from search.embedder import Embedding, Pixels
from search.encoding import Encoding

PIXELS = np.zeros((3, 2, 2), dtype=np.float32)


class SlowEmbedder:
    """Embeds nothing, but waits where it is told to and notes the order of its work."""

    model_id = "slow"
    dimensions = 2
    image_size = 2

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.begun = threading.Event()
        self.order: list[str] = []

    async def ready(self) -> None:
        return

    def prepare(self, image: Image.Image) -> Pixels:
        return PIXELS

    def embed_images(self, batch: Sequence[Pixels]) -> Embedding:
        self.begun.set()
        self.go_on.wait()
        self.order.append(f"{len(batch)} photos")
        return np.ones((len(batch), 2), dtype=np.float32)

    def embed_texts(self, texts: Sequence[str]) -> Embedding:
        self.order.append(texts[0])
        if texts[0] == "trouble":
            raise ValueError("no such word")
        return np.ones((1, 2), dtype=np.float32)


@pytest.fixture
async def encoding() -> AsyncIterator[Encoding]:
    one = Encoding(SlowEmbedder())
    one.start()
    yield one
    embedder(one).go_on.set()
    await one.close()


def embedder(encoding: Encoding) -> SlowEmbedder:
    assert isinstance(encoding.embedder, SlowEmbedder)
    return encoding.embedder


async def test_a_question_does_not_wait_behind_a_backlog(encoding: Encoding) -> None:
    """It overtakes every waiting batch; only the one in hand is finished first."""
    slow = embedder(encoding)
    batches = [asyncio.create_task(encoding.photos([PIXELS] * n)) for n in (1, 2, 3)]
    await asyncio.to_thread(slow.begun.wait)
    question = asyncio.create_task(encoding.words("red car"))
    await asyncio.sleep(0)
    slow.go_on.set()
    await asyncio.gather(question, *batches)
    assert slow.order == ["1 photos", "red car", "2 photos", "3 photos"]


async def test_a_failing_question_does_not_end_the_thread(encoding: Encoding) -> None:
    """Its error reaches the asker, and the next question is answered."""
    with pytest.raises(ValueError, match="no such word"):
        await encoding.words("trouble")
    assert (await encoding.words("red car")).shape == (2,)


async def test_closing_does_not_leave_waiters_hanging(encoding: Encoding) -> None:
    """The job in hand is finished; what waits behind it is cancelled."""
    slow = embedder(encoding)
    in_hand = asyncio.create_task(encoding.photos([PIXELS]))
    await asyncio.to_thread(slow.begun.wait)
    waiting = asyncio.create_task(encoding.photos([PIXELS] * 2))
    await asyncio.sleep(0)
    closing = asyncio.create_task(encoding.close())
    await asyncio.sleep(0)
    slow.go_on.set()
    await closing
    assert (await in_hand).shape == (1, 2)
    with pytest.raises(asyncio.CancelledError):
        await waiting
