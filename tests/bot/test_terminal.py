"""What a job tells, on a terminal."""

import io
from collections.abc import AsyncIterator

import pytest
from rich.console import Console

from bot.commands import terminal
from bot.job import Told


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What people see, without colours."""
    written = io.StringIO()
    monkeypatch.setattr(terminal, "console", Console(file=written, width=120))
    return written


async def telling(*lines: Told) -> AsyncIterator[Told]:
    for line in lines:
        yield line


@pytest.mark.parametrize("title", ["x [/] y", "[red]x", "[/red]", "a [link=https://x]b"])
def test_a_chats_title_ends_its_import(screen: io.StringIO, title: str) -> None:
    """Whoever may name a chat may put brackets into its name: they are no markup."""
    terminal.watch(telling({"step": f"Reading {title}", "at": 1, "of": 2}, {"done": True}))
    assert title in screen.getvalue()


def test_two_chats_of_one_title_share_a_bar(screen: io.StringIO) -> None:
    """Each has its own, and the end of one is not the beginning of the other."""
    step = {"step": "Reading Twins", "of": 2}
    terminal.watch(telling({**step, "at": 2, "chat_id": -1}, {**step, "at": 1, "chat_id": -2}))
    assert [line.count(share) for share in ("2/2", "1/2") for line in [screen.getvalue()]] == [1, 1]


def test_names_give_orders_to_the_terminal() -> None:
    """Neither escapes, as they are or in one character, nor backspaces come through, however deep they are told."""
    told = terminal.watch(telling({"chats": [{"name": "a\x1b[2Jb\x9b2Jc\x08\r"}], "counts": {"\x1b]0;x\x07": 1}}))
    assert told == {"chats": [{"name": "a[2Jb2Jc"}], "counts": {"]0;x": 1}}
