"""A client of Chroma: where Chroma is, and how a client is opened, closed and forgotten.

Nothing but this file names chromadb, and only when a client is opened: importing it takes about a second and 40 MB,
which the bot should not pay.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


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
    sync_threshold: int = 4_000
    """Being killed while it persists is what destroys a collection: do it rarely. What was not persisted is in
    Chroma's own log and is replayed."""

    def __post_init__(self) -> None:
        if (self.directory is None) == (self.host is None):
            raise ValueError("Chroma is either in a directory or on a host")

    def __str__(self) -> str:
        return str(self.directory) if self.directory else f"{self.host}:{self.port}"


def load_chroma() -> None:
    """Ahead of the first opening."""
    importlib.import_module("chromadb")
    importlib.import_module("chromadb.api.rust")


def connect(location: ChromaLocation) -> Any:
    """A new client; what it raises is whatever Chroma raises."""
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


def disconnect(client: Any, location: ChromaLocation) -> None:
    """Close a client in good order."""
    client.close()
    if location.directory is None:
        client._server._session.close()  # noqa: SLF001 - nobody else closes its sockets


def forget(client: Any) -> None:
    """Chroma keeps clients by path, also one that failed to start, and would give us that one again."""
    with suppress(Exception):  # it is given up; that it cannot even be closed changes nothing
        if client is not None:
            client.close()
    shared = importlib.import_module("chromadb.api.shared_system_client")
    shared.SharedSystemClient.clear_system_cache()
