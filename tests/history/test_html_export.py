"""HTML exports: the other format people have."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from history.errors import ExportDamaged, ExportError, NotAnExport
from history.export import Export
from history.html_page import LONGEST_PIECE
from history.records import ExportedPhoto, Missing, Skipped
from tests import exports, html_exports

MESSAGES = [
    exports.service(1, "create_group"),
    exports.photo(2, "at the <lake> & more"),
    exports.message(3, "no picture"),
    exports.photo(4, "two\nlines"),
    exports.photo(5, ["see ", {"type": "bold", "text": "this"}], sender=exports.BOB),
    exports.service(6, "pin_message"),
    exports.photo(7, [{"type": "bot_command", "text": "/similar"}, " please"], sender=exports.BOB),
    exports.photo(8, photo=exports.NOT_INCLUDED),
    exports.photo(9, photo=exports.TOO_LARGE),
    exports.photo(10, photo=exports.UNAVAILABLE),
    exports.document(11, "scan.png"),
    exports.document(12, "IMG_1.HEIC", "image/heic"),
    exports.document(13, "notes.pdf", "application/pdf"),
    exports.document(14, "clip.mp4", "video/mp4", media_type="animation"),
    exports.sticker(15),
    exports.sticker(16, "moving.tgs"),
    exports.photo(17, "passed on", forwarded_from="Somebody else"),
    exports.photo(18, sender=(None, "user5")),
    exports.photo(-999999999),
]


def read(folder: Path, **choices: Any) -> list[ExportedPhoto]:
    return list(Export.open(folder, **choices).photos(-1))


@pytest.mark.parametrize("page_size", [1000, 3])
def test_pages_say_the_same_as_json_as_far_as_they_say_it(tmp_path: Path, page_size: int) -> None:
    """They leave out ids of chats and senders, sizes and types of files, spoilers, edits and topics."""
    chat = exports.chat(*MESSAGES)
    pages = read(html_exports.written(tmp_path / "html", chat, page_size=page_size), stickers=True)
    json = Export.open(exports.written(tmp_path / "json", chat), stickers=True).photos(exports.GROUP)
    unsaid: dict[str, Any] = {"chat_id": 0, "sender_id": 0, "file": None, "width": 0, "height": 0}
    assert [replace(photo, **unsaid, sender_name=photo.sender_name.lower()) for photo in pages] == [
        replace(photo, **unsaid, sender_name=photo.sender_name.lower()) for photo in json
    ]
    assert all((photo.file is None) == (photo.missing_reason is not None) for photo in pages)


def test_a_picture_of_a_page_is_read(tmp_path: Path) -> None:
    """The file that the page links to, not its preview."""
    folder = html_exports.written(tmp_path, exports.chat(exports.photo(1)))
    (photo,) = read(folder)
    assert photo.file is not None
    assert photo.file.read(10_000) == exports.small_picture(0)


def test_the_chats_of_an_account_are_told_apart(tmp_path: Path) -> None:
    """By their folders, in their order: pages hold no id, and links that start from their folder."""
    chats = [exports.chat(exports.photo(number), name=f"Chat {number}") for number in range(1, 12)]
    export = Export.open(exports.zipped(html_exports.written(tmp_path / "DataExport", *chats)))
    found = list(export.chats())
    assert [(chat.id, chat.name, chat.photos) for chat in found] == [(-n, f"Chat {n}", 1) for n in range(1, 12)]
    assert not any(chat.has_id or chat.telegram_id for chat in found)
    assert [photo.message_id for photo in export.photos(-11)] == [11]


def test_a_chat_is_counted(tmp_path: Path) -> None:
    """Like one of JSON; its kind is unknown."""
    (chat,) = Export.open(html_exports.written(tmp_path, exports.chat(*MESSAGES))).chats()
    assert (chat.name, chat.kind, chat.photos) == ("Weekend crew", "", 9)
    assert chat.missing == {Missing.NOT_INCLUDED: 1, Missing.TOO_LARGE: 1, Missing.UNAVAILABLE: 1}


def test_pages_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    """messages10.html stands behind messages9.html."""
    folder = html_exports.written(tmp_path, exports.chat(*map(exports.photo, range(1, 13))), page_size=1)
    assert [photo.message_id for photo in read(folder)] == list(range(1, 13))


def test_a_page_itself_may_be_named(tmp_path: Path) -> None:
    """Any of them: people give what they see."""
    folder = html_exports.written(tmp_path, exports.chat(*map(exports.photo, range(1, 5))), page_size=2)
    assert len(read(folder / "messages2.html")) == 4


def test_json_is_preferred_to_pages(tmp_path: Path) -> None:
    """Telegram Desktop writes both where it is asked to; JSON says more."""
    chat = exports.chat(exports.photo(1))
    html_exports.written(exports.written(tmp_path, chat), chat)
    assert [found.id for found in Export.open(tmp_path).chats()] == [exports.GROUP]


def page(folder: Path, body: str) -> Export:
    """An export whose only page has this in its history."""
    made = html_exports.written(folder, exports.chat()) / "messages.html"
    made.write_text(made.read_text().replace('<div class="history">', f'<div class="history">{body}'), encoding="utf-8")
    return Export.open(folder)


def a_message(number: int = 1, date: str = "03.05.2024 18:22:07 UTC+02:00", link: str = "photos/x.jpg") -> str:
    return (
        f'<div class="message default clearfix" id="message{number}"><div class="body">'
        f'<div class="pull_right date details" title="{date}">18:22</div><div class="from_name">Ann via @gif </div>'
        f'<div class="media_wrap clearfix"><a class="photo_wrap clearfix pull_left" href="{link}"></a>'
        "</div></div></div>"
    )


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("03.05.2024 18:22:07 UTC+02:00", datetime(2024, 5, 3, 16, 22, 7, tzinfo=UTC)),
        ("03.05.2024 18:22:07 UTC-03:30", datetime(2024, 5, 3, 21, 52, 7, tzinfo=UTC)),
        ("03.05.2024 18:22:07", datetime(2024, 5, 3, 9, 22, 7, tzinfo=UTC)),
    ],
)
def test_a_date_has_its_offset_or_the_exporting_computers_zone(
    tmp_path: Path, written: str, expected: datetime
) -> None:
    """Older versions leave the offset out."""
    page(tmp_path, a_message(date=written))
    (photo,) = read(tmp_path, zone=ZoneInfo("Asia/Tokyo"))
    assert (photo.date, photo.sender_name) == (expected, "Ann")


@pytest.mark.parametrize(
    ("body", "skipped"),
    [
        (a_message(date="99.99.2024 18:22:07"), {Skipped.NO_DATE: 1}),
        (a_message(date="yesterday"), {Skipped.NO_DATE: 1}),
        (a_message().replace("message1", "message"), {Skipped.NO_ID: 1}),
        ("</div></div></div></div></div>", {}),
        ("<div>" * 20_000, {}),
        ('<a class="photo_wrap" href="x.jpg">', {}),
        ("<p" * 10_000, {}),
    ],
)
def test_what_is_odd_on_a_page_is_passed_over(tmp_path: Path, body: str, skipped: dict[Skipped, int]) -> None:
    """And what stands behind it is read."""
    export = page(tmp_path, f"{body}\n{a_message(2)}")
    (chat,) = export.chats()
    assert chat.skipped == skipped
    assert [photo.message_id for photo in export.photos(-1)] == ([] if body.startswith("<p<p") else [2])


@pytest.mark.parametrize("link", ["../secret.jpg", "/etc/passwd", "photos/../../secret.jpg", "..\\secret.jpg"])
def test_a_link_that_leads_out_of_the_export_is_not_followed(tmp_path: Path, link: str) -> None:
    """As with paths in JSON."""
    exports.put(tmp_path / "secret.jpg", 1)
    (photo,) = page(tmp_path / "export", a_message(link=link)).photos(-1)
    assert (photo.file, photo.missing_reason) == (None, Missing.OUTSIDE)


def test_what_stands_before_damage_is_read(tmp_path: Path) -> None:
    """A page that breaks off, and one that is missing, are said; the others count."""
    folder = html_exports.written(tmp_path, exports.chat(*map(exports.photo, range(1, 10))), page_size=3)
    whole = (folder / "messages2.html").read_text()
    (folder / "messages2.html").write_text(whole[: whole.index('id="message6"')])
    export = Export.open(folder)
    assert [photo.message_id for photo in export.photos(-1)] == [1, 2, 3, 4, 5, 7, 8, 9]
    assert export.damage == (
        "messages2.html breaks off after message 5. What stands before that was read; export again."
    )
    (folder / "messages2.html").unlink()
    export = Export.open(folder)
    assert len(list(export.photos(-1))) == 6
    assert export.damage is not None
    assert "missing: messages2.html." in export.damage


def test_other_html_is_no_export(tmp_path: Path) -> None:
    """And is not taken for an empty one."""
    (tmp_path / "messages.html").write_text("<html><body><p>Hello</p></body></html>")
    with pytest.raises(ExportDamaged, match=r"messages\.html is no page of an export"):
        list(Export.open(tmp_path).chats())
    (tmp_path / "messages.html").rename(tmp_path / "index.html")
    with pytest.raises(NotAnExport, match=r"neither a result\.json nor a messages\.html"):
        Export.open(tmp_path)


def test_a_tag_without_end_is_refused_before_memory_is_full(tmp_path: Path) -> None:
    """The parser keeps what it cannot end yet."""
    (tmp_path / "messages.html").write_text("<a " + "x" * (2 * LONGEST_PIECE))
    with pytest.raises(ExportError, match="without end"):
        list(Export.open(tmp_path).chats())
