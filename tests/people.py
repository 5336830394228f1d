"""The people's side of the sandbox, as the page uses it: what tests post with and wait for answers on."""

import asyncio
import io
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import httpx
from PIL import Image

Message = dict[str, Any]
T = TypeVar("T")

PATIENCE = 60.0
"""Seconds until a condition that should come true counts as missed; met ones take a fraction of one."""
PAUSE = 0.02
SELDOM = 1.0
"""For conditions that the bot is asked for in a group: after twenty answers Telegram takes one in three seconds."""


async def until(
    condition: Callable[[], Awaitable[T]], what: str, patience: float = PATIENCE, pause: float = PAUSE
) -> T:
    """Waits until `condition` gives something true, and returns it."""
    deadline = asyncio.get_running_loop().time() + patience
    while not (got := await condition()):
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"waited in vain for {what}")
        await asyncio.sleep(pause)
    return got


def jpeg(colour: str | tuple[int, int, int] = "red", size: tuple[int, int] = (640, 480), quality: int = 90) -> bytes:
    """A picture of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


class People:
    """Everybody in the sandbox."""

    def __init__(self, url: str) -> None:
        self._http = httpx.AsyncClient(base_url=url, timeout=PATIENCE)

    async def aclose(self) -> None:
        await self._http.aclose()

    async def ask(self, method: str, path: str, **options: Any) -> Any:
        """Any request, its JSON."""
        response = await self._http.request(method, path, **options)
        assert response.is_success, response.text
        return response.json()

    async def person(self, first_name: str) -> int:
        """A new user."""
        user: dict[str, int] = await self.ask("POST", "/api/users", json={"first_name": first_name})
        return user["id"]

    async def chat(self, kind: str, title: str, members: Sequence[int], bot: str = "member", **more: Any) -> int:
        """A new chat with the bot in it."""
        body = {"type": kind, "title": title, "members": list(members), "bot": bot, **more}
        chat: dict[str, int] = await self.ask("POST", "/api/chats", json=body)
        return chat["id"]

    async def post(
        self,
        chat: int,
        user: int,
        *,
        photos: Sequence[bytes] = (),
        document: tuple[str, bytes, str] | None = None,
        **fields: Any,
    ) -> list[Message]:
        """What a person sends; the messages it becomes."""
        files = [("photo", (f"{number}.jpg", data, "image/jpeg")) for number, data in enumerate(photos)]
        if document is not None:
            files.append(("document", document))
        data = {name: str(value) for name, value in {"user_id": user, **fields}.items()}
        sent: list[Message] = await self.ask("POST", f"/api/chats/{chat}/messages", data=data, files=files or None)
        return sent

    async def messages(self, chat: int, after: int = 0) -> list[Message]:
        """The chat's messages since."""
        got: list[Message] = await self.ask("GET", f"/api/chats/{chat}/messages", params={"after": after})
        return got

    async def from_bot(self, chat: int, after: int = 0) -> list[Message]:
        """What the bot said since."""
        return [message for message in await self.messages(chat, after) if message.get("from", {}).get("is_bot")]

    async def answer(self, chat: int, question: Message) -> list[Message]:
        """The bot's answer to a question: one message, or all of an album."""

        async def whole() -> list[Message]:
            return [
                message
                for message in await self.messages(chat, question["message_id"])
                if message.get("reply_to_message", {}).get("message_id") == question["message_id"]
            ]

        return await until(whole, f"an answer to {question.get('text') or question.get('caption')!r}")

    async def asked(self, chat: int, user: int, text: str, **fields: Any) -> list[Message]:
        """Asks and returns the answer."""
        question = (await self.post(chat, user, text=text, **fields))[-1]
        return await self.answer(chat, question)

    async def told(self, chat: int, user: int, text: str, **fields: Any) -> str:
        """Asks and returns the text or caption of the answer."""
        answer = await self.asked(chat, user, text, **fields)
        return str(answer[0].get("text") or answer[0].get("caption"))

    async def press(self, chat: int, user: int, message: Message, label: str) -> dict[str, Any] | None:
        """Presses the button that says so; the note or alert that the bot answers with."""
        shown = next(m for m in await self.messages(chat) if m["message_id"] == message["message_id"])
        rows = shown["reply_markup"]["inline_keyboard"]
        data = next(button["callback_data"] for row in rows for button in row if label in button["text"])
        body = {"chat_id": chat, "message_id": message["message_id"], "user_id": user, "data": data}
        answer: dict[str, Any] | None = await self.ask("POST", "/api/callbacks", json=body)
        return answer

    async def commands(self) -> list[str]:
        """The commands that clients show everywhere, with their descriptions."""
        registered = (await self.ask("GET", "/api/bot"))["commands"]
        return [
            f"{command['command']}: {command['description']}"
            for scope in registered
            if "default" in scope["scope"]
            for command in scope["commands"]
        ]


def shown(messages: Sequence[Message]) -> list[str]:
    """The pictures of an answer, by the key under which Telegram knows each."""
    return [message["photo"][-1]["file_unique_id"] for message in messages if message.get("photo")]


def picture_key(message: Message) -> str:
    """The same key, of one posted photo."""
    return str(message["photo"][-1]["file_unique_id"])
