"""The one interface to a model that puts pictures and words into one space. Implementations are its siblings."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Embedding = NDArray[np.float32]
"""float32 `[d]` or `[n, d]`, every row of length one: a dot product is a cosine."""

Pixels = NDArray[np.float32]
"""float32 `[3, height, width]`, resized and normalised as the model was trained."""


class Embedder(Protocol):
    """Turns pictures and words into embeddings. Called from one thread at a time, `prepare` from any."""

    @property
    def model_id(self) -> str:
        """Names the weights: two embedders of one id give comparable embeddings, others never do."""

    @property
    def dimensions(self) -> int:
        """d, the length of an embedding."""

    @property
    def image_size(self) -> int:
        """Pixels on the model's shorter side: a smaller picture loses what the model could see."""

    async def ready(self) -> None:
        """Returns once it is in memory, where the others answer at once; asked before them on the event loop.

        Raises:
            ModelError
        """

    def prepare(self, image: Image.Image) -> Pixels:
        """One RGB picture of any size as the model's input."""

    def embed_images(self, batch: Sequence[Pixels]) -> Embedding:
        """`[n, d]`, row i for picture i.

        Raises:
            MemoryError: the device has no room for so many at once.
        """

    def embed_texts(self, texts: Sequence[str]) -> Embedding:
        """`[n, d]`, row i for text i; longer texts than the model reads are cut by its tokenizer."""
