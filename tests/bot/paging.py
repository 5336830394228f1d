"""Answers of several pages, as people ask for them."""

from typing import Any

from tests.bot.standing import Standing, stands
from tests.conftest import Archive
from tests.people import Message, People, jpeg, picture_key, until

COLOURS = ("red", "green", "blue", "yellow", "white", "black", "purple")


async def posted(
    people: People, archive: Archive, count: int = 7, caption: str = "", **more: Any
) -> tuple[int, int, int, dict[str, Message]]:
    """A group of Ann and its admin Ben with one photo of each colour, indexed; the messages by picture."""
    ann, ben = await people.person("Ann"), await people.person("Ben")
    chat = await people.chat("supergroup", "Weekend crew", [ann, ben], admins=[ben], **more)
    messages = {}
    for colour in COLOURS[:count]:
        [message] = await people.post(chat, ann, photos=[jpeg(colour)], caption=caption)
        messages[picture_key(message)] = message
    await archive.settled(indexed=count)
    return chat, ann, ben, messages


async def asked(people: People, chat: int, user: int, text: str, where: str, **more: Any) -> tuple[Message, Standing]:
    """A question and its answer, with its buttons."""
    [question] = await people.post(chat, user, text=text, **more)
    return question, await stands(people, chat, question, where)


async def committed(archive: Archive, state: str = "answered") -> None:
    """Waits until what people see is also what the bot knows."""

    async def known() -> bool:
        return set(archive.rows("SELECT state FROM questions")) == {(state,)}

    await until(known, f"every question to be {state}")
