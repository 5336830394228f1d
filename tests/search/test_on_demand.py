"""A model that comes and goes."""

import asyncio
import io

import numpy as np
import pytest
from PIL import Image

from search.clip import ClipEmbedder
from search.errors import ModelDamaged
from search.on_demand import OnDemand
from tests.people import jpeg


async def test_a_model_is_loaded_twice(embedder: ClipEmbedder) -> None:
    """Everybody who needs it at the same moment waits for the same load."""
    loads = 0

    def load() -> ClipEmbedder:
        nonlocal loads
        loads += 1
        return embedder

    model = OnDemand(embedder.model_id, load)
    assert model.known_dimensions is None
    await asyncio.gather(*(model.ready() for _ in range(5)), asyncio.to_thread(model.embed_texts, ["red"]))
    assert loads == 1


async def test_a_dropped_model_is_another_one(embedder: ClipEmbedder) -> None:
    """Loaded again it says the same, and what is known of it needs no loading."""
    model = OnDemand(embedder.model_id, lambda: embedder)
    assert not model.drop()
    picture = Image.open(io.BytesIO(jpeg("red")))
    words, pixels = model.embed_texts(["red"]), model.prepare(picture)
    assert model.drop()
    assert model.held is None
    assert (model.dimensions, model.image_size) == (embedder.dimensions, embedder.image_size)
    assert model.held is None
    np.testing.assert_array_equal(model.embed_texts(["red"]), words)
    np.testing.assert_array_equal(model.embed_images([pixels]), embedder.embed_images([pixels]))


async def test_other_files_become_the_same_model(embedder: ClipEmbedder) -> None:
    """Exchanged while it was dropped, they are refused: their vectors say nothing of those in the archive."""
    model = OnDemand("local-dir:demo@0123456789ab", lambda: embedder)
    with pytest.raises(ModelDamaged, match="were changed while the bot was running"):
        await model.ready()
    assert model.held is None
