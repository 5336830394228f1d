"""Every image is embedded once, even where a question and the index want it at the same moment."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from search.embedder import Embedding
from search.errors import ModelChanged
from storage.embeddings import Embeddings

Compute = Callable[[Sequence[int]], Awaitable[Embedding]]
"""Image ids to their embeddings `[n, d]`, in the same order."""


class EmbeddedOnce:
    """Takes an image's embedding from SQL, from whoever is computing it just now, or computes and stores it.

    A photo that is posted with the caption /similar is wanted twice within milliseconds: for the answer and for the
    index.
    """

    def __init__(self, embeddings: Embeddings) -> None:
        self._embeddings = embeddings
        self._computing: dict[int, asyncio.Future[Embedding]] = {}

    def change(self, embeddings: Embeddings) -> None:
        """From now on those of another model. What is being computed fails, for it would be kept as that one's."""
        self._embeddings = embeddings

    async def stored(self, image_ids: Sequence[int]) -> dict[int, Embedding]:
        """The embeddings that SQL has.

        Raises:
            StorageError
        """
        return await self._embeddings.vectors(image_ids)

    async def coming(self, image_id: int) -> Embedding | None:
        """The image's embedding once somebody who is computing it has stored it; None where nobody is, or they failed.

        Raises:
            StorageError
        """
        computing = self._computing.get(image_id)
        if computing is None:
            return None
        await asyncio.wait({computing})
        return (await self.stored([image_id])).get(image_id)

    async def embed(self, image_ids: Sequence[int], compute: Compute) -> dict[int, Embedding]:
        """The embedding of every image; `compute` is asked for those that nobody has, once and together.

        Raises:
            StorageError, ModelChanged, and whatever `compute` raises.
        """
        others = {image_id: self._computing[image_id] for image_id in image_ids if image_id in self._computing}
        ours = [image_id for image_id in image_ids if image_id not in others]
        found = await self._embed_ours(ours, compute) if ours else {}
        if others:
            await asyncio.wait(others.values())
            # Theirs is stored by now. Where they failed, it is ours to try.
            found |= await self.embed(list(others), compute)
        return found

    async def _embed_ours(self, image_ids: list[int], compute: Compute) -> dict[int, Embedding]:
        """Announced before SQL is asked: who was computing before that has stored it, who comes later waits."""
        done: asyncio.Future[Embedding] = asyncio.get_running_loop().create_future()
        self._computing |= dict.fromkeys(image_ids, done)
        embeddings = self._embeddings
        try:
            found = await embeddings.vectors(image_ids)
            missing = [image_id for image_id in image_ids if image_id not in found]
            if missing:
                computed = dict(zip(missing, await compute(missing), strict=True))
                if embeddings is not self._embeddings:
                    raise ModelChanged
                await embeddings.store(computed)
                found |= computed
            return found
        finally:
            for image_id in image_ids:
                del self._computing[image_id]
            done.cancel()  # wakes who waits; what there is to have is in SQL
