"""What is erased while the model changes is gone for both models, and what moves is found where it has gone."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot import changeover
from bot.application import build
from bot.remote import ask
from bot.settings import Settings
from search.reindexer import Reindexer
from tests.bot.counting import Counting
from tests.bot.model_changes import changed, downloads_take
from tests.bot.test_privacy import press
from tests.conftest import Archive, polling
from tests.people import Message, People, jpeg, picture_key, shown, until

COLOURS = ("red", "green", "blue", "white", "black", "orange", "purple", "yellow")


@dataclass(frozen=True)
class Chats:
    """A group that grows, and a supergroup in which somebody has enough of it."""

    ann: int
    group: int
    other: int
    posted: list[Message]


@pytest.fixture
async def chats(people: People) -> Chats:
    """Nothing is posted yet."""
    ann = await people.person("Ann")
    group = await people.chat("group", "Growing", [ann], admins=[ann])
    other = await people.chat("supergroup", "Ending", [ann], admins=[ann])
    return Chats(ann, group, other, [])


async def fill(chats: Chats, people: People, archive: Archive) -> None:
    """Each picture is in one chat only; those of the supergroup have another size, and so another file."""
    for colour in COLOURS:
        chats.posted.extend(await people.post(chats.group, chats.ann, photos=[jpeg(colour)]))
        await people.post(chats.other, chats.ann, photos=[jpeg(colour, (480, 640))])
    await archive.settled(indexed=2 * len(COLOURS))


async def forgotten(chats: Chats, people: People, message: Message, chat: int) -> None:
    """By who posted it."""
    assert "Forgotten" in await people.told(chat, chats.ann, "/forget", reply_to_message_id=message["message_id"])


async def purged(chats: Chats, people: People, archive: Archive) -> None:
    """All of the supergroup."""
    [asked] = await people.asked(chats.other, chats.ann, "/purge")
    await press(people, asked, chats.ann, "Forget everything")

    async def is_empty() -> bool:
        return not archive.rows("SELECT id FROM photos WHERE chat_id = ?", chats.other)

    await until(is_empty, "the purge")


async def moved(chats: Chats, people: People, archive: Archive) -> int:
    """The group's new id, once its photos have it."""
    new: int = (await people.ask("POST", f"/api/chats/{chats.group}/migrate"))["id"]

    async def is_there() -> bool:
        return not archive.rows("SELECT id FROM photos WHERE chat_id = ?", chats.group)

    await until(is_there, "the photos to move")
    return new


async def only(
    settings: Settings, archive: Archive, people: People, chats: Chats, chat: int, left: list[str], *, in_chroma: bool
) -> None:
    """These are what is left: in SQL, in Chroma where it has such chats, and in answers."""
    assert archive.states() == {"indexed": len(left)}
    assert archive.rows("SELECT count(*) FROM images") == [(len(left),)]
    counted = archive.rows("SELECT count(*) FROM vectors GROUP BY model")
    assert counted == [(len(left),), (len(left),)]
    assert not archive.rows("SELECT 1 FROM vectors WHERE image_id NOT IN (SELECT image_id FROM photos)")

    async def is_equal() -> bool:
        [status] = [line async for line in ask(settings.data_dir, "status")]
        return bool(status["chroma"] == {"condition": "equal", "entries": len(left) if in_chroma else 0})

    await until(is_equal, "Chroma to have what is left")
    assert set(shown(await people.asked(chat, chats.ann, "/search red n:10"))) == set(left)


async def _either(is_changing: asyncio.Event, changing: "asyncio.Task[dict[str, Any]]") -> bool:
    """A change that fails never comes to that."""
    if changing.done():
        changing.result()
    return is_changing.is_set()


@pytest.mark.parametrize("exact_limit", [50_000, 0])
async def test_what_is_erased_while_the_model_changes_is_gone_for_both(
    settings: Settings,
    archive: Archive,
    people: People,
    chats: Chats,
    models: tuple[Counting, Counting],
    second_model: Path,
    monkeypatch: pytest.MonkeyPatch,
    exact_limit: int,
) -> None:
    """One that the new model has seen already, one that it has not, a whole chat, and a group that becomes another:
    while images are seen, and while the bot changes over."""
    _, new = models
    is_changing, go_on, finish = asyncio.Event(), asyncio.Event(), Reindexer.finish

    async def slow(job: Reindexer) -> None:
        is_changing.set()
        await go_on.wait()
        await finish(job)

    monkeypatch.setattr(Reindexer, "finish", slow)
    monkeypatch.setattr(changeover, "FINISHING", 60.0)

    async def is_begun() -> bool:
        return bool(archive.rows("SELECT 1 FROM vectors WHERE model = ?", new.model_id))

    async with polling(build(settings.model_copy(update={"exact_limit": exact_limit}))):
        await fill(chats, people, archive)
        await downloads_take(people, 0.5)
        changing = asyncio.create_task(changed(settings, second_model))
        await until(is_begun, "the first images")
        await forgotten(chats, people, chats.posted[0], chats.group)
        await forgotten(chats, people, chats.posted[-1], chats.group)
        if exact_limit:
            await purged(chats, people, archive)
            chat = await moved(chats, people, archive)
        await people.ask("DELETE", "/api/faults")
        await until(lambda: _either(is_changing, changing), "the bot to change over")
        if not exact_limit:
            await purged(chats, people, archive)
            chat = await moved(chats, people, archive)
        else:
            answer = (await people.asked(chat, chats.ann, "/search green n:1"))[0]
            await forgotten(chats, people, answer, chat)
        go_on.set()
        told = await changing
        assert told["lost"] == 0
        left = [picture_key(one) for one in chats.posted[1:-1]]
        if exact_limit:
            left.remove(picture_key(answer))
        await only(settings, archive, people, chats, chat, left, in_chroma=not exact_limit)
