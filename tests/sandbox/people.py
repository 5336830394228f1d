"""Persons for tests: they use the sandbox over HTTP as its page does."""

import asyncio
import io
from dataclasses import dataclass
from typing import Any

import httpx
import telegram
from PIL import Image
from telegram.request import HTTPXRequest

from sandbox.server import Sandbox

Json = Any
PATIENCE = 30.0
"""Seconds for an answer; most take milliseconds."""


class People:
    """The people's side of one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.http = httpx.AsyncClient(base_url=sandbox.url, timeout=PATIENCE)

    async def __aenter__(self) -> "People":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def get(self, path: str, **query: Any) -> Json:
        """Parsed JSON; any refusal fails the test."""
        return self._checked(await self.http.get(path, params=query))

    async def post(self, path: str, **fields: Any) -> Json:
        """A JSON body."""
        return self._checked(await self.http.post(path, json=fields))

    async def patch(self, path: str, **fields: Any) -> Json:
        """A JSON body."""
        return self._checked(await self.http.patch(path, json=fields))

    async def delete(self, path: str, **query: Any) -> Json:
        """Parsed JSON."""
        return self._checked(await self.http.delete(path, params=query))

    async def person(self, first_name: str = "Ann", **details: Any) -> "Person":
        """A new person."""
        return Person(self, (await self.post("/api/users", first_name=first_name, **details))["id"])

    async def chat(self, *members: "Person", **details: Any) -> int:
        """A new chat's id; a group with the bot in it unless told otherwise."""
        fields = {"type": "group", "title": "Friends", "members": [m.id for m in members]} | details
        return int((await self.post("/api/chats", **fields))["id"])

    async def messages(self, chat_id: int, **query: Any) -> list[Json]:
        """What the chat shows."""
        shown: list[Json] = await self.get(f"/api/chats/{chat_id}/messages", **query)
        return shown

    async def until(self, chat_id: int, count: int) -> None:
        """Waits until a chat shows so many messages."""
        async with asyncio.timeout(PATIENCE):
            while len(await self.messages(chat_id)) < count:  # noqa: ASYNC110 - it happens in another thread
                await asyncio.sleep(0.01)

    async def until_polled(self) -> None:
        """Waits until a bot has asked for updates."""
        async with asyncio.timeout(PATIENCE):
            while not (await self.get("/api/bot"))["connected"]:  # noqa: ASYNC110 - it happens in another thread
                await asyncio.sleep(0.01)

    @staticmethod
    def _checked(response: httpx.Response) -> Json:
        assert response.is_success, f"{response.request.method} {response.request.url}: {response.text}"
        return response.json()


@dataclass(frozen=True)
class Person:
    """Someone who writes in chats."""

    people: People
    id: int

    async def say(self, text: str, chat_id: int | None = None, **details: Any) -> Json:
        """Posts a text, to the bot itself unless a chat is given → the message."""
        path = f"/api/chats/{chat_id or self.id}/messages"
        return (await self.people.post(path, user_id=self.id, text=text, **details))[0]

    async def show(
        self, *pictures: bytes, chat_id: int | None = None, part: str = "photo", **details: Any
    ) -> list[Json]:
        """Posts photos (or, with part="document", files) → the messages."""
        files = [(part, (f"picture{i}.png", content, "image/png")) for i, content in enumerate(pictures)]
        path = f"/api/chats/{chat_id or self.id}/messages"
        response = await self.people.http.post(path, data={"user_id": self.id, **details}, files=files)
        shown: list[Json] = self.people._checked(response)
        return shown

    async def press(self, message: Json, data: str) -> Json:
        """Presses a button → the bot's answer or None."""
        fields = {"chat_id": message["chat"]["id"], "message_id": message["message_id"], "user_id": self.id}
        return await self.people.post("/api/callbacks", **fields, data=data)


def patient_bot(sandbox: Sandbox) -> telegram.Bot:
    """The real python-telegram-bot, which by itself waits for an answer for five seconds: less than a busy machine may
    need to give one."""
    requests = [HTTPXRequest(read_timeout=PATIENCE, connect_timeout=PATIENCE, pool_timeout=PATIENCE) for _ in range(2)]
    return telegram.Bot(
        sandbox.token, sandbox.bot_url, sandbox.file_url, request=requests[0], get_updates_request=requests[1]
    )


def png(width: int = 64, height: int = 48, colour: str | tuple[int, int, int] = "teal") -> bytes:
    """A picture of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, "PNG")
    return buffer.getvalue()
