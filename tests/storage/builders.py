"""What the storage tests put in: posts and vectors with everything but the point of the test filled in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from storage import generation
from storage.chat_records import ChatInfo
from storage.database import Database, insert
from storage.embeddings import Embeddings
from storage.index_records import IndexEntry
from storage.photos import Photos
from storage.questions import Question, View
from storage.queue import IndexQueue
from storage.records import FileKind, Photo, PhotoPost, PhotoSize, PhotoSource, Sender
from storage.schema import facts
from storage.stand_ins import stand_in

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
GROUP = ChatInfo(-1_001_234_567_890, "supergroup", "Family", "family")
"""Its id needs more than 32 bits, as every supergroup's does."""
HISTORY = stand_in(GROUP.id)
"""Under which imported photos of it lie whose numbers are not the bot's."""
MODEL = "test-model"
DIMENSIONS = 16
BUILD = "build-1"
"""A generation of the vector index."""

POST = PhotoPost(
    chat_id=GROUP.id,
    message_id=1,
    sender=Sender(7, "Ann Lee", "ann"),
    date=NOON,
    caption="at the lake",
    kind=FileKind.PHOTO,
    file_id="file-1",
    file_unique_id="unique-1",
    sizes=(PhotoSize("small-1", "usmall-1", 90, 60, 1_200), PhotoSize("file-1", "unique-1", 1280, 853)),
)


def post(message_id: int, *, chat_id: int = GROUP.id, file: str | None = None, minutes: int = 0) -> PhotoPost:
    """A post of the picture `file`, by default one of its own."""
    file = file or f"{chat_id}/{message_id}"
    return replace(
        POST,
        chat_id=chat_id,
        message_id=message_id,
        date=NOON + timedelta(minutes=minutes),
        file_id=f"file-{file}",
        file_unique_id=f"unique-{file}",
    )


def question(message_id: int, *, chat_id: int = GROUP.id, ranking: tuple[int, ...] = (3, 1, 2)) -> Question:
    """A question that Ann asks at noon, about to be answered."""
    return Question(
        chat_id=chat_id,
        message_id=message_id,
        thread_id=None,
        asker_id=7,
        revision=NOON,
        fingerprint="of red car",
        asked_at=NOON,
        view=View('{"words": "red car"}', "sure", ranking, 0, 2),
    )


def unit(seed: int, dimensions: int = DIMENSIONS) -> NDArray[np.float32]:
    """A vector of length 1, its own for every seed."""
    vector = np.random.default_rng(seed).normal(size=dimensions).astype(np.float32)
    normalised: NDArray[np.float32] = vector / np.linalg.norm(vector)
    return normalised


async def at_build(database: Database) -> None:
    """Let the archive's vector index be of `BUILD`, as the collection that tests open is."""
    async with database.transaction() as connection:
        row = insert(connection, facts).values(key=generation.KEY, value=BUILD)
        await connection.execute(row.on_conflict_do_nothing())


async def added(photos: Photos, message: PhotoPost) -> Photo:
    """The photo of a post that must be new."""
    photo = await photos.add(message)
    assert photo is not None
    return photo


async def indexed(database: Database, *posts: PhotoPost) -> list[IndexEntry]:
    """The posts written, embedded and marked as indexed, as the indexer does; entries for `VectorIndex.add`.

    The vector of image n is unit(n), as rounded by storing it.
    """
    photos, queue, embeddings = Photos(database), IndexQueue(database), Embeddings(database, MODEL)
    rows = [await added(photos, message) for message in posts]
    await embeddings.store({row.image_id: unit(row.image_id) for row in rows})
    await queue.finish([(row.id, row.image_id) for row in rows])
    return await embeddings.entries([row.id for row in rows])


def exported(message_id: int, *, origin: int = GROUP.id, file: str | None = None, **changes: object) -> PhotoPost:
    """A photo out of an export."""
    of_file = f"file:///export/{file or message_id}.jpg"
    plain = post(message_id, chat_id=origin, file=file)
    return replace(
        plain,
        kind=FileKind.DISK,
        source=PhotoSource.IMPORT,
        sizes=(),
        file_id=of_file,
        **changes,  # type: ignore[arg-type]
    )


async def captioned(database: Database, *captions: str | None, chat_id: int = GROUP.id) -> list[int]:
    """Indexed photos, the first of message 1, that say this."""
    posts = [replace(post(number, chat_id=chat_id), caption=said) for number, said in enumerate(captions, start=1)]
    return [entry.photo_id for entry in await indexed(database, *posts)]
