"""The people and chats that the page's tests happen to, over the people's side of the sandbox."""

from typing import Any, Self

from sandbox.server import Sandbox
from tests.sandbox.people import People, Person


class Cast(People):
    """Three people who share a forum (with the bot), a channel and a basic group."""

    ann: Person
    ben: Person
    cleo: Person
    forum: int
    channel: int
    flat: int
    topics: dict[str, int]

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(sandbox)
        self.url = sandbox.url

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        return self

    async def gather(self) -> None:
        """Makes everybody and everything."""
        self.ann = await self.person("Ann", last_name="Berg")
        self.ben = await self.person("Ben")
        self.cleo = await self.person("Cleo")
        everyone = (self.ann, self.ben, self.cleo)
        forum = {"type": "supergroup", "title": "Weekend pictures", "is_forum": True}
        self.forum = await self.chat(*everyone, **forum, admins=[self.ann.id])
        channel = {"type": "channel", "title": "City walks", "username": "city_walks"}
        self.channel = await self.chat(*everyone, **channel, admins=[self.ben.id])
        self.flat = await self.chat(self.ann, self.ben, title="Flat 12")
        self.topics = {name: await self._topic(name) for name in ("Food", "Trips")}

    async def _topic(self, name: str) -> int:
        made = await self.post(f"/api/chats/{self.forum}/topics", name=name, user_id=self.ann.id)
        return int(made["message_thread_id"])

    async def edit(self, message: dict[str, Any], **fields: Any) -> None:
        """Its author changes a message."""
        path = f"/api/chats/{message['chat']['id']}/messages/{message['message_id']}"
        await self.patch(path, user_id=message["from"]["id"], **fields)

    async def remove(self, message: dict[str, Any]) -> None:
        """Its author deletes a message."""
        path = f"/api/chats/{message['chat']['id']}/messages/{message['message_id']}"
        await self.delete(path, user_id=message["from"]["id"])

    async def texts(self, chat_id: int) -> list[str]:
        """What stands in a chat, as the server has it."""
        return [m["text"] for m in await self.messages(chat_id) if "text" in m]
