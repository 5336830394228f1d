"""A photo that asks is indexed too."""

from collections.abc import Sequence

import pytest

from search.clip import ClipEmbedder
from search.embedder import Embedding, Pixels
from tests.conftest import Archive
from tests.people import People, jpeg


@pytest.mark.usefixtures("bot")
async def test_a_photo_posted_with_a_question_is_embedded_twice(
    people: People, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once for the answer is enough: what the question computed is kept for the index, or the other way round."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Crew", [ann])
    await people.post(chat, ann, photos=[jpeg("red")])
    await archive.settled(indexed=1)
    embedded = 0
    embed_images = ClipEmbedder.embed_images

    def counted(self: ClipEmbedder, batch: Sequence[Pixels]) -> Embedding:
        nonlocal embedded
        embedded += len(batch)
        return embed_images(self, batch)

    monkeypatch.setattr(ClipEmbedder, "embed_images", counted)
    [question] = await people.post(chat, ann, photos=[jpeg("blue")], caption="/similar")
    await people.answer(chat, question)
    await archive.settled(indexed=2)
    assert embedded == 1


@pytest.mark.usefixtures("bot")
async def test_a_vector_that_cannot_be_read_keeps_others_from_being_indexed(people: People, archive: Archive) -> None:
    """A sick disk has torn it, and its file is posted once more: it is embedded anew, like one that was never there."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Crew", [ann])
    await people.post(chat, ann, photos=[jpeg("red")])
    await archive.settled(indexed=1)
    await archive.change("UPDATE vectors SET vector = x'010203'")
    await people.post(chat, ann, photos=[jpeg("red")])
    await people.post(chat, ann, photos=[jpeg("blue")])
    await archive.settled(indexed=3)
    assert archive.rows("SELECT count(*) FROM vectors WHERE length(vector) = 2 * dimensions") == [(2,)]
