"""From a posted picture to a found one, over real HTTP."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import Image
from telegram import Chat, Message, Update, Video

from bot.lifecycle import AnyApplication
from tests.conftest import Archive
from tests.people import People, jpeg, picture_key, shown, until

pytestmark = pytest.mark.usefixtures("bot")


async def group(people: People, **more: Any) -> tuple[int, int]:
    ann = await people.person("Ann")
    return await people.chat("supergroup", "Weekend crew", [ann], **more), ann


async def test_every_photo_of_an_album_is_indexed(people: People, archive: Archive) -> None:
    """Each item is a message of its own; none is left out."""
    chat, ann = await group(people)
    await people.post(chat, ann, photos=[jpeg(colour) for colour in ("red", "green", "blue")])
    await archive.settled(indexed=3)


def encoded(kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (300, 200), "orange").save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(("kind", "mime"), [("PNG", "image/png"), ("WEBP", "image/webp"), ("AVIF", "image/avif")])
async def test_a_picture_sent_as_a_file_is_found_and_shown(
    people: People, archive: Archive, kind: str, mime: str
) -> None:
    """A document cannot be sent again as a photo by its id: it is uploaded once, then sent by that upload's id."""
    chat, ann = await group(people)
    await people.post(chat, ann, document=(f"holiday.{kind.lower()}", encoded(kind), mime))
    await archive.settled(indexed=1)
    first = await people.asked(chat, ann, "/search orange")
    assert len(shown(first)) == 1

    async def kept() -> list[tuple[Any, ...]]:
        return archive.rows("SELECT photo_file_id FROM images WHERE photo_file_id IS NOT NULL")

    await until(kept, "the id of the upload to be kept")
    again = await people.asked(chat, ann, "/search orange")
    assert shown(again) == shown(first)


async def test_a_file_that_is_no_picture_is_not_indexed(people: People, archive: Archive) -> None:
    """Other documents are nobody's business."""
    chat, ann = await group(people)
    await people.post(chat, ann, document=("notes.pdf", b"%PDF-1.7", "application/pdf"))
    await people.post(chat, ann, photos=[jpeg()])
    await archive.settled(indexed=1)


async def test_a_damaged_picture_fails_with_a_reason_and_sinks_nobody_else(people: People, archive: Archive) -> None:
    """Its row says why; its neighbours are indexed."""
    chat, ann = await group(people)
    await people.post(chat, ann, document=("broken.png", encoded("PNG")[:80], "image/png"))
    await people.post(chat, ann, photos=[jpeg("red")])
    await archive.settled(indexed=1, failed=1)
    [(reason,)] = archive.rows("SELECT error FROM photos WHERE state = 'failed'")
    assert "damaged" in reason
    assert "1 could not be read" in await people.told(chat, ann, "/stats")


async def test_the_same_file_is_not_embedded_twice(people: People, archive: Archive) -> None:
    """Posted three times, in two chats: three photos, one image, one vector."""
    chat, ann = await group(people)
    other = await people.chat("group", "Others", [ann])
    for place in (chat, chat, other):
        await people.post(place, ann, photos=[jpeg("purple")])
    await archive.settled(indexed=3)
    assert archive.rows("SELECT count(*) FROM images") == archive.rows("SELECT count(*) FROM vectors") == [(1,)]


async def test_an_edited_caption_is_kept(people: People, archive: Archive) -> None:
    """The archive says what the message says now."""
    chat, ann = await group(people)
    [posted] = await people.post(chat, ann, photos=[jpeg()], caption="before")
    await people.ask(
        "PATCH", f"/api/chats/{chat}/messages/{posted['message_id']}", json={"user_id": ann, "caption": "after"}
    )
    await people.post(chat, ann, photos=[jpeg("blue")])  # updates come in order: the edit is through with this
    await archive.settled(indexed=2)
    assert ("after",) in archive.rows("SELECT caption FROM photos")
    assert ("before",) not in archive.rows("SELECT caption FROM photos")


async def test_an_edited_picture_is_found_as_what_it_is_now(people: People, archive: Archive) -> None:
    """The old picture is neither shown nor kept."""
    chat, ann = await group(people)
    [posted] = await people.post(chat, ann, photos=[jpeg("red")])
    await people.post(chat, ann, photos=[jpeg("white")])
    await archive.settled(indexed=2)
    await people.ask(
        "PATCH",
        f"/api/chats/{chat}/messages/{posted['message_id']}",
        data={"user_id": str(ann)},
        files={"photo": ("new.jpg", jpeg("blue"), "image/jpeg")},
    )
    await people.post(chat, ann, photos=[jpeg("black")])
    await archive.settled(indexed=3)
    now = {picture_key(message) for message in await people.messages(chat) if message.get("photo")}
    answer = await people.asked(chat, ann, "/search a colour")
    assert set(shown(answer)) == now
    assert archive.rows("SELECT count(*) FROM images") == [(3,)]


async def test_a_photo_edited_into_a_film_is_not_found_any_more(
    people: People, archive: Archive, bot: AnyApplication
) -> None:
    """The message holds no photo now; the picture's vector goes with it."""
    chat, ann = await group(people)
    [posted] = await people.post(chat, ann, photos=[jpeg("red")])
    await archive.settled(indexed=1)
    film = Video("f", "u", 10, 10, 1)
    place = Chat(chat, "supergroup", title="Weekend crew")
    edited = Message(posted["message_id"], datetime.now(UTC), place, video=film)
    await bot.update_queue.put(Update(1_000_000, edited_message=edited))
    assert archive.rows("SELECT count(*) FROM photos") == archive.rows("SELECT count(*) FROM vectors") == [(0,)]
    assert "have not seen any photo" in await people.told(chat, ann, "/search red")


@pytest.mark.parametrize("kind", ["group", "supergroup", "private", "channel"])
async def test_no_kind_of_chat_is_left_out(people: People, archive: Archive, kind: str) -> None:
    """Groups, supergroups, channels and private chats are all indexed and searched."""
    ann = await people.person("Ann")
    if kind == "private":
        chat = ann
    else:
        chat = await people.chat(kind, "Somewhere", [ann], bot="administrator", admins=[ann])
    await people.post(chat, ann, photos=[jpeg("red")])
    await archive.settled(indexed=1)
    assert len(shown(await people.asked(chat, ann, "/search red"))) == 1


async def test_a_forwarded_photo_is_indexed_too(people: People, archive: Archive) -> None:
    """It was posted here, wherever it came from."""
    chat, ann = await group(people)
    elsewhere = await people.chat("channel", "Elsewhere", [ann], bot="absent", admins=[ann])
    [original] = await people.post(elsewhere, ann, photos=[jpeg("red")])
    source = {"chat_id": elsewhere, "message_id": original["message_id"]}
    await people.post(chat, ann, forward_from=json.dumps(source))
    await archive.settled(indexed=1)
