"""Changing the model: answers all the while, nothing done twice, nothing lost in silence, and the way back."""

import asyncio
import contextlib
import csv
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot import changeover
from bot.application import build
from bot.errors import BotError, InvalidSettings
from bot.losses import LOST
from bot.remote import ask
from bot.settings import Settings
from search.errors import ModelMismatch
from search.reindexer import Reindexer
from tests.bot.counting import Counting
from tests.bot.model_changes import PICTURES, alone, changed, downloads_take, post_all, vectors
from tests.conftest import Archive, polling
from tests.people import PATIENCE, People, jpeg, picture_key, shown, until
from tests.programs import DEMO, ROOT, environment, same

PIZZA = PICTURES[0]
AT_WORK = {"indexer", "indexer-encoder", "reconciler", "sweeper", "reindex-fetch", "reindex-finish"}
"""Tasks that a bot has while it runs."""
FOR_EVER = 3600.0
GONE = {"method": "getFile", "status": 400, "description": "Bad Request: wrong file_id or something"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Of a bot that says nothing unasked."""
    return settings.model_copy(update={"acknowledge": False})


@contextlib.asynccontextmanager
async def asked_all_the_while(people: People, user: int, key: str) -> AsyncIterator[list[float]]:
    """Somebody who asks for pizza again and again; how long each answer took. Every one must be the pizza."""
    took: list[float] = []
    is_over = False

    async def go_on() -> None:
        while not is_over:
            began = asyncio.get_running_loop().time()
            answer = await people.asked(user, user, "/search pizza n:1")
            took.append(asyncio.get_running_loop().time() - began)
            assert shown(answer) == [key], answer

    asking = asyncio.create_task(go_on())
    try:
        yield took
    finally:
        is_over = True
        await asking


async def test_questions_are_answered_while_the_model_changes_and_after(
    settings: Settings,
    archive: Archive,
    people: People,
    ann: int,
    models: tuple[Counting, Counting],
    second_model: Path,
) -> None:
    """Before, meanwhile, from the moment on, after a restart with the old setting, and back: always the same pizza.

    Photos that come meanwhile are found by both, an equal file is seen once, and the old vectors go when told to.
    """
    old, new = models
    async with polling(build(settings)):
        posted = await post_all(people, ann, PICTURES)
        await people.post(ann, ann, photos=[PIZZA.read_bytes()])
        pizza = picture_key(posted[0])
        await archive.settled(indexed=len(PICTURES) + 1)
        async with asked_all_the_while(people, ann, pizza) as took:
            changing = asyncio.create_task(changed(settings, second_model))
            late = (await people.post(ann, ann, photos=[jpeg("purple")]))[0]
            told = await changing
            asked_before = len(took)
            await until(lambda: _true(len(took) > asked_before + 3), "questions after the change")
        assert (told["lost"], told["file"], told["is_running"]) == (0, None, True)
        await archive.settled(indexed=len(PICTURES) + 2)
        assert (old.seen, new.seen) == (len(PICTURES) + 1, len(PICTURES) + 1)
        assert vectors(archive)[new.model_id] == len(PICTURES) + 1
        assert shown(await people.asked(ann, ann, "/similar", reply_to_message_id=late["message_id"]))
        [status] = [line async for line in ask(settings.data_dir, "status")]
        assert (status["model"]["name"], status["reindexing"]) == (new.model_id, None)
    async with polling(build(settings)):  # CHATLENS_MODEL still names the first
        newest = (await people.post(ann, ann, photos=[jpeg("yellow")]))[0]
        await archive.settled(indexed=len(PICTURES) + 3)
        assert new.seen == len(PICTURES) + 2
        assert shown(await people.asked(ann, ann, "/search pizza n:1")) == [pizza]
        async with asked_all_the_while(people, ann, pizza):
            back = await changed(settings, DEMO)
        assert old.seen - len(PICTURES) - 1 == back["images"] == 1
        assert shown(await people.asked(ann, ann, "/search yellow n:1")) == [picture_key(newest)]
        assert set(back["kept"]) == {old.model_id, new.model_id}
        dropped = await changed(settings, DEMO, drop_old=True)
        assert (dropped["images"], dropped["dropped"]) == (0, len(PICTURES) + 2)
        assert set(vectors(archive)) == {old.model_id}
        assert shown(await people.asked(ann, ann, "/search pizza n:1")) == [pizza]


async def _true(what: bool) -> bool:
    return what


async def test_photos_whose_file_is_gone_are_listed_and_found_by_their_captions(
    settings: Settings,
    archive: Archive,
    people: People,
    ann: int,
    models: tuple[Counting, Counting],
    second_model: Path,
) -> None:
    """In a file and in what the command says; a later run tries them again, and finds them where they are back."""
    async with polling(build(settings)):
        for number, colour in enumerate(("red", "green", "blue")):
            await people.post(ann, ann, photos=[jpeg(colour)], caption=f"the {colour} marmalade {number}")
        await archive.settled(indexed=3)
        await people.ask("POST", "/api/faults", json={**GONE, "times": 6})
        with pytest.raises(BotError, match=r"Of 3 images .* 3 would not be .*does not have the file.*--accept-lost"):
            await changed(settings, second_model)
        assert set(vectors(archive)) == {models[0].model_id}
        assert (settings.data_dir / LOST).exists()
        told = await changed(settings, second_model, accept_lost=True, drop_old=True)
        assert told["kept"] == {models[0].model_id: 3}  # nothing else is left of their looks
        assert (told["images"], told["lost"], len(told["named"])) == (0, 3, 3)
        listed = list(csv.DictReader((settings.data_dir / LOST).read_text(encoding="utf-8").splitlines()))
        assert {row["chat"] for row in listed} == {str(ann)}
        assert all("does not have the file" in row["why"] for row in listed)
        assert archive.states() == {"indexed": 3}
        answer = await people.asked(ann, ann, "/search green marmalade n:1")
        assert "green" in str(answer[0].get("caption"))
        again = await changed(settings, second_model)
        assert (again["images"], again["lost"]) == (3, 0)
        assert not (settings.data_dir / LOST).exists()
        assert shown(await people.asked(ann, ann, "/search red n:1"))


async def test_a_change_that_was_cut_off_goes_on_where_it_was(
    settings: Settings,
    archive: Archive,
    people: People,
    ann: int,
    models: tuple[Counting, Counting],
    second_model: Path,
) -> None:
    """Whoever asked for it went away; then the command is killed while it works by itself; then it comes to its end.
    What was seen is not seen again, and until then the archive is the old model's."""
    _, new = models
    async with polling(build(settings)):
        await post_all(people, ann, PICTURES)
        await archive.settled(indexed=len(PICTURES))
        await downloads_take(people, 0.5)
        asking = asyncio.create_task(changed(settings, second_model))
        await until(lambda: _true(vectors(archive).get(new.model_id, 0) > 3), "some images")
        await downloads_take(people, FOR_EVER)
        with pytest.raises(BotError, match="is just being changed"):
            await changed(settings, DEMO)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    seen = vectors(archive)[new.model_id]
    assert 0 < seen < len(PICTURES)
    await downloads_take(people, 0.5)
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "bot", "reindex", "--model", f"local-dir:{second_model}"],
        cwd=ROOT,
        env=environment(**same(settings)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    await until(lambda: _true(vectors(archive)[new.model_id] > seen + 3), "some more")
    await downloads_take(people, FOR_EVER)
    process.kill()
    await process.communicate()
    killed_at = vectors(archive)[new.model_id]
    assert killed_at < len(PICTURES)
    await people.ask("DELETE", "/api/faults")
    with pytest.raises(ModelMismatch, match="python -m bot reindex"):
        await build(settings.model_copy(update={"model": f"local-dir:{second_model}"})).initialize()
    told = await alone(settings, second_model)
    assert (told["images"], told["is_running"]) == (len(PICTURES) - killed_at, False)
    assert vectors(archive)[new.model_id] == len(PICTURES)
    async with polling(build(settings)):
        assert shown(await people.asked(ann, ann, "/search pizza n:1"))
        [status] = [line async for line in ask(settings.data_dir, "status")]
        assert status["model"]["name"] == new.model_id


async def test_a_bot_that_is_stopped_in_a_change_of_its_model_stays_stopped(
    settings: Settings,
    archive: Archive,
    people: People,
    ann: int,
    models: tuple[Counting, Counting],
    second_model: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The change started the indexer again after the database was closed. It is left for the next run of the command,
    which has nothing to see, and stopping does not wait for it."""
    old, new = models
    is_slow, finish = asyncio.Event(), Reindexer.finish

    async def slow(job: Reindexer) -> None:
        is_slow.set()
        await asyncio.sleep(FOR_EVER)  # the last moments' pictures come from a slow server
        await finish(job)

    application = build(settings)
    async with polling(application):
        await post_all(people, ann, PICTURES[:3])
        await archive.settled(indexed=3)
        with monkeypatch.context() as slowly:
            slowly.setattr(Reindexer, "finish", slow)
            slowly.setattr(changeover, "FINISHING", FOR_EVER)
            asking = asyncio.create_task(changed(settings, second_model))
            await is_slow.wait()
            async with asyncio.timeout(PATIENCE):
                await application.stop()
            assert not AT_WORK & {task.get_name() for task in asyncio.all_tasks()}
            with pytest.raises(BotError, match="was stopped"):
                await asking
    assert archive.rows("SELECT value FROM facts WHERE key = 'model'") == [(old.model_id,)]
    async with polling(build(settings)):
        assert (await changed(settings, second_model))["images"] == 0
        late = (await people.post(ann, ann, photos=[jpeg("purple")]))[0]
        await archive.settled(indexed=4)
        assert new.seen == 4
        assert shown(await people.asked(ann, ann, "/search purple n:1")) == [picture_key(late)]


async def test_without_a_token_nothing_is_listed_as_lost(settings: Settings, second_model: Path) -> None:
    """Telegram would refuse every file: that is said at once."""
    with pytest.raises(InvalidSettings, match="CHATLENS_TOKEN"):
        await alone(settings.model_copy(update={"token": None}), second_model)
