"""One collection of Chroma, synchronously: where it is, what it is called, how it is opened and made anew.

Nothing but this file names chromadb, and only when a collection is opened: importing it takes about
a second, which `--help`, the settings and most tests should not pay. `storage.chroma` has the threads.
"""

from __future__ import annotations

import hashlib
import importlib
import logging
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from storage.records import IndexEntry, Neighbour, Place

log = logging.getLogger(__name__)

HNSW = {
    "space": "cosine",
    # Recall@10 at 100,000 vectors: 0.993. With Chroma's own 100 it is 0.953, and single queries find
    # nothing right.
    "ef_search": 400,
    # Being killed while it persists is what destroys a collection: do it rarely. What was not persisted is in
    # Chroma's own log and is replayed.
    "sync_threshold": 4_000,
}


@dataclass(frozen=True, slots=True)
class ChromaLocation:
    """Where Chroma is: a directory of our own, or a server. Exactly one of `directory` and `host` is set."""

    directory: Path | None = None
    """Embedded; no other process may use it."""
    host: str | None = None
    port: int = 8000
    ssl: bool = False
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """For a proxy that asks for a secret: Chroma itself asks for none."""

    def __post_init__(self) -> None:
        if (self.directory is None) == (self.host is None):
            raise ValueError("Chroma is either in a directory or on a host")

    def __str__(self) -> str:
        return str(self.directory) if self.directory else f"{self.host}:{self.port}"


class Collection:
    """The collection of one model. Every call blocks and may raise whatever Chroma raises."""

    def __init__(self, location: ChromaLocation, model: str, dimensions: int) -> None:
        self._location = location
        self._name = collection_name(model)
        self._metadata = {"model": model, "dimensions": dimensions}
        self._client: Any = None
        self._collection: Any = None

    def open(self) -> None:
        """Open or make the collection; a directory of ours that cannot be opened is set aside."""
        try:
            self._connect()
        except (KeyboardInterrupt, SystemExit, OSError):
            raise  # what the system forbids is not mended by another folder
        except BaseException as error:  # panics of Chroma's Rust part are no Exception
            directory = self._location.directory
            if directory is None:
                raise
            self._forget_client()
            log.warning("Chroma cannot open %s (%s): it is set aside as %s", directory, error, _set_aside(directory))
            self._connect()

    def reset(self) -> None:
        """Drop the collection and make it anew, empty."""
        try:
            self._client.delete_collection(self._name)
        except Exception as error:  # noqa: BLE001 - gone already, or so broken that it cannot even be dropped
            log.warning("Chroma cannot drop its collection: %s", error)
            self.close()
            if self._location.directory is not None:
                log.warning("The old index is set aside as %s", _set_aside(self._location.directory))
        else:
            self.close()
        self.open()

    def renew(self) -> None:
        """Make the collection anew, empty, and leave nothing of the old one in a directory of ours.

        Chroma's own deletions leave vectors in its files, and a dropped collection its directory.
        """
        directory = self._location.directory
        if directory is None:
            self.reset()
            return
        self.close()
        self._forget_client()
        for old in (directory, *directory.parent.glob(f"{directory.name}.broken-*")):
            shutil.rmtree(old, ignore_errors=not old.exists())
        self.open()

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = self._collection = None

    def upsert(self, entries: Sequence[IndexEntry]) -> None:
        self._collection.upsert(
            ids=[str(entry.photo_id) for entry in entries],
            embeddings=np.stack([entry.vector for entry in entries]),
            metadatas=[_metadata(entry.place) for entry in entries],
        )

    def place(self, places: Sequence[Place]) -> None:
        """Correct chat and image of entries that exist; others are passed over."""
        self._collection.update(
            ids=[str(place.photo_id) for place in places], metadatas=[_metadata(place) for place in places]
        )

    def delete(self, photo_ids: Sequence[int]) -> None:
        self._collection.delete(ids=[str(photo_id) for photo_id in photo_ids])

    def query(self, vector: NDArray[np.float32], chat_id: int, k: int) -> list[Neighbour]:
        """Fewer than `k` where the chat has fewer."""
        found = self._collection.query(
            query_embeddings=vector[np.newaxis],
            n_results=k,
            where={"chat_id": chat_id},
            include=["metadatas", "distances"],
        )
        return [
            Neighbour(int(photo_id), int(metadata["image_id"]), 1.0 - float(distance))
            for photo_id, metadata, distance in zip(
                found["ids"][0], found["metadatas"][0], found["distances"][0], strict=True
            )
        ]

    def count(self) -> int:
        return int(self._collection.count())

    def page(self, offset: int, size: int) -> list[Place]:
        page = self._collection.get(limit=size, offset=offset, include=["metadatas"])
        return [
            Place(int(photo_id), int(metadata["image_id"]), int(metadata["chat_id"]))
            for photo_id, metadata in zip(page["ids"], page["metadatas"], strict=True)
        ]

    def _connect(self) -> None:
        self._client = _client(self._location)
        self._collection = self._client.get_or_create_collection(
            self._name,
            metadata=self._metadata,
            configuration={"hnsw": HNSW},
            # Chroma's default would download a model.
            embedding_function=None,
        )

    def _forget_client(self) -> None:
        """Chroma keeps clients by path, also one that failed to start, and would give us that one again."""
        self._client = self._collection = None
        shared = importlib.import_module("chromadb.api.shared_system_client")
        shared.SharedSystemClient.clear_system_cache()


def collection_name(model: str) -> str:
    """A name by Chroma's rules, one per model: what is legible of it, and a digest of all of it."""
    legible = re.sub(r"[^a-zA-Z0-9._-]+", "-", model)[:100]
    digest = hashlib.sha256(model.encode()).hexdigest()[:12]
    return f"photos-{legible}-{digest}"


def _client(location: ChromaLocation) -> Any:
    chromadb = importlib.import_module("chromadb")
    settings = chromadb.Settings(anonymized_telemetry=False)
    if location.directory is not None:
        location.directory.mkdir(parents=True, exist_ok=True)
        return chromadb.PersistentClient(path=location.directory, settings=settings)
    return chromadb.HttpClient(
        host=location.host,
        port=location.port,
        ssl=location.ssl,
        headers=dict(location.headers),
        settings=settings,
    )


def _set_aside(directory: Path) -> Path:
    free = (directory.with_name(f"{directory.name}.broken-{number}") for number in count(1))
    aside = next(path for path in free if not path.exists())
    return directory.rename(aside)


def _metadata(place: Place) -> dict[str, int]:
    return {"chat_id": place.chat_id, "image_id": place.image_id}
