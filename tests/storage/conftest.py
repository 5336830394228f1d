"""Real databases for the storage tests: a SQLite file each, and PostgreSQL where it is installed."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import asyncpg
import pytest

from storage.chat_records import ChatInfo
from storage.chats import Chats
from storage.chroma import ChromaIndex
from storage.chroma_client import ChromaLocation
from storage.collection import Collection
from storage.database import Database
from storage.embeddings import Embeddings
from storage.imports import Imports
from storage.photos import Photos
from storage.queue import IndexQueue
from storage.vectors import VectorIndex
from tests.storage import postgres
from tests.storage.builders import BUILD, DIMENSIONS, GROUP, MODEL, NOON, at_build
from tests.storage.sick import Sick


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    folder = postgres.binaries()
    if folder is None:
        message = "PostgreSQL is not installed (Debian: apt-get install postgresql)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with postgres.cluster(folder) as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'chatlens.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        address: str = request.getfixturevalue("sqlite_url")
        return address
    address = request.getfixturevalue("postgres_url")
    connection = await asyncpg.connect(address.replace("+asyncpg", ""))
    await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    await connection.close()
    return address


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """Each kind of database in turn."""
    opened = await Database.open(url)
    yield opened
    await opened.close()


@pytest.fixture
async def sqlite(sqlite_url: str) -> AsyncIterator[Database]:
    """For what does not depend on the kind of database."""
    opened = await Database.open(sqlite_url)
    yield opened
    await opened.close()


@pytest.fixture
def photos(database: Database) -> Photos:
    return Photos(database)


@pytest.fixture
def queue(database: Database) -> IndexQueue:
    return IndexQueue(database)


@pytest.fixture
def location(tmp_path: Path) -> ChromaLocation:
    return ChromaLocation(directory=tmp_path / "chroma")


@pytest.fixture
def collection(location: ChromaLocation) -> Sick:
    """The collection below `chroma`: healthy until it is told to fail."""
    return Sick(partial(Collection, location, MODEL, DIMENSIONS))


@pytest.fixture
async def chroma(collection: Sick) -> AsyncIterator[ChromaIndex]:
    opened = ChromaIndex(collection)
    await opened.open(BUILD)
    yield opened
    await opened.close()


@pytest.fixture
async def index(sqlite: Database, chroma: ChromaIndex) -> AsyncIterator[VectorIndex]:
    """An index in which two photos make a large chat, compared when it was empty."""
    await at_build(sqlite)
    compared = VectorIndex(Embeddings(sqlite, MODEL), chroma, exact_limit=1)
    await compared.reconcile()
    compared.needs_reconcile.set()
    yield compared
    await compared.close()  # a collection may still be filled from `sqlite`


@pytest.fixture
async def imports(database: Database) -> Imports:
    """Into chats that the bot is in."""
    for chat in (GROUP, ChatInfo(-5, "group", "Old friends")):
        await Chats(database).joined(chat, NOON)
    return Imports(database)
