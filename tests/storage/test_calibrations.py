"""Figures of models, and what of the archive they are fitted to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from storage.calibrations import Calibrations
from storage.database import Database
from storage.photos import Photos
from tests.storage.builders import MODEL, indexed, post, unit


async def test_figures_of_another_model_are_used(database: Database) -> None:
    """Each model has its own, the last that were kept."""
    calibrations, words = Calibrations(database), np.stack([unit(1), unit(2)])
    assert await calibrations.get(MODEL) is None
    await calibrations.keep(MODEL, "first", words)
    await calibrations.keep(MODEL, "second", words[:1])
    assert await calibrations.get("another") is None
    kept = await calibrations.get(MODEL)
    assert kept is not None
    assert kept[0] == "second"
    np.testing.assert_allclose(kept[1], words[:1], atol=1e-3)


async def test_the_sample_has_pictures_twice(database: Database) -> None:
    """One of each picture, reposts or not, with a caption where there is one; only what is indexed."""
    await indexed(
        database,
        replace(post(1, file="a"), caption="a cat"),
        replace(post(2, file="a"), caption=None),
        replace(post(3, file="b"), caption=None),
        replace(post(4, file="c"), caption="a dog"),
    )
    await Photos(database).add(replace(post(5, file="d"), caption="not yet"))
    calibrations = Calibrations(database)
    assert {one.caption for one in await calibrations.sample(MODEL, 9, captioned=True)} == {"a cat", "a dog"}
    every = await calibrations.sample(MODEL, 9, captioned=False)
    assert sorted(str(one.caption) for one in every) == ["None", "a cat", "a dog"]
    assert len(await calibrations.sample(MODEL, 2, captioned=False)) == 2
    assert await calibrations.sample("another", 9, captioned=False) == []
