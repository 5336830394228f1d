"""From a post to a model's input: download, decode, prepare. Used for photos to index and photos asked about."""

import asyncio
from copy import copy
from dataclasses import dataclass

from PIL import Image

from search.decoding import Decoders
from search.embedder import Embedder, Pixels
from search.files import FileSource, Nowhere, checked, file_to_embed, whole_file
from search.fingerprint import Fingerprint
from search.images import within_ratio
from search.records import FileKind, Photo, PhotoPost

READABLE_SIDE = 800
"""Pixels of the shorter side from which a decoder need not give more: it gives at least twice as many, where it can."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What there is to know of a picture, so that it need not be opened again."""

    pixels: Pixels
    """See `Embedder`."""
    fingerprint: bytes
    """See `search.fingerprint`; empty for a picture too even to have one."""


class Pictures:
    """Fetches, has decoded, and prepares; all of it off the event loop."""

    def __init__(
        self,
        files: FileSource,
        embedder: Embedder,
        decoders: Decoders,
        max_bytes: int,
        originals: FileSource | None = None,
    ) -> None:
        """`files` are Telegram's, `originals` those of imported photos."""
        self._files = files
        self._originals = originals or Nowhere()
        self._embedder = embedder
        self._decoders = decoders
        self._max_bytes = max_bytes

    def change(self, embedder: Embedder) -> None:
        """From now on for this model."""
        self._embedder = embedder

    def for_model(self, embedder: Embedder) -> "Pictures":
        """The same pictures as another model is to see them."""
        other = copy(self)
        other.change(embedder)
        return other

    async def pixels(self, post: PhotoPost | Photo) -> Pixels:
        """Those of `seen`, without its fingerprint, which takes longer to compute than they.

        Raises:
            FileGone, FileUnreachable, ImageRefused
        """
        image = await self._opened(post)
        return await asyncio.to_thread(lambda: self._embedder.prepare(within_ratio(image)))

    async def seen(self, post: PhotoPost | Photo) -> Seen:
        """From the smallest of the photo's sizes that covers the model's input.

        Raises:
            FileGone, FileUnreachable, ImageRefused
        """
        return await asyncio.to_thread(self._see, await self._opened(post))

    async def _opened(self, post: PhotoPost | Photo) -> Image.Image:
        await self._embedder.ready()
        side = self._embedder.image_size
        data = await self._fetched(post, file_to_embed(post, side, self._max_bytes))
        return await self._decoders.model_input(data, side)

    async def whole(self, post: PhotoPost | Photo) -> Image.Image:
        """The picture as large as it was sent, or large enough to read what is written in it.

        Raises:
            FileGone, FileUnreachable, ImageRefused
        """
        data = await self._fetched(post, whole_file(post, self._max_bytes))
        return within_ratio(await self._decoders.picture(data, READABLE_SIDE))

    async def preview(self, post: PhotoPost | Photo) -> bytes:
        """The picture as a JPEG that can be sent as a photo, for files that cannot be sent again as they are.

        Raises:
            FileGone, FileUnreachable, ImageRefused
        """
        data = await self._fetched(post, whole_file(post, self._max_bytes))
        return await self._decoders.preview(data)

    async def _fetched(self, post: PhotoPost | Photo, file_id: str) -> bytes:
        """What a message brought is asked of Telegram, whatever its file id looks like: no message leads to a path."""
        source = self._originals if post.kind is FileKind.DISK else self._files
        return await asyncio.to_thread(checked, post, await source.fetch(file_id))

    def _see(self, image: Image.Image) -> Seen:
        image = within_ratio(image)
        fingerprint = Fingerprint.of(image)
        return Seen(self._embedder.prepare(image), b"" if fingerprint is None else fingerprint.to_bytes())
