"""One collection of Chroma, synchronously: what it is called, how it is opened, given up and made anew.

`storage.chroma` decides where a collection is called: one in a directory in a process of its own, where every method's
arguments and results go through pickles.
"""

from __future__ import annotations

import hashlib
import logging
import re
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from storage.chroma_client import ChromaLocation, connect, disconnect, forget
from storage.chroma_directory import ChromaDirectory, DirectoryUnusable
from storage.chroma_errors import is_passing
from storage.index_records import IndexEntry, Near, Place

log = logging.getLogger(__name__)

HNSW = {
    "space": "cosine",
    # Recall@10 at 100,000 vectors: 0.993. With Chroma's own 100 it is 0.953, and single queries find
    # nothing right.
    "ef_search": 400,
}
LAYOUT = "a collection a chat"
"""Part of every name: an index that was laid out otherwise (one collection of all photos) is foreign, and made anew."""


@dataclass(frozen=True, slots=True)
class Opened:
    """How a collection was found."""

    is_new: bool
    """It was made just now, empty."""
    is_suspect: bool
    """Whoever had it open last did not close it: it may have been killed while it persisted."""


class Collection:
    """The collections of one build of one model's index, one for each chat that Chroma has (`storage.layout`).

    Every call blocks and may raise whatever Chroma raises.
    """

    def __init__(self, location: ChromaLocation, model: str, dimensions: int) -> None:
        self._location = location
        self._directory = ChromaDirectory(location.directory) if location.directory is not None else None
        self._model = model
        self._metadata = {"model": model, "dimensions": dimensions}
        self._client: Any = None
        self._chats: dict[int, Any] = {}
        """Those that it has something of, and their collections."""
        self._base = ""
        self._marker: Any = None
        """A collection of nothing, whose name says of which build the place is."""
        self._stays_suspect = False

    def look_into(self, generation: str) -> Opened:
        """Open the collection as `open` does, but leave a directory as it is found: raises whatever is wrong with it.
        Closed again, it is as suspect as it was."""
        self.close()
        suspect = False
        if self._directory is not None:
            suspect = self._stays_suspect = self._directory.take()
            self._directory.check()
        return Opened(self._connect(generation), suspect)

    def open(self, generation: str) -> Opened:
        """Open the collection of this build, or make it.

        A directory of ours that is broken or not ours is set aside, and begun anew.
        """
        self.close()
        directory = self._directory
        if directory is None:
            return Opened(self._connect(generation), is_suspect=False)
        suspect = directory.take()
        try:
            directory.check()
            is_new = self._connect(generation)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # panics of Chroma's Rust part are no Exception
            if is_passing(error):
                raise
            log.warning("Chroma cannot use %s: %s. It is set aside and made anew.", directory.path, error)
            self._forget()
            directory.give_up()
            is_new, suspect = self._connect(generation), False
        directory.mark()
        return Opened(is_new, suspect)

    def renew(self, generation: str) -> Opened:
        """Begin a new build, empty; the old one is set aside, on a server dropped."""
        if self._directory is not None:
            self._directory.take()
            self._forget()
            self._directory.give_up()
        else:
            self.drop()
        return self.open(generation)

    def drop(self) -> None:
        """Leave nothing of it on a server; a directory is set aside by whoever opens it for another model."""
        if self._directory is None and self._client is not None:
            for name in (*map(self._name, self._chats), self._base):
                self._client.delete_collection(name)
            self._chats = {}

    def discard(self, before: datetime | None = None) -> None:
        """Delete what was set aside, or only what was so before a moment."""
        if self._directory is not None:
            self._directory.discard(before)

    def close(self) -> None:
        if self._client is not None:
            disconnect(self._client, self._location)
        self._client, self._chats = None, {}
        if self._directory is not None:
            self._directory.release(is_whole=not self._stays_suspect)
        self._stays_suspect = False

    def chats(self) -> list[int]:
        """The chats that it has something of."""
        return list(self._chats)

    def upsert(self, entries: Sequence[IndexEntry]) -> None:
        """Into the collections of their chats, which are made where there are none."""
        for chat_id in {entry.chat_id for entry in entries}:
            of_chat = [entry for entry in entries if entry.chat_id == chat_id]
            if chat_id not in self._chats:
                self._chats[chat_id] = self._made(self._name(chat_id))
            self._chats[chat_id].upsert(
                ids=[str(entry.photo_id) for entry in of_chat],
                embeddings=np.stack([entry.vector for entry in of_chat]),
                metadatas=[{"image_id": entry.image_id} for entry in of_chat],
            )

    def delete(self, chat_id: int, photo_ids: Sequence[int]) -> None:
        if chat_id in self._chats and photo_ids:
            self._chats[chat_id].delete(ids=[str(photo_id) for photo_id in photo_ids])

    def drop_chat(self, chat_id: int) -> None:
        """Have nothing of a chat any more. Chroma would leave the files behind."""
        collection = self._chats.pop(chat_id, None)
        if collection is None:
            return
        folders = self._folders(str(collection.id))
        self._client.delete_collection(self._name(chat_id))
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)

    def query(self, vector: NDArray[np.float32], chat_id: int, k: int) -> list[Near]:
        """Fewer than `k` where the chat has fewer. Without metadata: that of 1,000 takes 22 ms, finding them 15."""
        if chat_id not in self._chats:
            return []
        found = self._chats[chat_id].query(query_embeddings=vector[np.newaxis], n_results=k, include=["distances"])
        return [
            Near(int(photo_id), 1.0 - float(distance))
            for photo_id, distance in zip(found["ids"][0], found["distances"][0], strict=True)
        ]

    def count(self) -> int:
        return sum(int(collection.count()) for collection in (self._marker, *self._chats.values()))

    def vectors(self, places: Sequence[Place]) -> dict[int, NDArray[np.float32]]:
        """The [d] vectors it has of these photos."""
        held: dict[int, NDArray[np.float32]] = {}
        for chat_id in {place.chat_id for place in places} & self._chats.keys():
            ids = [str(place.photo_id) for place in places if place.chat_id == chat_id]
            found = self._chats[chat_id].get(ids=ids, include=["embeddings"])
            held |= {int(photo_id): vector for photo_id, vector in zip(found["ids"], found["embeddings"], strict=True)}
        return held

    def places(self, chat_id: int, photo_ids: Sequence[int]) -> list[Place]:
        """Where those of these photos are that it has of a chat."""
        if chat_id not in self._chats:
            return []
        found = self._chats[chat_id].get(ids=[str(photo_id) for photo_id in photo_ids], include=["metadatas"])
        return _places(chat_id, found)

    def page(self, chat_id: int, offset: int, size: int) -> list[Place]:
        if chat_id not in self._chats:
            return []
        return _places(chat_id, self._chats[chat_id].get(limit=size, offset=offset, include=["metadatas"]))

    def _connect(self, generation: str) -> bool:
        """Whether the build had to be begun. Raises DirectoryUnusable where a directory holds any other."""
        self._base = collection_name(self._model, generation)
        self._client = connect(self._location)
        names = {collection.name for collection in self._client.list_collections()}
        ours = {name for name in names if name == self._base or name.startswith(f"{self._base}.")}
        if self._location.directory is not None and names - ours:
            raise DirectoryUnusable("it is of another archive, of another model or of an earlier build")
        former = collection_name(self._model, generation, "")
        if former in names:  # on a server, where nobody else would erase what is erased
            self._client.delete_collection(former)
        self._marker = self._made(self._base)
        self._chats = {int(name.removeprefix(f"{self._base}.")): self._made(name) for name in ours - {self._base}}
        return self._base not in names

    def _name(self, chat_id: int) -> str:
        return f"{self._base}.{chat_id}"

    def _made(self, name: str) -> Any:
        sync = self._location.sync_threshold
        made = self._client.get_or_create_collection(
            name,
            metadata=self._metadata,
            configuration={"hnsw": HNSW | {"sync_threshold": sync, "batch_size": min(100, sync)}},
            # Chroma's default would download a model.
            embedding_function=None,
        )
        made.count()  # one that is broken says so here
        return made

    def _folders(self, collection_id: str) -> list[Path]:
        """Where an embedded Chroma has a collection's graph, as its own tables have it."""
        if self._location.directory is None:
            return []
        with closing(sqlite3.connect(self._location.directory / "chroma.sqlite3", timeout=10)) as tables:
            rows = tables.execute("SELECT id FROM segments WHERE collection = ?", (collection_id,)).fetchall()
        return [self._location.directory / segment for (segment,) in rows]

    def _forget(self) -> None:
        forget(self._client)
        self._client, self._chats = None, {}


def collection_name(model: str, generation: str, layout: str = f"\n{LAYOUT}") -> str:
    """A name by Chroma's rules, one per model, build and layout: what is legible of the model, and a digest of all."""
    legible = re.sub(r"[^a-zA-Z0-9._-]+", "-", model)[:100]
    digest = hashlib.sha256(f"{model}\n{generation}{layout}".encode()).hexdigest()[:16]
    return f"photos-{legible}-{digest}"


def _places(chat_id: int, found: Any) -> list[Place]:
    return [
        Place(int(photo_id), int(metadata["image_id"]), chat_id)
        for photo_id, metadata in zip(found["ids"], found["metadatas"], strict=True)
    ]
