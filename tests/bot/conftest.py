"""Ann and her group, two models for tests that change the one for the other, and an archive for the doctor."""

import io
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from bot import loading, logs
from bot.settings import Settings
from search import reindexer
from search.clip import ClipEmbedder, Compute
from storage.database import Database
from storage.embeddings import Embeddings
from storage.models import Models
from storage.vectors import VectorIndex
from tests.bot.counting import Counting
from tests.bot.examining import COUNT, chroma_of
from tests.bot.second_model import write_second_model
from tests.importing.job import ANN
from tests.people import People
from tests.programs import DEMO
from tests.storage.builders import MODEL, indexed, post


@pytest.fixture(scope="session")
def second_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where it lies."""
    return write_second_model(tmp_path_factory.mktemp("models") / "second")


@pytest.fixture(scope="session")
def second(second_model: Path) -> ClipEmbedder:
    """Loaded from there."""
    return ClipEmbedder.load(f"local-dir:{second_model}", Compute(device="cpu", threads=1))


@pytest.fixture
def models(
    monkeypatch: pytest.MonkeyPatch, embedder: ClipEmbedder, second: ClipEmbedder, second_model: Path
) -> tuple[Counting, Counting]:
    """The demo's and the second one; which is loaded is up to the settings, as ever."""
    both = {f"local-dir:{DEMO}": Counting(embedder), f"local-dir:{second_model}": Counting(second)}
    monkeypatch.setattr(loading, "load_model", lambda settings: both[settings.model])
    monkeypatch.setattr(reindexer, "AGAIN_AFTER", 0.01)
    old, new = both.values()
    return old, new


@pytest.fixture
async def ann(people: People) -> int:
    """By the id that exports know her by."""
    user: dict[str, int] = await people.ask("POST", "/api/users", json={"first_name": "Ann", "id": ANN})
    return user["id"]


@pytest.fixture
async def chat(people: People, ann: int) -> int:
    """Her supergroup, with the bot in it."""
    return await people.chat("supergroup", "Weekend crew", [ann], admins=[ann])


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged as the program logs it."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    written = io.StringIO()
    logs.set_up("INFO", Console(file=written))
    yield written
    logging.getLogger("uvicorn").setLevel(logging.NOTSET)
    root.handlers[:] = before
    root.setLevel(level)


@pytest.fixture
async def well(settings: Settings) -> Settings:
    """An archive in which all is well, and no Telegram to ask."""
    alone = settings.model_copy(update={"token": None, "exact_limit": 0})
    settings.data_dir.mkdir(mode=0o700)
    database = await Database.open(alone.sql_url)
    await Models(database).adopt(MODEL)
    await indexed(database, *[post(number) for number in range(COUNT)])
    index = VectorIndex(Embeddings(database, MODEL), chroma_of(alone), exact_limit=0)
    await index.reconcile()
    await index.close()
    await database.close()
    return alone
