"""Words in pictures, over real HTTP, read by the real reader in a process of its own."""

import io
from collections.abc import AsyncIterator

import pytest
from PIL import Image, ImageDraw, ImageFont

from bot import application as bot_application
from bot.lifecycle import AnyApplication
from bot.settings import Settings
from tests.conftest import Archive, polling
from tests.people import People, jpeg, picture_key, shown, until


@pytest.fixture
async def bot(settings: Settings, loaded_once: None) -> AsyncIterator[AnyApplication]:
    """The bot, reading."""
    async with polling(bot_application.build(settings.model_copy(update={"ocr": "on"}))) as application:
        yield application


def written(text: str) -> bytes:
    """A picture of a text, in the font that Pillow carries."""
    image = Image.new("RGB", (800, 400), "white")
    ImageDraw.Draw(image).text((60, 120), text, "black", ImageFont.load_default(60))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.mark.usefixtures("bot")
async def test_a_text_in_a_picture_is_not_found(people: People, archive: Archive) -> None:
    """Read after it was indexed, found by its words and as a phrase, said to be in the picture, in its chat only, and
    gone with its photo; a picture without text says nothing."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Weekend crew", [ann])
    other = await people.chat("supergroup", "Other", [ann])
    [message] = await people.post(chat, ann, photos=[written("TRAIN STATION 1984")])
    for colour in ("red", "green"):
        await people.post(chat, ann, photos=[jpeg(colour)])
    await people.post(other, ann, photos=[jpeg("blue")])
    await archive.settled(indexed=4)

    async def read() -> bool:
        return archive.rows("SELECT count(*) FROM readings WHERE state = 'done'") == [(4,)]

    await until(read, "the readings")
    assert archive.rows("SELECT count(*) FROM texts") == [(1,)]
    answer = await people.asked(chat, ann, "/search stations")
    assert shown(answer)[0] == picture_key(message)
    assert "text in the picture: “TRAIN STATION 1984”" in answer[0]["caption"]
    assert shown(await people.asked(chat, ann, '/search text:"station 1984"')) == [picture_key(message)]
    assert not shown(await people.asked(other, ann, '/search text:"station 1984"'))
    edited = {"user_id": ann, "caption": "a platform"}
    await people.ask("PATCH", f"/api/chats/{chat}/messages/{message['message_id']}", json=edited)

    async def followed() -> bool:
        return archive.rows("SELECT count(*) FROM texts") == [(2,)]

    await until(followed, "the edit")
    assert shown(await people.asked(chat, ann, "/search text:station text:platform")) == [picture_key(message)]
