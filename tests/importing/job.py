"""What tests of imports have in common: the job, beside a bot or alone, and exports of the sandbox's chats."""

from pathlib import Path
from typing import Any

from bot.importing import Import, import_alone
from bot.job import Told, listening
from bot.remote import carry_out
from bot.settings import Settings
from tests import exports
from tests.conftest import Archive
from tests.people import Message, People, jpeg, until

TAKEN = "taken in"
BEFORE = "taken in by an earlier run"


def export_id(chat: int) -> int:
    """As an export has it: without -100."""
    return int(str(chat).removeprefix("-100").removeprefix("-"))


async def imported(settings: Settings, path: Path, **arguments: Any) -> Told:
    """What the job says at last: by the bot that runs, or alone."""
    lines = carry_out(settings.data_dir, Import.NAME, lambda: import_alone(settings), path=str(path), **arguments)
    async with listening(lines):
        return [told async for told in lines][-1]


def counts(told: Told) -> dict[str, int]:
    """Of the only chat that was taken in."""
    [one] = told["taken"]
    found: dict[str, int] = one["counts"]
    return found


COLOURS = {1: "red", 2: "green", 3: "blue"}


ANN = 101


def exported(folder: Path, chat: int, *messages: Message, kind: str = "private_supergroup") -> Path:
    """An export of a chat with a photo of one colour for every message."""
    document = exports.chat(*messages, kind=kind, number=export_id(chat))
    exports.written(folder, document, pictures=False)
    for number, message in enumerate(messages, start=1):
        if not message["photo"].startswith("("):
            file = folder / message["photo"]
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(jpeg(COLOURS.get(number, (number * 7 % 256, 60, 90))))
    return folder


def history(folder: Path, chat: int, first: int = 10_001, many: int = 3, **more: Any) -> Path:
    """Of photos with captions, by Ann, from two years ago; ids that the sandbox has not reached."""
    return exported(folder, chat, *(exports.photo(first + n, f"memory number {n}") for n in range(many)), **more)


async def introduced(people: People, archive: Archive, chat: int, ann: int) -> None:
    """The bot has seen that it is in the chat."""
    await people.post(chat, ann, text="hello")
    await known(people, archive, chat)


async def known(people: People, archive: Archive, chat: int) -> None:
    """Its chat is in the database."""

    async def is_there() -> bool:
        return bool(archive.rows("SELECT 1 FROM chats WHERE id = ?", chat))

    await until(is_there, "the bot to know the chat")


async def kept(archive: Archive) -> list[tuple[Any, ...]]:
    return archive.rows("SELECT photo_file_id FROM images WHERE photo_unique_id IS NOT NULL")
