"""Pictures that break what opens them, posted and asked about: the bot goes on."""

import os
import signal

import pytest
from PIL import Image

from tests.conftest import Archive
from tests.hostile import encoded, endless_jpeg
from tests.people import People, jpeg, shown, until
from tests.processes import children, processor_ticks

pytestmark = pytest.mark.usefixtures("bot")

WORKER = "search.decoder"


async def crew(people: People) -> tuple[int, int]:
    ann = await people.person("Ann")
    return await people.chat("supergroup", "Weekend crew", [ann]), ann


async def break_busy_workers(count: int) -> None:
    """SIGSEGV to one after another, as a decoder's own mistake would be."""
    broken: set[int] = set()

    async def found() -> int:
        busy = (pid for pid in children(WORKER) if processor_ticks(pid) > 40)
        return next((pid for pid in busy if pid not in broken), 0)  # one that dies slowly is still there

    for _ in range(count):
        broken.add(pid := await until(found, "a worker that is busy"))
        os.kill(pid, signal.SIGSEGV)


async def test_a_picture_that_breaks_its_decoder_takes_the_bot_down(people: People, archive: Archive) -> None:
    """Twice it breaks it, then it is failed with the reason; photos posted beside and after it are indexed, and it is
    not opened again when it comes once more."""
    chat, ann = await crew(people)
    endless = ("endless.jpg", endless_jpeg(), "image/jpeg")
    await people.post(chat, ann, document=endless)
    for colour in ("red", "green", "blue"):
        await people.post(chat, ann, photos=[jpeg(colour)])
    await break_busy_workers(2)
    await archive.settled(failed=1, indexed=3)
    assert archive.rows("SELECT error FROM photos WHERE state = 'failed'") == [
        ("The picture broke its decoder (SIGSEGV).",)
    ]
    await people.post(chat, ann, photos=[jpeg("white")])
    await archive.settled(failed=1, indexed=4)
    assert len(shown(await people.asked(chat, ann, "/search red"))) == 4


async def test_a_question_that_breaks_its_decoder_is_met_with_silence(people: People, archive: Archive) -> None:
    """Who asks with such a picture is told so; the next question is answered."""
    chat, ann = await crew(people)
    await people.post(chat, ann, photos=[jpeg("red")])
    await archive.settled(indexed=1)
    elsewhere = await people.chat("supergroup", "Elsewhere", [ann], bot="absent")
    [old] = await people.post(elsewhere, ann, document=("endless.jpg", endless_jpeg(), "image/jpeg"))
    await people.ask("POST", f"/api/chats/{elsewhere}/members", json={"user_id": "bot", "status": "member", "by": ann})
    await people.post(elsewhere, ann, photos=[jpeg("blue")])
    await archive.settled(indexed=2)
    [question] = await people.post(elsewhere, ann, text="/similar", reply_to_message_id=old["message_id"])
    await break_busy_workers(2)
    [said] = await people.answer(elsewhere, question)
    assert "I cannot read that picture. The picture broke its decoder" in said["text"]
    assert len(shown(await people.asked(chat, ann, "/search red"))) == 1


@pytest.mark.parametrize("name", ["a.webp", "b.gif", "c.png"])
async def test_a_wrong_extension_is_believed(people: People, archive: Archive, name: str) -> None:
    """What a file is, its first bytes say; its name and type only make it worth a look."""
    chat, ann = await crew(people)
    disguised = encoded(Image.new("RGB", (300, 200), "red"), "JPEG")
    await people.post(chat, ann, document=(name, disguised, f"image/{name.rpartition('.')[2]}"))
    await archive.settled(indexed=1)
