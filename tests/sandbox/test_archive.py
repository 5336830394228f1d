"""Worlds that begin with an archive, and the command line."""

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import telegram

from sandbox.seeding import ARCHIVE, ArchiveMissing
from sandbox.server import serve_in_thread
from sandbox.world import DEFAULT_TOKEN
from tests.sandbox.people import png
from tests.sandbox.spec import checked

MANIFEST: dict[str, Any] = {
    "people": [{"id": 1, "first_name": "Ann"}, {"id": 2, "first_name": "Bob", "username": "bob"}],
    "chats": [
        {"id": -1001, "type": "supergroup", "title": "Friends", "is_forum": True, "members": [1, 2], "admins": [1],
         "topics": [{"id": 7, "name": "Cats"}]},
        {"id": -1002, "type": "channel", "title": "News", "username": "news", "members": [1], "admins": [1]},
        {"id": 2, "type": "private", "members": [2]},
    ],
    "messages": [
        {"chat": -1001, "from": 1, "date": "2023-11-04T18:22:07Z", "file": "a.png", "album": "x", "caption": "two"},
        {"chat": -1001, "from": 1, "date": "2023-11-04T18:22:07Z", "file": "b.png", "album": "x"},
        {"chat": -1001, "from": 2, "date": "2023-11-05T10:00:00Z", "file": "a.png", "topic": 7, "spoiler": True},
        {"chat": -1002, "date": "2024-01-01T00:00:00Z", "file": "b.png", "caption": "a post"},
        {"chat": 2, "from": 2, "date": "2024-01-02T00:00:00Z", "text": "hello", "reply_to": None},
        {"chat": -1001, "from": 2, "date": "2024-02-01T00:00:00Z", "text": "nice", "reply_to": 2},
    ],
}  # fmt: skip


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A small archive of three chats."""
    (tmp_path / "a.png").write_bytes(png())
    (tmp_path / "b.png").write_bytes(png(colour="red"))
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST), encoding="utf-8")
    return tmp_path


async def test_archive_arrives_as_news(archive: Path) -> None:
    """Archived messages wait for the bot with their own dates, albums, topics, replies and spoilers."""
    with serve_in_thread(archive=archive) as sandbox, checked(sandbox):
        async with telegram.Bot(sandbox.token, base_url=sandbox.bot_url) as bot:
            updates = await bot.get_updates()
    posts = [m for u in updates if (m := u.effective_message) and (m.photo or m.text)]
    assert [m.date.isoformat() for m in posts][:2] == ["2023-11-04T18:22:07+00:00"] * 2
    assert posts[0].media_group_id == posts[1].media_group_id is not None
    assert (posts[2].message_thread_id, posts[2].has_media_spoiler) == (7, True)
    assert posts[2].photo[-1].file_unique_id == posts[0].photo[-1].file_unique_id
    assert (posts[3].chat.username, posts[3].from_user, posts[3].caption) == ("news", None, "a post")
    assert (posts[4].chat.id, posts[4].text) == (2, "hello")
    assert posts[5].reply_to_message is not None
    assert (posts[5].reply_to_message.message_id, posts[5].message_thread_id) == (posts[2].message_id, 7)
    assert {u.my_chat_member.chat.id for u in updates if u.my_chat_member} == {-1001, -1002}


def test_missing_archive_starts_an_empty_world(tmp_path: Path) -> None:
    """Without the archive on disk the start fails with a sentence that says where it was looked for."""
    with pytest.raises(ArchiveMissing, match=r"There is no sample archive at .*manifest\.json"):
        serve_in_thread(archive=tmp_path / "nowhere").__enter__()


def test_sample_archive_does_not_fit_the_sandbox() -> None:
    """The bundled archive loads; the main group comes first and everything waits for the bot."""
    expected = json.loads((ARCHIVE / "manifest.json").read_text(encoding="utf-8"))
    with serve_in_thread(archive=True) as sandbox, checked(sandbox):
        chats = httpx.get(f"{sandbox.url}/api/chats").json()
        assert [c["id"] for c in chats] == [c["id"] for c in expected["chats"]]
        assert httpx.get(f"{sandbox.url}/api/bot").json()["pending_update_count"] >= len(expected["messages"])


def run(*arguments: str, **options: Any) -> "subprocess.Popen[str]":
    """The sandbox as a process of its own."""
    command = [sys.executable, "-m", "sandbox", *arguments]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, text=True, **(pipes | options))  # noqa: S603 - our own module


def test_process_outlives_its_parent() -> None:
    """One line says where it is, and it ends when its standard input closes."""
    with run("--empty", "--port", "0", "--exit-with-stdin", "--bot-name", "Photo Finder") as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = line.split()[2]
        assert line.split()[-1] == DEFAULT_TOKEN
        assert httpx.get(f"{address}bot{DEFAULT_TOKEN}/getMe").json()["result"]["username"] == "photo_finder_bot"
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")


def test_taken_port_ends_in_a_traceback() -> None:
    """A taken port and a token of the wrong form are told in one sentence."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with run("--empty", "--port", port) as process:
            _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in err
    assert "Traceback" not in err
    with run("--empty", "--token", "nonsense") as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "a bot token looks like" in " ".join(err.split())


def test_port_setting_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """SANDBOX_PORT sets the port; --help lists every option."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("SANDBOX_PORT", str(port))
    with run("--empty", "--exit-with-stdin") as process:
        assert process.stdout is not None
        assert f":{port}/" in process.stdout.readline()
        process.communicate(timeout=60)
    with run("--help") as process:
        out, _ = process.communicate(timeout=60)
    for option in (
        "--host",
        "--port",
        "--token",
        "--bot-name",
        "--allow-host",
        "--empty",
        "--archive-from",
        "--exit-with-stdin",
    ):
        assert option in out
