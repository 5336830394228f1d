"""A folder of pictures: indexed without Telegram, with the demo model."""

import os
import shutil
from pathlib import Path

import pytest

from bot.errors import FolderError
from bot.folder.opening import Place
from bot.settings import Settings
from search.errors import FileGone
from search.folder import Folder
from tests.bot.counting import Counting
from tests.bot.folder.pictures import PICTURES, indexed, names
from tests.people import jpeg


async def test_what_did_not_change_is_not_embedded_again(model: Counting, settings: Settings, folder: Path) -> None:
    """A touched file, a renamed one and a copy cost no embedding; a changed one does; a deleted one is not found."""
    place = Place.of(folder, None)
    await indexed(settings, place)
    first, second, third, fourth, *_ = (folder / picture.name for picture in PICTURES[1:])
    os.utime(first)
    second.rename(folder / "food" / "renamed.webp")
    shutil.copy(first, folder / "copy.webp")
    third.unlink()
    fourth.write_bytes(PICTURES[-1].read_bytes() + b"\0")
    told = await indexed(settings, place)
    counted = {kind: told[kind] for kind in ("indexed", "new", "changed", "renamed", "gone", "failed")}
    assert counted == {"indexed": 24, "new": 1, "changed": 1, "renamed": 1, "gone": 1, "failed": 0}
    assert model.seen == 25
    everything = await names(settings, place, "sort:new", count=100)
    assert {"renamed.webp"} < set(everything)
    assert third.name not in everything
    assert (await indexed(settings, place))["new"] == 0
    assert model.seen == 25


async def test_broken_pictures_are_named_and_passed_over(model: Counting, settings: Settings, folder: Path) -> None:
    """With the reason for each; one that is mended is indexed the next time."""
    (folder / "broken.jpg").write_bytes(b"no picture")
    (folder / "empty.png").touch()
    (folder / os.fsdecode(b"na\xefve.jpg")).write_bytes(jpeg("red"))
    place = Place.of(folder, None)
    told = await indexed(settings, place)
    assert (told["indexed"], told["failed"]) == (25, 2)
    assert {Path(one["path"]).name for one in told["unreadable"]} == {"broken.jpg", "empty.png"}
    assert all(one["why"] for one in told["unreadable"])
    (folder / "broken.jpg").write_bytes(jpeg("blue"))
    again = await indexed(settings, place)
    assert (again["indexed"], again["failed"]) == (26, 1)


async def test_what_is_no_file_is_passed_over(model: Counting, settings: Settings, folder: Path) -> None:
    """A pipe that nobody writes to, a device that never ends, a folder with a picture's name, and what took the place
    of a file since it was found: nothing hangs, nothing fills the memory."""
    os.mkfifo(folder / "pipe.png")
    (folder / "endless.jpg").symlink_to("/dev/zero")
    (folder / "folder.png").mkdir()
    place = Place.of(folder, None)
    told = await indexed(settings, place)
    assert (told["indexed"], told["failed"]) == (24, 0)
    for name in ("pipe.png", "endless.jpg", "folder.png"):
        with pytest.raises(FolderError, match=r"to its end|directory"):
            await names(settings, place, like=folder / name)
    with pytest.raises(FileGone, match="at most"):
        await Folder(folder, max_bytes=100).fetch(PICTURES[1].name)
