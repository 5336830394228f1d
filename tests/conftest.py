"""What every end-to-end test stands on: the sandbox, the real application, SQLite, Chroma and the demo model."""

import asyncio
import gc
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn.server
from pydantic import SecretStr

from bot import application as bot_application
from bot import loading
from bot.lifecycle import AnyApplication
from bot.settings import Settings
from sandbox.server import Sandbox, serve_in_thread
from search.clip import ClipEmbedder, Compute
from storage import chroma_process
from tests.people import People, until
from tests.programs import DEMO, ROOT
from tests.sandbox.spec import Violations, checked

STAND_IN = Path(__file__).parent / "keepers" / "stand_in.py"


def pytest_configure() -> None:
    """A shell that runs tests in the background has them ignore Ctrl-C, and what they start would inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


class _Hurried:
    """asyncio, in which nobody sleeps for long."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.01))


@pytest.fixture(scope="session", autouse=True)
def uvicorn_ends_at_once() -> Iterator[None]:
    """It looks every tenth of a second whether it is to end, and then waits another: a thousand tests would, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uvicorn.server, "asyncio", _Hurried())
        yield


@pytest.fixture(scope="session", autouse=True)
def certificates_are_read_once() -> Iterator[None]:
    """Every client of HTTP reads all of the system's, 25 ms, three in a test with a bot."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx._transports.default, "create_ssl_context", cache(httpx.create_ssl_context))
        yield


@pytest.fixture(scope="session")
def embedder() -> ClipEmbedder:
    """The demo model, loaded by the code that loads any other."""
    loaded = ClipEmbedder.load(f"local-dir:{DEMO}", Compute(device="cpu", threads=1))
    gc.collect()
    gc.freeze()  # a bot collects garbage when its model is loaded: 0.3 s for each, in a process with all of torch
    return loaded


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """An empty local Telegram; whatever the bot asks and is told must be as Telegram's spec says."""
    with serve_in_thread(archive=False) as running, checked(running, Violations()):
        yield running


@pytest.fixture
async def people(sandbox: Sandbox) -> AsyncIterator[People]:
    """Everybody in it."""
    everybody = People(sandbox.url)
    yield everybody
    await everybody.aclose()


@pytest.fixture
def settings(sandbox: Sandbox, tmp_path: Path) -> Settings:
    """The bot's settings for that Telegram."""
    return Settings(
        _env_file=None,
        token=SecretStr(sandbox.token),
        api_url=sandbox.url,
        data_dir=tmp_path / "data",
        model=f"local-dir:{DEMO}",
        device="cpu",
        threads=1,
        ocr="off",  # tests that read pictures say so
        searches_per_minute=10_000,
    )


@pytest.fixture
def loaded_once(monkeypatch: pytest.MonkeyPatch, embedder: ClipEmbedder) -> None:
    """The same loaded model in every test; how it is loaded has tests of its own."""
    monkeypatch.setattr(loading, "load_model", lambda settings: embedder)


@asynccontextmanager
async def polling(application: AnyApplication) -> AsyncIterator[AnyApplication]:
    """An application that runs as `run_polling` runs it, inside the test's own event loop."""
    await application.initialize()
    assert application.updater is not None
    try:
        await application.updater.start_polling(
            timeout=1, allowed_updates=bot_application.ALLOWED_UPDATES, bootstrap_retries=3
        )
        await application.start()
        yield application
    finally:
        if application.updater.running:
            await application.updater.stop()
        if application.running:
            await application.stop()
        await application.shutdown()


@pytest.fixture
async def bot(settings: Settings, loaded_once: None) -> AsyncIterator[AnyApplication]:
    """The bot, running."""
    async with polling(bot_application.build(settings)) as application:
        yield application


class Archive:
    """Looks into the bot's database from outside, as an operator would."""

    def __init__(self, data_dir: Path) -> None:
        self._file = data_dir / "chatlens.db"

    def rows(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        """Whatever SQL says."""
        with closing(sqlite3.connect(f"file:{self._file}?mode=ro", uri=True)) as connection:
            return connection.execute(question, values).fetchall()

    async def change(self, statement: str, *values: object) -> None:
        """As another program at the file would. On a thread: the bot in this process may hold the file, and its loop
        must run for it to let go."""

        def work() -> None:
            with closing(sqlite3.connect(self._file, timeout=30)) as connection:
                connection.execute(statement, values)
                connection.commit()

        await asyncio.to_thread(work)

    def states(self) -> dict[str, int]:
        """How many photos are in each state."""
        return dict(self.rows("SELECT state, count(*) FROM photos GROUP BY state"))

    async def settled(self, **states: int) -> None:
        """Waits until the photos are in exactly these states."""

        async def reached() -> bool:
            return self._is_made() and self.states() == states

        await until(reached, f"{states}, not {self.states() if self._is_made() else 'nothing'}")

    def _is_made(self) -> bool:
        """A bot that has just started has not yet made its database, or nothing in it."""
        return self._file.exists() and bool(self.rows("SELECT 1 FROM sqlite_master WHERE name = 'photos'"))


@pytest.fixture
def archive(settings: Settings) -> Archive:
    """The bot's database, read-only."""
    return Archive(settings.data_dir)


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a process that forks keepers of Chroma."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        address = str(Path(folder) / "nursery")
        listener.bind(address)
        listener.listen()
        command = [sys.executable, "-m", "tests.keepers.nursery", str(listener.fileno())]
        with subprocess.Popen(  # noqa: S603 - our own module
            command,
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
            cwd=ROOT,
            env=chroma_process.environment(),
        ) as process:
            listener.close()  # whoever comes when it has died is refused, and does not wait for ever
            yield address
            process.communicate()


@pytest.fixture(autouse=True)
def forked_keepers(request: pytest.FixtureRequest, nursery: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chroma's processes start in milliseconds; but for tests of the processes themselves."""
    if request.node.get_closest_marker("own_keepers") is None:
        monkeypatch.setattr(chroma_process, "PROGRAM", ("-IS", str(STAND_IN), nursery))
