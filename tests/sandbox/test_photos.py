"""Photos, albums and documents."""

import io

import pytest
import telegram
from PIL import Image
from telegram.error import BadRequest

from sandbox.methods.files import LINK_SECONDS
from sandbox.server import Sandbox
from tests.sandbox.people import People, png


async def test_photo_has_one_size_only(bot: telegram.Bot, people: People) -> None:
    """A large photo comes in five sizes whose dimensions and bytes are those of real JPEGs."""
    ann = await people.person()
    await ann.show(png(3000, 2000))
    (update,) = await bot.get_updates()
    assert update.message is not None
    sizes = update.message.photo
    assert [(s.width, s.height) for s in sizes] == [(90, 60), (320, 213), (800, 533), (1280, 853), (2560, 1707)]
    assert len({s.file_unique_id for s in sizes}) == 5
    for size in sizes:
        content = bytes(await (await bot.get_file(size)).download_as_bytearray())
        image = Image.open(io.BytesIO(content))
        assert (image.format, image.size, len(content)) == ("JPEG", (size.width, size.height), size.file_size)


async def test_small_photo_is_enlarged(bot: telegram.Bot, people: People) -> None:
    """The largest size of a small photo is the photo itself."""
    ann = await people.person()
    await ann.show(png(200, 100))
    (update,) = await bot.get_updates()
    assert update.message is not None
    assert [(s.width, s.height) for s in update.message.photo] == [(90, 45), (200, 100)]


async def test_repost_has_another_unique_id(bot: telegram.Bot, people: People) -> None:
    """The same bytes, and the same photo sent again by file_id, keep their file_unique_id."""
    ann = await people.person()
    await ann.show(png())
    await ann.show(png())
    await ann.show(png(colour="red"))
    first, second, other = [u.message for u in await bot.get_updates() if u.message]
    sent = await bot.send_photo(ann.id, first.photo[-1].file_id)
    assert first.photo[-1].file_unique_id == second.photo[-1].file_unique_id == sent.photo[-1].file_unique_id
    assert other.photo[-1].file_unique_id != first.photo[-1].file_unique_id


async def test_album_arrives_as_one_message(bot: telegram.Bot, people: People) -> None:
    """An album is several messages with one media_group_id, the first with the caption."""
    ann = await people.person()
    await ann.show(png(), png(colour="red"), caption="two pictures")
    messages = [u.message for u in await bot.get_updates() if u.message]
    assert len({m.media_group_id for m in messages}) == 1
    assert [m.caption for m in messages] == ["two pictures", None]


async def test_album_of_one_or_eleven_is_sent(bot: telegram.Bot, people: People) -> None:
    """sendMediaGroup takes 2 to 10 items."""
    ann = await people.person()
    (message,) = await ann.show(png())
    items = [telegram.InputMediaPhoto(message["photo"][-1]["file_id"], caption=str(i)) for i in range(11)]
    for wrong in (items[:1], items):
        with pytest.raises(BadRequest):
            await bot.send_media_group(ann.id, wrong)
    sent = await bot.send_media_group(ann.id, items[:10])
    assert [m.caption for m in sent] == [str(i) for i in range(10)]
    uploaded = await bot.send_media_group(ann.id, [telegram.InputMediaPhoto(png(colour=c)) for c in ("red", "blue")])
    assert len(uploaded) == 2


async def test_document_is_resent_as_photo(bot: telegram.Bot, people: People) -> None:
    """A document keeps its bytes and its type, and its file_id is no photo's."""
    ann = await people.person()
    await ann.show(png(), part="document")
    (update,) = await bot.get_updates()
    assert update.message is not None
    document = update.message.document
    assert document is not None
    assert (document.file_name, document.mime_type, document.file_size) == ("picture0.png", "image/png", len(png()))
    assert document.thumbnail is not None
    assert bytes(await (await bot.get_file(document)).download_as_bytearray()) == png()
    with pytest.raises(BadRequest, match=r"(?i)can't use file of type Document as Photo"):
        await bot.send_photo(ann.id, document.file_id)
    assert (await bot.send_document(ann.id, document.file_id)).document == document
    sent = await bot.send_document(ann.id, b"plain words", filename="notes.txt", caption="read this")
    assert sent.document is not None
    assert (sent.document.mime_type, sent.document.thumbnail, sent.caption) == ("text/plain", None, "read this")


async def test_exif_orientation_is_ignored(people: People) -> None:
    """A photo taken sideways is shown upright, and what its file told of place and camera is gone."""
    ann = await people.person()
    image = Image.new("RGB", (400, 200), "white")
    exif = image.getexif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", exif=exif)
    (message,) = await ann.show(buffer.getvalue())
    shown = message["photo"][-1]
    assert (shown["width"], shown["height"]) == (200, 400)
    content = (await people.http.get(f"/api/files/{shown['file_unique_id']}")).content
    assert not Image.open(io.BytesIO(content)).getexif()


async def test_links_to_files_pile_up(sandbox: Sandbox, bot: telegram.Bot, people: People) -> None:
    """A link that is too old to be followed is forgotten when another one is given."""
    ann = await people.person()
    (one,) = await ann.show(png(colour="red"))
    (two,) = await ann.show(png(colour="blue"))
    await bot.get_file(one["photo"][0]["file_id"])
    await people.post("/api/clock", advance=LINK_SECONDS + 1)
    last = await bot.get_file(two["photo"][0]["file_id"])
    assert last.file_path is not None
    assert [last.file_path.endswith(path) for path in sandbox.world.bot.file_links] == [True]


async def test_same_bytes_under_two_names_share_the_last(bot: telegram.Bot, people: People) -> None:
    """Each name keeps its own file_id, and sent again it comes back under that name."""
    ann = await people.person()
    await ann.say("/start")
    names = ("a.txt", "b.csv")
    sent = [(await bot.send_document(ann.id, b"same bytes", filename=name)).document for name in names]
    again = [(await bot.send_document(ann.id, document.file_id)).document for document in sent if document]
    assert [document.file_name for document in again if document] == list(names)
    assert again == sent
