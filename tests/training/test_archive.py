"""The sample archive that the sandbox shows first."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from PIL import Image

from training.measure import ARCHIVE


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((ARCHIVE / "manifest.json").read_text("utf-8"))
    return content


def test_archive_outgrows_its_limit() -> None:
    """Everything in it is under 4 MB."""
    assert sum(path.stat().st_size for path in ARCHIVE.rglob("*") if path.is_file()) < 4_000_000


def test_first_chat_is_not_the_group(manifest: dict[str, Any]) -> None:
    """The first chat is the group with topics, and holds most of the pictures."""
    first = manifest["chats"][0]
    pictures = [message["chat"] for message in manifest["messages"] if "file" in message]
    assert first["type"] == "supergroup"
    assert first["is_forum"]
    assert pictures.count(first["id"]) >= 130


def test_manifest_names_a_missing_picture(manifest: dict[str, Any]) -> None:
    """Pictures on disk, pictures posted and scenes described are the same ones, and can be opened."""
    posted = {message["file"] for message in manifest["messages"] if "file" in message}
    on_disk = {f"pictures/{path.name}" for path in (ARCHIVE / "pictures").iterdir()}
    assert posted == on_disk == set(json.loads((ARCHIVE / "scenes.json").read_text("utf-8")))
    for file in posted:
        with Image.open(ARCHIVE / file) as image:
            image.load()
            assert 500 <= max(image.size) <= 960


def test_messages_out_of_order(manifest: dict[str, Any]) -> None:
    """Messages come by date and span about two years."""
    dates = [datetime.fromisoformat(message["date"]) for message in manifest["messages"]]
    assert dates == sorted(dates)
    assert 650 < (dates[-1] - dates[0]).days < 800


def test_message_refers_to_nothing(manifest: dict[str, Any]) -> None:
    """Chats, people, topics and answered messages all exist, answers in the chat they answer in."""
    chats = {chat["id"]: chat for chat in manifest["chats"]}
    people = {person["id"] for person in manifest["people"]}
    messages = manifest["messages"]
    for place, message in enumerate(messages):
        chat = chats[message["chat"]]
        assert ("from" in message) == (chat["type"] != "channel")
        assert message.get("from", 1001) in people & set(chat["members"])
        assert "topic" not in message or message["topic"] in {topic["id"] for topic in chat["topics"]}
        if "reply_to" in message:
            assert message["reply_to"] < place
            assert messages[message["reply_to"]]["chat"] == message["chat"]


def test_albums_are_torn(manifest: dict[str, Any]) -> None:
    """An album's items stand together, two to ten, in one chat and of one minute."""
    messages = manifest["messages"]
    for album in {message["album"] for message in messages if "album" in message}:
        places = [place for place, message in enumerate(messages) if message.get("album") == album]
        assert 2 <= len(places) <= 10
        assert places == list(range(places[0], places[-1] + 1))
        assert len({(messages[place]["chat"], messages[place]["date"][:16]) for place in places}) == 1


def test_nothing_is_reposted(manifest: dict[str, Any]) -> None:
    """Some files are posted again as they are."""
    posted = [message["file"] for message in manifest["messages"] if "file" in message]
    assert len(posted) - len(set(posted)) >= 3
