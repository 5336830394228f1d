"""An embedder whose pictures are embedded in eight bits, once that has proven itself on the operator's own pictures."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from PIL import Image

from search.clip import ClipEmbedder
from search.embedder import Embedding, Pixels
from search.errors import ModelDamaged
from search.onnx_tower import OnnxTower
from search.quantising import BOUND, Facts, Quantised

log = logging.getLogger(__name__)

PROBATION = 64
"""Real pictures that both towers embed, and on which they must agree, before the exact one is given up."""
ATTEMPTS = 2
"""Quantising may have been cut short by whatever killed the bot; what was its own doing kills it again."""


class QuantisedEmbedder:
    """See `Embedder`. Words, and pictures until then, are embedded by the exact model.

    Both towers' vectors lie in one index: that is what the bound on their cosines is for.
    """

    def __init__(self, exact: ClipEmbedder, place: Quantised, threads: int) -> None:
        self.exact = exact
        self.place = place
        self._threads = threads
        self._facts: Facts | None = None
        self._tower: OnnxTower | None = None
        self.adopt()

    @property
    def is_untried(self) -> bool:
        """Whether quantising this model here is still to be tried."""
        return self._facts is None or 0 < self._facts.unfinished < ATTEMPTS

    @property
    def stage(self) -> Literal["exact", "on probation", "eight bits"]:
        """Whose vectors pictures get; on probation the exact tower's, with which eight bits are compared."""
        if self._tower is None:
            return "exact"
        return "eight bits" if self._is_proven else "on probation"

    def adopt(self) -> None:
        """Takes what quantising has made. Called again when it is done."""
        self._facts = self.place.facts()
        if self._facts is None:
            return
        if self._facts.refused is not None:
            log.info(
                "Pictures are embedded exactly; the model is not quantised: %s. To try again remove %s.",
                self._facts.refused,
                self.place.path,
            )
            return
        try:
            self._tower = OnnxTower.open(self.place.tower, self._threads)
        except ModelDamaged as exc:
            log.warning("Pictures are embedded exactly: %s", exc)
            return
        if self._is_proven:
            self.exact.drop_picture_tower()

    @property
    def model_id(self) -> str:
        """See `Embedder`."""
        return self.exact.model_id

    @property
    def dimensions(self) -> int:
        """See `Embedder`."""
        return self.exact.dimensions

    @property
    def image_size(self) -> int:
        """See `Embedder`."""
        return self.exact.image_size

    async def ready(self) -> None:
        """See `Embedder`. It is."""

    def prepare(self, image: Image.Image) -> Pixels:
        """See `Embedder`."""
        return self.exact.prepare(image)

    def embed_texts(self, texts: Sequence[str]) -> Embedding:
        """See `Embedder`."""
        return self.exact.embed_texts(texts)

    def embed_images(self, batch: Sequence[Pixels]) -> Embedding:
        """See `Embedder`."""
        tower = self._tower
        if tower is None:
            return self.exact.embed_images(batch)
        try:
            quick = tower.encode(np.stack(batch))
        except RuntimeError as exc:
            self._refuse(f"ONNX Runtime failed ({exc})")
            return self.exact.embed_images(batch)
        if self._is_proven:
            return quick
        exact = self.exact.embed_images(batch)
        self._compare(exact, quick)
        return exact

    @property
    def _is_proven(self) -> bool:
        return self._facts is not None and self._facts.checked >= PROBATION

    def _compare(self, exact: Embedding, quick: Embedding) -> None:
        """Both towers' word on the same pictures."""
        known = self.place.facts() or self._facts  # a reindexing to the same model has an embedder of its own
        assert known is not None  # noqa: S101 - there is a tower
        cosine = float((exact * quick).sum(axis=1).min())
        if known.refused is not None or not cosine >= BOUND:  # NaN, too
            self._refuse(known.refused or f"on a real picture its vector had a cosine of {cosine:.3f}")
            return
        self._keep(replace(known, checked=known.checked + len(exact), cosine=min(known.cosine, cosine)))
        if self._is_proven:
            log.info("From now on pictures are embedded in eight bits; the least cosine was %.4f.", cosine)
            self.exact.drop_picture_tower()

    def _refuse(self, why: str) -> None:
        """The exact tower embeds from now on, and at every start."""
        log.warning("Pictures are embedded exactly from now on; in eight bits, %s.", why)
        self._tower = None
        if self._is_proven:
            self.exact.restore_picture_tower()
        self._keep(Facts(why))

    def _keep(self, facts: Facts) -> None:
        self._facts = facts
        try:
            self.place.keep(facts)
        except OSError as exc:
            log.warning("What is known of the quantised model could not be kept: %s", exc)
