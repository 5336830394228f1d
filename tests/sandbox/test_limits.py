"""What Telegram refuses, in its words."""

import io
from datetime import timedelta

import pytest
import telegram
from PIL import Image
from telegram.error import BadRequest, RetryAfter, TelegramError

from sandbox.server import Sandbox
from tests.sandbox.people import People, png
from tests.sandbox.spec import Violations


async def test_length_is_measured_in_characters(bot: telegram.Bot, people: People) -> None:
    """4096 and 1024 UTF-16 units are allowed after the markup is taken out, one more is not."""
    ann = await people.person()
    await ann.say("/start")
    assert await bot.send_message(ann.id, f"<b>{'😀' * 2048}</b>", parse_mode="HTML")
    with pytest.raises(BadRequest, match=r"(?i)message is too long"):
        await bot.send_message(ann.id, "😀" * 2048 + "x")
    assert await bot.send_photo(ann.id, png(), caption=f"<i>{'x' * 1024}</i>", parse_mode="HTML")
    with pytest.raises(BadRequest, match=r"(?i)message caption is too long"):
        await bot.send_photo(ann.id, png(), caption="x" * 1025)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "file must be non-empty"),
        (b"these are words", "IMAGE_PROCESS_FAILED"),
        (png(2100, 100), "PHOTO_INVALID_DIMENSIONS"),
        (png(9000, 1001), "PHOTO_INVALID_DIMENSIONS"),
        (png(400, 300)[:200], "IMAGE_PROCESS_FAILED"),
        (b"\x89PNG" + bytes(10 * 1024 * 1024), "is too big for a photo; the maximum size is 10485760 bytes"),
    ],
    ids=["empty", "words", "ratio", "sides", "truncated", "bytes"],
)
async def test_impossible_photo_is_sent(bot: telegram.Bot, people: People, content: bytes, reason: str) -> None:
    """Photos have at most 10 MB, 10,000 pixels of width and height together, a ratio of 20, and can be decoded."""
    ann = await people.person()
    await ann.say("/start")
    with pytest.raises(BadRequest, match=f"(?i){reason}"):
        await bot.send_photo(ann.id, content)


async def test_bad_photo_of_an_album_is_not_named(bot: telegram.Bot, people: People) -> None:
    """An album with a bad photo is refused as a whole, with the photo's place."""
    ann = await people.person()
    await ann.say("/start")
    items = [telegram.InputMediaPhoto(content) for content in (png(), b"no picture")]
    with pytest.raises(
        BadRequest, match=r'(?i)failed to send message #2 with the error message "IMAGE_PROCESS_FAILED"'
    ):
        await bot.send_media_group(ann.id, items)
    assert len(await people.messages(ann.id)) == 1


async def test_album_mixes_what_does_not_mix(bot: telegram.Bot, people: People, violations: Violations) -> None:
    """Documents make albums with documents only."""
    ann = await people.person()
    await ann.say("/start")
    photo, file = telegram.InputMediaPhoto(png()), telegram.InputMediaDocument(b"words", filename="a.txt")
    with pytest.raises(BadRequest, match=r"(?i)document can't be mixed with other media types"):
        await bot.send_media_group(ann.id, [photo, file])
    violations.take()
    sent = await bot.send_media_group(ann.id, [file, telegram.InputMediaDocument(b"more", filename="b.txt")])
    assert [m.document.file_name for m in sent if m.document] == ["a.txt", "b.txt"]


async def test_foreign_file_id_is_served(sandbox: Sandbox, bot: telegram.Bot, people: People) -> None:
    """A file_id belongs to one bot; another's, a mistyped one and an address are refused."""
    ann = await people.person()
    (shown,) = await ann.show(png())
    file_id = shown["photo"][-1]["file_id"]
    other = await people.post("/api/bots", name="Other", username="other_bot")
    async with telegram.Bot(other["token"], base_url=sandbox.bot_url) as stranger:
        with pytest.raises(BadRequest, match=r"(?i)chat not found"):
            await stranger.send_message(ann.id, "hi")
        with pytest.raises(BadRequest, match=r"(?i)wrong file identifier/HTTP URL specified"):
            await stranger.send_photo(ann.id, file_id)
        with pytest.raises(BadRequest, match=r"(?i)wrong file_id or the file is temporarily unavailable"):
            await stranger.get_file(file_id)
    for wrong in (file_id[:-3] + "xyz", "nonsense"):
        with pytest.raises(BadRequest, match=r"(?i)wrong remote file identifier specified"):
            await bot.send_photo(ann.id, wrong)
        with pytest.raises(BadRequest, match=r"(?i)invalid file_id"):
            await bot.get_file(wrong)
    with pytest.raises(BadRequest, match=r"(?i)failed to get HTTP URL content"):
        await bot.send_photo(ann.id, "https://example.com/a.jpg")


async def test_link_to_a_file_works_for_ever(bot: telegram.Bot, people: People, sandbox: Sandbox) -> None:
    """A link is good for an hour; one that was never given is not found."""
    ann = await people.person()
    (shown,) = await ann.show(png())
    file = await bot.get_file(shown["photo"][0]["file_id"])
    assert file.file_path is not None
    assert (await people.http.get(file.file_path)).status_code == 200
    await people.post("/api/clock", advance=3601)
    assert (await people.http.get(file.file_path)).status_code == 404
    assert (await people.http.get(f"{sandbox.file_url}{sandbox.token}/photos/file_99.jpg")).status_code == 404


