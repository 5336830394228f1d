"""The people's side: chats, files, events, and plain words about mistakes."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import telegram

from sandbox.server import Sandbox, bind
from tests.sandbox.people import People, png
from tests.sandbox.spec import Violations


class Stream:
    """A reader of /api/events."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines
        self.last_id = ""

    async def next(self, name: str) -> dict[str, Any]:
        """The next event of this name."""
        async with asyncio.timeout(20):
            event = ""
            async for line in self._lines:
                field, _, value = line.partition(": ")
                if field == "id":
                    self.last_id = value
                elif field == "event":
                    event = value
                elif field == "data" and event == name:
                    data: dict[str, Any] = json.loads(value)
                    return data
        raise AssertionError("the stream ended")


@asynccontextmanager
async def listening(people: People, last_id: str | None = None) -> AsyncIterator[Stream]:
    """An open stream whose first line has arrived."""
    headers = {"Last-Event-ID": last_id} if last_id else {}
    async with people.http.stream("GET", "/api/events", headers=headers) as response:
        lines = response.aiter_lines()
        assert await anext(lines) == "retry: 1000"
        yield Stream(lines)


async def test_events_do_not_come(bot: telegram.Bot, people: People) -> None:
    """Messages, edits, deletions, chat actions, reactions, chats and calls are told as they happen."""
    ann = await people.person()
    async with listening(people) as stream:
        said = await ann.say("hello")
        assert (await stream.next("message"))["text"] == "hello"
        await people.patch(f"/api/chats/{ann.id}/messages/{said['message_id']}", user_id=ann.id, text="hello!")
        assert (await stream.next("edit"))["text"] == "hello!"
        await bot.send_chat_action(ann.id, "upload_photo")
        assert (await stream.next("action"))["action"] == "upload_photo"
        await bot.set_message_reaction(ann.id, said["message_id"], "👀")
        assert (await stream.next("reaction"))["reactions"] == [{"type": "emoji", "emoji": "👀"}]
        assert (await stream.next("call"))["method"] == "setMessageReaction"
        await people.delete(f"/api/chats/{ann.id}/messages/{said['message_id']}", user_id=ann.id)
        assert await stream.next("delete") == {"chat_id": ann.id, "message_ids": [said["message_id"]]}
        chat = await people.chat(ann)
        assert (await stream.next("chat"))["id"] == chat


async def test_reconnect_loses_events(people: People) -> None:
    """A reader that comes back with the last id it saw gets everything since; an unknown id is told to reload."""
    ann = await people.person()
    async with listening(people) as stream:
        await ann.say("one")
        await stream.next("message")
    await ann.say("two")
    await ann.say("three")
    async with listening(people, stream.last_id) as again:
        assert [(await again.next("message"))["text"] for _ in range(2)] == ["two", "three"]
    async with listening(people, "999999") as stranger:
        assert await stranger.next("reset") == {}


async def test_open_stream_keeps_the_server_from_ending(people: People, sandbox: Sandbox) -> None:
    """Event streams and long polls end with the server (see the fixture's teardown)."""
    await people.http.send(people.http.build_request("GET", "/api/events"), stream=True)
    async with telegram.Bot(sandbox.token, base_url=sandbox.bot_url) as polling:
        poll = asyncio.create_task(polling.get_updates(timeout=40))
        await people.until_polled()
        poll.cancel()


async def test_file_is_not_shown(people: People) -> None:
    """Photos are shown in place and may be cached for ever; other files are downloads, whatever they claim to be."""
    ann = await people.person()
    (shown,) = await ann.show(png())
    size = shown["photo"][-1]
    for name in (size["file_unique_id"], size["file_id"]):
        response = await people.http.get(f"/api/files/{name}")
        assert response.headers["content-type"] == "image/jpeg"
        assert "immutable" in response.headers["cache-control"]
        assert len(response.content) == size["file_size"]
    files = {"document": ("evil.html", b"<script>alert(1)</script>", "text/html")}
    data = {"user_id": ann.id}
    sent = (await people.http.post(f"/api/chats/{ann.id}/messages", data=data, files=files)).json()
    page = await people.http.get(f"/api/files/{sent[0]['document']['file_unique_id']}")
    assert page.headers["content-disposition"].startswith("attachment")
    assert page.headers["x-content-type-options"] == "nosniff"
    assert (await people.http.get("/api/files/nothing")).status_code == 404


