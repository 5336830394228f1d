"""Whom a picture's file is asked of."""

from dataclasses import replace

import pytest

from search.clip import ClipEmbedder
from search.decoding import Decoders
from search.errors import FileGone
from search.images import DecodingLimits
from search.pictures import Pictures
from search.records import FileKind, PhotoSource
from tests.builders import a_photo


class Asked:
    """A source that has nothing and remembers what it was asked for."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    async def fetch(self, file_id: str) -> bytes:
        self.ids.append(file_id)
        raise FileGone("nothing here")


@pytest.mark.parametrize("kind", [FileKind.PHOTO, FileKind.DOCUMENT])
async def test_a_message_leads_to_a_path(embedder: ClipEmbedder, kind: FileKind) -> None:
    """Whatever a file id looks like: what a message brought is asked of Telegram, only imports are read from disk."""
    telegram, disk = Asked(), Asked()
    pictures = Pictures(telegram, embedder, Decoders(DecodingLimits()), 100, disk)
    photo = a_photo(kind=kind, file_id="file:///etc/passwd", source=PhotoSource.LIVE)
    for ask in (pictures.seen, pictures.whole, pictures.preview):
        with pytest.raises(FileGone):
            await ask(photo)
        with pytest.raises(FileGone):
            await ask(replace(photo, kind=FileKind.DISK))
    assert telegram.ids == disk.ids == ["file:///etc/passwd"] * 3
