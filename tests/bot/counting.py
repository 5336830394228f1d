"""A model that counts what it is shown."""

from typing import Any

from search.clip import ClipEmbedder


class Counting:
    """A model, and how many pictures it has been shown."""

    def __init__(self, embedder: ClipEmbedder) -> None:
        self._embedder = embedder
        self.model_id = embedder.model_id
        self.seen = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)

    def embed_images(self, batch: Any) -> Any:
        self.seen += len(batch)
        return self._embedder.embed_images(batch)
