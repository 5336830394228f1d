"""Every file the world knows, by `file_unique_id`: equal bytes are one photo, and one document under each name."""

import asyncio
import hashlib
import mimetypes
from dataclasses import dataclass

from sandbox import file_ids
from sandbox.errors import BadRequest
from sandbox.pictures import Picture, Size, Thumbnail, thumbnail


@dataclass(frozen=True)
class Document:
    """A file sent as it is."""

    unique_id: str
    content: bytes
    name: str
    mime_type: str
    thumbnail: Thumbnail | None


@dataclass(frozen=True)
class StoredFile:
    """What can be downloaded: where the bytes are, their type, and the folder getFile puts them in."""

    source: Document | Size | Thumbnail
    mime_type: str
    folder: str
    suffix: str

    async def content(self) -> bytes:
        """The bytes; those of a photo may have to be made first, in a thread."""
        if isinstance(self.source, Size) and not self.source.picture.encoded:
            await asyncio.to_thread(self.source.picture.encode)
        return self.source.content


class Files:
    """The world's store of photos and documents."""

    def __init__(self) -> None:
        self._pictures: dict[str, Picture] = {}
        self._photo_of: dict[str, Picture] = {}
        self._document_of: dict[str, Document] = {}
        self._stored: dict[str, StoredFile] = {}

    async def add_picture(self, content: bytes) -> Picture:
        """Keeps an uploaded photo, decoded in a thread; bytes seen before cost nothing.

        Raises BadRequest for what Telegram does not take as a photo.
        """
        known = self._pictures.get(hashlib.sha256(content).hexdigest())
        return known or self._keep_picture(await asyncio.to_thread(_encoded, content))

    def add_known_picture(self, content: bytes) -> Picture:
        """Keeps a photo that is known to be good; it is decoded when it is first needed."""
        known = self._pictures.get(hashlib.sha256(content).hexdigest())
        return known or self._keep_picture(Picture(content))

    async def add_document(self, content: bytes, name: str, mime_type: str | None = None) -> Document:
        """Keeps an uploaded file and, for a picture, makes its thumbnail."""
        if not content:
            raise BadRequest("file must be non-empty")
        kind = mime_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
        unique_id = file_ids.unique_id("document", b"\0".join((kind.encode(), name.encode(), content)))
        if unique_id not in self._document_of:
            preview = await asyncio.to_thread(thumbnail, content)
            self._keep_document(Document(unique_id, content, name, kind, preview))
        return self._document_of[unique_id]

    def photo(self, unique_id: str) -> Picture | None:
        """The photo that has a size with this id."""
        return self._photo_of.get(unique_id)

    def document(self, unique_id: str) -> Document | None:
        """The document with this id."""
        return self._document_of.get(unique_id)

    def stored(self, unique_id: str) -> StoredFile | None:
        """The file behind any id: a photo's size, a document, a thumbnail."""
        return self._stored.get(unique_id)

    def _keep_picture(self, kept: Picture) -> Picture:
        self._pictures[kept.digest] = kept
        for size in kept.sizes:
            self._photo_of[size.unique_id] = kept
            self._stored[size.unique_id] = StoredFile(size, "image/jpeg", "photos", ".jpg")
        return kept

    def _keep_document(self, document: Document) -> None:
        suffix = "." + document.name.rpartition(".")[2] if "." in document.name else ""
        self._document_of[document.unique_id] = document
        self._stored[document.unique_id] = StoredFile(document, document.mime_type, "documents", suffix)
        if small := document.thumbnail:
            self._stored[small.unique_id] = StoredFile(small, "image/jpeg", "thumbnails", ".jpg")


def _encoded(content: bytes) -> Picture:
    picture = Picture(content)
    picture.encode()
    return picture
