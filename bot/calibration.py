"""What is known of the model's scores: read at start, and found out by `python -m bot calibrate`."""

import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np

from bot.opening import open_database, open_model
from bot.settings import Settings
from search.calibrating import Pool, calibrate, words_of
from search.calibration import Calibration
from search.errors import ModelDamaged
from search.evidence import Rivals
from search.model_spec import ModelSpec
from search.query import MAX_QUESTION_CHARACTERS
from search.verdict import Calibrated
from search.vocabulary import load_words
from storage.calibrations import Calibrations

log = logging.getLogger(__name__)

FIGURES, WORDS = "calibration.json", "words.npy"
"""Files that a model's directory may bring along."""
CAPTIONS, PICTURES = 1_000, 3_000
"""How much of the archive is drawn: embedding 1,000 captions takes a large model some two minutes on two cores."""

Progress = Callable[[str, int, int], None]
"""What is being done, how much of it is done, and how much there is."""


async def calibrated(calibrations: Calibrations, setting: str, model_id: str) -> Calibrated | None:
    """What the operator's own calibration found out, else what came with the model, else nothing.

    Raises:
        ModelDamaged: the files that came with the model cannot be read.
    """
    kept = await calibrations.get(model_id)
    if kept is not None:
        figures, words = kept
        return Calibrated(Calibration.from_json(figures), Rivals(words))
    directory = ModelSpec.parse(setting).directory
    shipped = None if directory is None else _shipped(directory)
    if shipped is not None and shipped.calibration.model == model_id:
        return shipped
    log.info("No calibration for %s: hardly any question is refused. See `python -m bot calibrate`.", model_id)
    return None


def _shipped(directory: Path) -> Calibrated | None:
    if not (directory / FIGURES).is_file():
        return None
    try:
        calibration = Calibration.from_json((directory / FIGURES).read_text("utf-8"))
        return Calibrated(calibration, Rivals(np.load(directory / WORDS).astype(np.float32)))
    except (OSError, ValueError, TypeError) as exc:
        raise ModelDamaged(f"{directory / FIGURES} or {WORDS} beside it cannot be read ({exc}). Remove both.") from exc


async def calibrate_archive(settings: Settings, progress: Progress) -> Calibration:
    """Fits figures to the archive in the data directory and keeps them there.

    Raises:
        BotError, ModelError, StorageError: among them DataDirectoryBusy while the bot runs, and TooFewCaptions.
    """
    async with AsyncExitStack() as stack:
        database = await open_database(stack, settings)
        embedder = await open_model(settings, database)
        calibrations = Calibrations(database)
        captioned = [
            one
            for one in await calibrations.sample(embedder.model_id, CAPTIONS, captioned=True)
            if one.caption and len(one.caption) <= MAX_QUESTION_CHARACTERS
        ]
        known = {one.image_id for one in captioned}
        others = await calibrations.sample(embedder.model_id, PICTURES, captioned=False)
        pictures = [*captioned, *(one for one in others if one.image_id not in known)]
        captions = [one.caption or "" for one in captioned]
        asked = words_of(embedder, captions, lambda done: progress("Captions", done, len(captions)))
        words = load_words()
        rivals = Rivals(words_of(embedder, words, lambda done: progress("Words", done, len(words))))
        pool = Pool(np.array([one.vector for one in pictures]), asked, range(len(captioned)))
        calibration = calibrate(embedder.model_id, pool, rivals)
        await calibrations.keep(embedder.model_id, calibration.to_json(), rivals.vectors)
        return calibration
