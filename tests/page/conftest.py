"""A real Chromium on a real sandbox. One browser for all tests, a new world and a new profile for each."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import telegram
from playwright.async_api import Browser, async_playwright, expect

from sandbox.server import Sandbox, serve_in_thread
from tests.page.cast import Cast
from tests.page.chat_page import ChatPage
from tests.sandbox.people import PATIENCE, patient_bot
from tests.sandbox.spec import checked

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE_MS = 1e3 * PATIENCE
"""A browser beside another worker on two cores is slow; what should come true does so in a fraction of a second."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of the page share the event loop of the one browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The browser's program; its absence skips the tests, but never in CI."""
    if not CHROMIUM.exists() and not os.environ.get("CI"):
        pytest.skip(f"no Chromium at {CHROMIUM} (Debian: apt-get install chromium)")
    return CHROMIUM


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    """One for all tests."""
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield running
        await running.close()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """An empty world; what goes over its wire must be as the spec says."""
    with serve_in_thread() as running, checked(running):
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def cast(sandbox: Sandbox) -> AsyncIterator[Cast]:
    """Ann, Ben and Cleo, a forum with two topics, a channel and a basic group."""
    async with Cast(sandbox) as people:
        await people.gather()
        yield people


@pytest_asyncio.fixture(loop_scope="session")
async def bot(cast: Cast, sandbox: Sandbox) -> AsyncIterator[telegram.Bot]:
    """The bot of the chats, by the real python-telegram-bot."""
    async with patient_bot(sandbox) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, cast: Cast) -> AsyncIterator[ChatPage]:
    """The page as Ann sees it, on the forum. Whatever the browser complains of fails the test."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE_MS)
    try:
        shown = ChatPage(await context.new_page())
        await shown.open(cast.url)
        yield shown
        assert shown.surprises == []
    finally:
        await context.close()
