"""An answer as it stands in a chat at this moment: its photos, its list, and its buttons."""

from dataclasses import dataclass
from typing import Any

from tests.people import Message, People, shown, until


@dataclass(frozen=True)
class Standing:
    """The bot's messages after a question."""

    messages: list[Message]

    @property
    def keys(self) -> list[str]:
        """Its photos."""
        return shown(self.messages)

    @property
    def text(self) -> str:
        """The text or caption that people read."""
        return next((str(m.get("caption") or m.get("text")) for m in self.messages), "")

    @property
    def control(self) -> Message:
        """The message with the buttons."""
        return next(message for message in self.messages if "reply_markup" in message)

    @property
    def where(self) -> str:
        """Which part of the answer it says to be."""
        control = self.control
        return str(control.get("text") or control.get("caption")).splitlines()[-1]

    @property
    def buttons(self) -> list[str]:
        """What the buttons say."""
        rows = self.control["reply_markup"]["inline_keyboard"]
        return [button["text"] for row in rows for button in row]


async def standing(people: People, chat: int, question: Message) -> Standing:
    """What the bot has said since the question, as far as it still stands."""
    return Standing(await people.from_bot(chat, question["message_id"]))


async def stands(people: People, chat: int, question: Message, where: str) -> Standing:
    """Waits until nothing but this part of the answer stands there."""
    seen: list[Any] = []

    async def there() -> Standing | None:
        now = await standing(people, chat, question)
        controls = [message for message in now.messages if "reply_markup" in message]
        seen[:] = [str(m.get("text") or m.get("caption")) for m in now.messages]
        is_whole = len(controls) == 1 and len({m.get("media_group_id") for m in now.messages if m.get("photo")}) <= 1
        return now if is_whole and where in now.where else None

    try:
        found = await until(there, f"{where} to stand")
    except AssertionError as error:
        raise AssertionError(f"{error}; {seen}") from error
    assert found is not None
    return found
