"""From a post to a model's input: download, decode, prepare. Used for photos to index and photos asked about."""

import asyncio

from PIL import Image

from search.decoding import Decoders
from search.embedder import Embedder, Pixels
from search.files import FileSource, file_to_embed, whole_file
from search.images import within_ratio
from search.records import Photo, PhotoPost

READABLE_SIDE = 800
"""Pixels of the shorter side from which a decoder need not give more: it gives at least twice as many, where it can."""


class Pictures:
    """Fetches, has decoded, and prepares; all of it off the event loop."""

    def __init__(self, files: FileSource, embedder: Embedder, decoders: Decoders, max_bytes: int) -> None:
        self._files = files
        self._embedder = embedder
        self._decoders = decoders
        self._max_bytes = max_bytes

    async def pixels(self, post: PhotoPost | Photo) -> Pixels:
        """float32 `[3, h, w]`, from the smallest of the photo's sizes that covers the model's input.

        Raises:
            FileGone, FileUnreachable, ImageRefused
        """
        side = self._embedder.image_size
        data = await self._files.fetch(file_to_embed(post, side, self._max_bytes))
        return await asyncio.to_thread(self._prepare, await self._decoders.picture(data, side))

    async def whole(self, post: PhotoPost | Photo) -> Image.Image:
        """The picture as large as it was sent, or large enough to read what is written in it.

        Raises:
            FileGone, FileUnreachable, ImageRefused
        """
        data = await self._files.fetch(whole_file(post, self._max_bytes))
        return within_ratio(await self._decoders.picture(data, READABLE_SIDE))

    async def preview(self, post: PhotoPost | Photo) -> bytes:
        """The picture as a JPEG that can be sent as a photo, for files that cannot be sent again as they are.

        Raises:
            FileGone, FileUnreachable, ImageRefused
        """
        data = await self._files.fetch(whole_file(post, self._max_bytes))
        return await self._decoders.preview(data)

    def _prepare(self, image: Image.Image) -> Pixels:
        return self._embedder.prepare(within_ratio(image))