async def test_pages_of_messages_overlap(people: People) -> None:
    """`after`, `before` and `limit` cut a chat's messages without gaps."""
    ann = await people.person()
    ids = [(await ann.say(str(i)))["message_id"] for i in range(10)]
    assert [m["message_id"] for m in await people.messages(ann.id, after=ids[6])] == ids[7:]
    assert [m["message_id"] for m in await people.messages(ann.id, limit=3)] == ids[7:]
    assert [m["message_id"] for m in await people.messages(ann.id, before=ids[7], limit=3)] == ids[4:7]


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("/api/users", {}, 400, "needs a first_name"),
        ("/api/chats", {"type": "tent", "members": [1]}, 400, "no person with the id 1"),
        ("/api/chats", {"type": "group", "members": []}, 400, "at least one member"),
        ("/api/chats/5/messages", {"user_id": 5, "text": "x"}, 400, "no person with the id 5"),
        ("/api/chats/-5/messages", {"text": "x"}, 400, "who does this?"),
        ("/api/faults", {}, 400, "which method?"),
        ("/api/bots", {"name": "x"}, 400, "username"),
    ],
)
async def test_mistake_is_answered_with_riddles(
    people: People, path: str, body: dict[str, Any], status: int, words: str
) -> None:
    """Every refusal is a sentence."""
    response = await people.http.post(path, json=body)
    assert (response.status_code, words in response.json()["error"]) == (status, True), response.text


async def test_broken_body_breaks_the_server(people: People) -> None:
    """What is neither JSON nor a form is refused as such."""
    headers = {"Content-Type": "application/json"}
    response = await people.http.post("/api/users", content=b"{", headers=headers)
    assert (response.status_code, "neither JSON nor a form" in response.json()["error"]) == (400, True)


async def test_album_of_people_is_too_large(people: People) -> None:
    """People, too, post at most ten photos at once, and only what is a photo."""
    ann = await people.person()
    files = [("photo", ("p.png", png(), "image/png"))] * 11
    url = f"/api/chats/{ann.id}/messages"
    assert (await people.http.post(url, data={"user_id": ann.id}, files=files)).status_code == 400
    words = await people.http.post(url, data={"user_id": ann.id}, files={"photo": ("p.png", b"words", "image/png")})
    assert "IMAGE_PROCESS_FAILED" in words.json()["error"]


async def test_private_chat_needs_an_invitation(bot: telegram.Bot, people: People) -> None:
    """A person's first message opens the chat with the bot; a blocked bot is not written to."""
    ann = await people.person()
    assert await people.get("/api/chats") == []
    await ann.say("/start")
    (chat,) = await people.get("/api/chats")
    assert (chat["id"], chat["type"], chat["first_name"]) == (ann.id, "private", "Ann")
    await people.post(f"/api/chats/{ann.id}/members", user_id="bot", status="kicked")
    response = await people.http.post(f"/api/chats/{ann.id}/messages", json={"user_id": ann.id, "text": "x"})
    assert (response.status_code, "blocked" in response.json()["error"]) == (403, True)
    await people.post(f"/api/chats/{ann.id}/members", user_id="bot", status="member")
    assert await bot.send_message(ann.id, "back again")


async def test_every_answer_waits_for_an_acknowledgement() -> None:
    """Connections accepted from the sandbox's socket send small pieces at once (40 ms an answer otherwise)."""
    options: asyncio.Queue[int] = asyncio.Queue()

    async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted = writer.get_extra_info("socket")
        options.put_nowait(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()
        await writer.wait_closed()

    listening = bind("127.0.0.1", 0)
    async with await asyncio.start_server(accept, sock=listening):
        _, writer = await asyncio.open_connection(*listening.getsockname())
        assert await options.get() == 1
        writer.close()
        await writer.wait_closed()


async def test_page_is_missing(people: People) -> None:
    """The page and what it is made of are served; an unknown address is answered in JSON."""
    assert (await people.http.get("/")).status_code == 200
    response = await people.http.get("/nowhere")
    assert (response.status_code, response.json()["description"]) == (404, "Not Found")


async def test_settings_do_not_change(people: People) -> None:
    """Settings are read and set by name."""
    changed = await people.patch("/api/settings", flood_limits=True, webhook_retry_seconds=0.5)
    assert (changed["flood_limits"], changed["webhook_retry_seconds"]) == (True, 0.5)
    assert await people.get("/api/settings") == changed
    assert (await people.http.patch("/api/settings", json={"max_upload_bytes": "much"})).status_code == 400


async def test_parameters_travel_one_way_only(people: People, sandbox: Sandbox, violations: Violations) -> None:
    """Query, form, JSON and multipart all carry parameters, as GET or POST."""
    ann = await people.person()
    await ann.say("/start")
    url, fields = f"/bot{sandbox.token}/sendMessage", {"chat_id": str(ann.id), "text": "hi"}
    http: httpx.AsyncClient = people.http
    responses = [
        await http.get(url, params=fields),
        await http.post(url, params=fields),
        await http.post(url, data=fields),
        await http.post(url, json=fields),
        await http.post(url, data=fields, files={"unused": b"x"}),
    ]
    assert [r.json()["ok"] for r in responses] == [True] * 5
    broken = await http.post(url, content=b"{", headers={"Content-Type": "application/json"})
    assert (broken.status_code, broken.json()["ok"]) == (400, False)
    violations.take()
