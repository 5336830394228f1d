"""A Chroma that fails on demand, as the real one does when its files are damaged."""

from __future__ import annotations

import numpy as np

from storage.collection import Collection
from storage.records import Neighbour


class Sick(Collection):
    """A real collection that fails while told to."""

    failing = False
    trouble = "Failed to apply logs to the hnsw segment writer"
    asked = 0

    def query(self, vector: np.typing.NDArray[np.float32], chat_id: int, k: int) -> list[Neighbour]:
        self.asked += 1
        self._fail()
        return super().query(vector, chat_id, k)

    def upsert(self, entries: object) -> None:
        self._fail()
        super().upsert(entries)  # type: ignore[arg-type]

    def delete(self, photo_ids: object) -> None:
        self._fail()
        super().delete(photo_ids)  # type: ignore[arg-type]

    def _fail(self) -> None:
        if self.failing:
            raise RuntimeError(self.trouble)