async def test_large_file_can_be_downloaded(bot: telegram.Bot, people: People) -> None:
    """getFile serves up to 20 MB, uploads have at most 50 MB; both can be set lower."""
    ann = await people.person()
    await people.patch("/api/settings", max_download_bytes=100, max_upload_bytes=2_000_000)
    (shown,) = await ann.show(b"x" * 101, part="document")
    with pytest.raises(BadRequest, match=r"(?i)file is too big"):
        await bot.get_file(shown["document"]["file_id"])
    with pytest.raises(TelegramError, match="Request Entity Too Large"):
        await bot.send_document(ann.id, b"x" * 4_000_000)


async def test_missing_targets_are_found(bot: telegram.Bot, people: People) -> None:
    """Replies, edits and deletions of what is not there are refused, each in its own words."""
    ann = await people.person()
    said = await ann.say("/start")
    with pytest.raises(BadRequest, match=r"(?i)message to be replied not found"):
        await bot.send_message(ann.id, "x", reply_to_message_id=999)
    sent = await bot.send_message(ann.id, "x", reply_to_message_id=999, allow_sending_without_reply=True)
    assert sent.reply_to_message is None
    with pytest.raises(BadRequest, match=r"(?i)message to edit not found"):
        await bot.edit_message_text("y", ann.id, 999)
    with pytest.raises(BadRequest, match=r"(?i)message to delete not found"):
        await bot.delete_message(ann.id, 999)
    with pytest.raises(BadRequest, match=r"(?i)message can't be edited"):
        await bot.edit_message_text("y", ann.id, said["message_id"])
    with pytest.raises(BadRequest, match=r"(?i)message is not modified: specified new message content"):
        await bot.edit_message_text("x", ann.id, sent.message_id)
    with pytest.raises(BadRequest, match=r"(?i)there is no caption in the message to edit"):
        await bot.edit_message_caption(ann.id, sent.message_id, caption="y")
    photo = await bot.send_photo(ann.id, png())
    with pytest.raises(BadRequest, match=r"(?i)there is no text in the message to edit"):
        await bot.edit_message_text("y", ann.id, photo.message_id)


@pytest.mark.parametrize(
    ("button", "reason"),
    [
        ({"text": "x"}, "Text buttons are unallowed in the inline keyboard"),
        ({"text": "x", "callback_data": "y" * 65}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "url": "nowhere"}, "Wrong HTTP URL"),
        ({"callback_data": "y"}, 'can\'t find field "text"'),
    ],
)
async def test_odd_button_is_sent(
    people: People, sandbox: Sandbox, violations: Violations, button: dict[str, str], reason: str
) -> None:
    """Buttons that Telegram does not take are refused."""
    ann = await people.person()
    await ann.say("/start")
    body = {"chat_id": ann.id, "text": "x", "reply_markup": {"inline_keyboard": [[button]]}}
    response = await people.http.post(f"/bot{sandbox.token}/sendMessage", json=body)
    assert response.status_code == 400
    assert reason in response.json()["description"]
    violations.take()


async def test_flood_is_welcome(bot: telegram.Bot, people: People) -> None:
    """With the model on, a second message within a second to a chat, and a 21st within a minute to a group, wait."""
    await people.patch("/api/settings", flood_limits=True)
    await people.post("/api/clock", frozen=True)
    ann = await people.person()
    chat = await people.chat(ann)
    await bot.send_message(chat, "1")
    with pytest.raises(RetryAfter) as refusal:
        await bot.send_message(chat, "too soon")
    assert refusal.value.retry_after == timedelta(seconds=1)
    for number in range(2, 21):
        await people.post("/api/clock", advance=1)
        await bot.send_message(chat, str(number))
    await people.post("/api/clock", advance=1)
    with pytest.raises(RetryAfter) as refusal:
        await bot.send_message(chat, "21")
    assert refusal.value.retry_after == timedelta(seconds=40)
    await ann.say("/start")
    assert await bot.send_message(ann.id, "private chats have no such limit")


async def test_bot_floods_everyone(bot: telegram.Bot, people: People) -> None:
    """With the model on, a bot sends at most 30 messages a second, whoever they are for."""
    everyone = [await people.person(f"P{i}") for i in range(31)]
    for person in everyone:
        await person.say("/start")
    await people.patch("/api/settings", flood_limits=True)
    await people.post("/api/clock", frozen=True)
    for person in everyone[:30]:
        await bot.send_message(person.id, "hello")
    with pytest.raises(RetryAfter):
        await bot.send_message(everyone[30].id, "hello")


async def test_transparent_photo_turns_black(bot: telegram.Bot, people: People) -> None:
    """What is transparent is shown on white."""
    ann = await people.person()
    buffer = io.BytesIO()
    Image.new("RGBA", (64, 64), (255, 0, 0, 0)).save(buffer, "PNG")
    (shown,) = await ann.show(buffer.getvalue())
    content = await (await bot.get_file(shown["photo"][-1]["file_id"])).download_as_bytearray()
    assert Image.open(io.BytesIO(content)).getpixel((30, 30)) == (255, 255, 255)
