"""What messages of a result.json say."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from history.errors import FileMissing, FileTooLarge, NoSuchChat
from history.export import Export
from history.files import FileRef
from history.records import DELETED_ACCOUNT, ExportedPhoto, Missing, PictureKind, Skipped
from tests import exports


def photos(folder: Path, *messages: Any, **choices: Any) -> list[ExportedPhoto]:
    """Of a chat with these messages."""
    return list(Export.open(exports.written(folder, exports.chat(*messages)), **choices).photos(exports.GROUP))


def one(folder: Path, message: Any, **choices: Any) -> ExportedPhoto:
    (photo,) = photos(folder, message, **choices)
    return photo


def test_a_photo_is_read_with_all_it_says(tmp_path: Path) -> None:
    """Nothing of a message gets lost between the file and the record."""
    said = exports.photo(7, "at the lake", media_spoiler=True, edited_unixtime="1714754000")
    assert one(tmp_path, said) == ExportedPhoto(
        chat_id=exports.GROUP,
        message_id=7,
        date=exports.at(7),
        sender_id=101,
        sender_name="Ann Lee",
        is_channel_sender=False,
        caption="at the lake",
        file=FileRef((tmp_path / said["photo"]).as_uri()),
        missing_reason=None,
        kind=PictureKind.PHOTO,
        mime_type="image/jpeg",
        width=96,
        height=72,
        spoiler=True,
        edited=datetime(2024, 5, 3, 16, 33, 20, tzinfo=UTC),
    )


def test_a_file_is_read_through_its_uri(tmp_path: Path) -> None:
    """What is kept in a database leads to the same bytes later."""
    file = one(tmp_path / "Ünï code 100%!", exports.photo(1)).file
    assert file is not None
    assert FileRef.from_uri(file.uri).read(10_000) == exports.small_picture(0)


def test_a_file_that_is_gone_or_too_large_is_told_apart(tmp_path: Path) -> None:
    """One is asked for again, the other never fits."""
    file = one(tmp_path, exports.photo(1)).file
    assert file is not None
    with pytest.raises(FileTooLarge):
        file.read(10)
    (tmp_path / exports.photo(1)["photo"]).unlink()
    with pytest.raises(FileMissing, match="is gone"):
        file.read(10_000)


@pytest.mark.parametrize(
    ("words", "caption"),
    [
        ("", None),
        ("plain", "plain"),
        (["see ", {"type": "link", "text": "t.me/x"}, " now"], "see t.me/x now"),
        ([{"type": "bold", "text": "loud"}], "loud"),
        ([{"type": "bot_command", "text": "/similar"}, " this"], None),
        (["not ", {"type": "bot_command", "text": "/similar"}], "not /similar"),
        ([1, None, {"text": 5}, ["x"], "kept"], "kept"),
        ("a\0b", "ab"),
        ({"text": "odd"}, "odd"),
    ],
)
def test_a_caption_is_read_whatever_it_is_made_of(tmp_path: Path, words: Any, caption: str | None) -> None:
    """Texts are strings, or lists of strings and objects; a command says nothing of the picture."""
    said = {**exports.photo(1), "text": words}
    assert one(tmp_path, said).caption == caption


def test_a_caption_is_found_in_its_entities(tmp_path: Path) -> None:
    """Where the text itself was left out."""
    said = {**exports.photo(1, "there"), "text": ""}
    assert one(tmp_path, said).caption == "there"


@pytest.mark.parametrize(
    ("name", "given", "sender"),
    [
        ("Ann Lee", "user101", (101, "Ann Lee", False)),
        (None, "user101", (101, DELETED_ACCOUNT, False)),
        ("News", "channel1234567890", (-1001234567890, "News", True)),
        ("Old group", "chat555", (-555, "Old group", True)),
        ("Ann Lee", 101, (101, "Ann Lee", False)),
        ("Ann Lee", "101", (101, "Ann Lee", False)),
        ("Ann Lee", (1 << 32) + 101, (101, "Ann Lee", False)),
        ("News", (2 << 32) + 1234567890, (-1001234567890, "News", True)),
        ("Ann Lee", "user", (None, "Ann Lee", False)),
        ("Ann Lee", "user99999999999999999999", (None, "Ann Lee", False)),
        ("Ann Lee", None, (None, "Ann Lee", False)),
        ("Ann Lee", True, (None, "Ann Lee", False)),
    ],
)
def test_a_sender_is_known_however_the_version_wrote_it(
    tmp_path: Path, name: str | None, given: Any, sender: tuple[int | None, str, bool]
) -> None:
    """Deleted accounts, channels, the group itself, and the numbers of old versions."""
    photo = one(tmp_path, {**exports.photo(1), "from": name, "from_id": given})
    assert (photo.sender_id, photo.sender_name, photo.is_channel_sender) == sender


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (exports.NOT_INCLUDED, Missing.NOT_INCLUDED),
        (exports.TOO_LARGE, Missing.TOO_LARGE),
        (exports.UNAVAILABLE, Missing.UNAVAILABLE),
        ("(Файл не включён.)", Missing.NOT_INCLUDED),
        ("photos/nowhere.jpg", Missing.ABSENT),
        ("photos", Missing.ABSENT),
        ("", Missing.ABSENT),
    ],
)
def test_a_photo_without_its_file_says_why(tmp_path: Path, written: str, reason: Missing) -> None:
    """It is known, though it cannot be searched."""
    (tmp_path / "photos").mkdir()
    document = exports.chat(exports.photo(1, photo=written))
    (photo,) = Export.open(exports.written(tmp_path, document, pictures=False)).photos(exports.GROUP)
    assert (photo.file, photo.missing_reason) == (None, reason)


def test_a_file_that_was_cut_off_is_not_taken_for_a_picture(tmp_path: Path) -> None:
    """Neither an empty one nor, where the export says how long it was, half of one."""
    whole = len(exports.small_picture(0))
    sizes = [exports.photo(1), exports.photo(2, photo_file_size=5_000), exports.photo(3, photo_file_size=whole - 400)]
    folder = exports.written(tmp_path, exports.chat(*sizes))
    (folder / sizes[0]["photo"]).write_bytes(b"")
    found = Export.open(folder).photos(exports.GROUP)
    assert [photo.missing_reason for photo in found] == [Missing.EMPTY, Missing.CUT_OFF, None]


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (exports.document(1), PictureKind.DOCUMENT),
        (exports.document(1, "IMG.HEIC", "IMAGE/HEIC"), PictureKind.DOCUMENT),
        (exports.document(1, "drawing.svg", "image/svg+xml"), Skipped.OTHER_FORMAT),
        (exports.document(1, "notes.pdf", "application/pdf"), None),
        (exports.document(1, "clip.mp4", "video/mp4", media_type="animation"), None),
        (exports.document(1, "clip.mp4", "video/mp4", media_type="video_file"), None),
        (exports.document(1, "odd.gif", "image/gif", media_type="animation"), None),
        (exports.document(1, "odd.png", "image/png", media_type=7), None),
        (exports.document(1, mime_type=None), None),
        (exports.sticker(1), PictureKind.STICKER),
        (exports.sticker(1, "moving.tgs"), None),
        (exports.sticker(1, "moving.webm"), None),
        (exports.photo(1, photo=None), None),
        (exports.photo(1, photo=["photos/x.jpg"]), None),
        (exports.photo(1, self_destruct_period_seconds=10), Skipped.SELF_DESTRUCTING),
        (exports.photo(1, date="yesterday", date_unixtime=None), Skipped.NO_DATE),
        (exports.photo(1, date_unixtime=10**17), Skipped.NO_DATE),
        (exports.photo(1, id="seven"), Skipped.NO_ID),
        (exports.photo(1, id=True), Skipped.NO_ID),
        (exports.photo("1"), PictureKind.PHOTO),
        (exports.photo(1, type=None), PictureKind.PHOTO),
        (exports.service(1, "edit_group_photo", photo="photos/photo_1.jpg"), None),
        ({"id": 1, "type": "unsupported"}, None),
        ("message", Skipped.NOT_A_MESSAGE),
        (None, Skipped.NOT_A_MESSAGE),
        ([[{}]], Skipped.NOT_A_MESSAGE),
    ],
)
def test_what_shows_no_picture_is_not_taken_for_one(tmp_path: Path, message: Any, kind: Any) -> None:
    """Animations, films, service messages; what should be a picture and cannot be taken is counted with its reason."""
    export = Export.open(exports.written(tmp_path, exports.chat(message, exports.photo(2))), stickers=True)
    (chat,) = export.chats()
    is_picture = isinstance(kind, PictureKind)
    assert [photo.kind for photo in export.photos(exports.GROUP)][:-1] == ([kind] if is_picture else [])
    assert chat.skipped == ({kind: 1} if isinstance(kind, Skipped) else {})
    assert chat.photos == 1 + is_picture


def test_stickers_are_pictures_only_for_who_wants_them(tmp_path: Path) -> None:
    """Hundreds of equal smilies help nobody who looks for a photo."""
    assert photos(tmp_path, exports.sticker(1)) == []


@pytest.mark.parametrize("moment", ["2024-01-15T13:00:00", "2024-01-15T12:00:00+00:00", "2024-01-15T12:00:00Z"])
def test_a_date_without_a_zone_is_the_exporting_computers(tmp_path: Path, moment: str) -> None:
    """Old exports have no other; the zone is for the importing person to say."""
    said = exports.photo(1, date=moment, date_unixtime=None)
    expected = datetime(2024, 1, 15, 12, tzinfo=UTC)
    assert one(tmp_path, said, zone=ZoneInfo("Europe/Berlin")).date == expected


def test_a_chat_that_is_not_there_is_named(tmp_path: Path) -> None:
    """Before anything is read in its name."""
    with pytest.raises(NoSuchChat, match="holds no chat 5"):
        Export.open(exports.written(tmp_path, exports.chat())).photos(5)


def test_a_chat_is_counted(tmp_path: Path) -> None:
    """What `--list` says of it."""
    some = [exports.photo(3), exports.photo(1), exports.message(9, "no picture"), exports.photo(5, photo="(x)")]
    (chat,) = Export.open(exports.written(tmp_path, exports.chat(*some))).chats()
    assert (chat.id, chat.name, chat.kind, chat.photos) == (exports.GROUP, "Weekend crew", "private_supergroup", 2)
    assert (chat.first, chat.last) == (exports.at(1), exports.at(5))
    assert chat.missing == {Missing.NOT_INCLUDED: 1}
    assert chat.telegram_id == -1001234567890


@pytest.mark.parametrize("written", ["0001-01-01T00:00:00", "2013-07-31T00:00:00", "9999-12-31T23:59:59", "soon"])
def test_a_date_that_no_message_has_is_taken(tmp_path: Path, written: str) -> None:
    """Before Telegram began, or yet to come: no zone but UTC has such a day, and such a photo would never be past."""
    said = {**exports.photo(1), "date": written, "date_unixtime": None}
    chat = next(Export.open(exports.written(tmp_path / "a", exports.chat(said))).chats())
    assert (chat.photos, chat.skipped) == (0, {Skipped.NO_DATE: 1})
    late = {**exports.photo(1), "date_unixtime": str(int((datetime.now(UTC) + timedelta(days=2)).timestamp()))}
    chat = next(Export.open(exports.written(tmp_path / "b", exports.chat(late))).chats())
    assert (chat.photos, chat.skipped) == (0, {Skipped.NO_DATE: 1})
