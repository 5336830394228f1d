"""A folder of pictures: searched without Telegram, with the demo model."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from bot.errors import DataDirectoryBusy, FolderError
from bot.folder.indexing import index_folder
from bot.folder.opening import Place
from bot.folder.searching import Asked, Found, search_folder
from bot.folder.sheet import contact_sheet
from bot.settings import Settings
from search.verdict import Verdict
from tests.bot.counting import Counting
from tests.bot.folder.pictures import PIZZA, indexed, names
from tests.people import jpeg


async def test_pictures_of_a_folder_are_found_by_words_and_by_likeness(
    model: Counting, settings: Settings, folder: Path
) -> None:
    """The same engine: words, minus words, numbers, a picture that is no answer to itself, and the exact path."""
    place = Place.of(folder, None)
    told = await indexed(settings, place)
    assert (told["indexed"], told["new"], told["failed"], model.seen) == (24, 24, 0, 24)
    answer = await search_folder(settings, place, Asked("pizza"))
    assert (answer.verdict, answer.found[0].path) == (Verdict.SURE, folder / "food" / PIZZA)
    assert len(await names(settings, place, "pizza -cheese n:3")) == 3
    alike = await names(settings, place, like=folder / "food" / PIZZA)
    assert len(alike) == 10
    assert PIZZA not in alike
    stranger = await search_folder(settings, place, Asked("qwxzjk"))
    assert (stranger.verdict, list(stranger.found)) == (Verdict.NOTHING, [])


async def test_dates_are_the_cameras_or_the_files(model: Counting, settings: Settings, tmp_path: Path) -> None:
    """after:, before: and sort: ask when a picture was taken, and when its file changed where it does not say."""
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2019:05:04 12:00:00"
    Image.new("RGB", (300, 300), "red").save(tmp_path / "taken.jpg", exif=exif)
    (tmp_path / "plain.jpg").write_bytes(jpeg("blue"))
    moment = datetime(2021, 3, 1, tzinfo=UTC).timestamp()
    os.utime(tmp_path / "plain.jpg", (moment, moment))
    place = Place.of(tmp_path, None)
    await indexed(settings, place)
    assert await names(settings, place, "before:2020") == ["taken.jpg"]
    assert await names(settings, place, "after:2020") == ["plain.jpg"]
    assert await names(settings, place, "sort:old") == ["taken.jpg", "plain.jpg"]


async def test_what_cannot_be_answered_is_said_in_a_sentence(
    model: Counting, settings: Settings, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No index, no words, no senders, another folder's index, another model's index, a disk that is gone."""
    place = Place.of(folder, tmp_path / "elsewhere")
    with pytest.raises(FolderError, match="no index"):
        await search_folder(settings, place, Asked("pizza"))
    await indexed(settings, place)
    assert not (folder / ".chatlens").exists()
    with pytest.raises(FolderError, match="What should I look for"):
        await search_folder(settings, place, Asked())
    with pytest.raises(FolderError, match="no senders"):
        await search_folder(settings, place, Asked("pizza from:@ann"))
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(FolderError, match=r"is the index of .*pictures"):
        await search_folder(settings, Place.of(other, tmp_path / "elsewhere"), Asked("pizza"))
    with _emptied(folder), pytest.raises(FolderError, match="not mounted"):
        await indexed(settings, place)
    assert (await indexed(settings, place))["new"] == 0
    monkeypatch.setattr(model, "model_id", "another")
    with pytest.raises(FolderError, match="CHATLENS_MODEL"):
        await search_folder(settings, place, Asked("pizza"))


async def test_a_search_does_not_wait_for_the_indexing(model: Counting, settings: Settings, folder: Path) -> None:
    """What is indexed so far is found; a second indexing is refused."""
    place = Place.of(folder, None)
    await indexed(settings, place)
    telling = index_folder(settings, place)
    await anext(telling)
    assert await names(settings, place, "pizza")
    with pytest.raises(DataDirectoryBusy, match="being indexed"):
        await indexed(settings, place)
    await telling.aclose()


def test_a_contact_sheet_has_a_place_for_every_picture(tmp_path: Path) -> None:
    """Also for one that is gone, and under a name of any script."""
    now = datetime.now(UTC)
    sheet = contact_sheet(
        [Found(tmp_path / name, 0.5, now, 1, preview) for name, preview in (("猫.jpg", jpeg("red")), ("b.jpg", b""))]
    )
    assert sheet.width > sheet.height
    assert sheet.getpixel((132, 132)) == pytest.approx((254, 0, 0), abs=3)


@contextmanager
def _emptied(folder: Path) -> Iterator[None]:
    """As if its disk were not there."""
    away = folder.rename(folder.with_name("away"))
    folder.mkdir()
    yield
    folder.rmdir()
    away.rename(folder)
