"""Which pictures are the same picture, and which only look alike."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from search.fingerprint import HASHES_SIZE, Fingerprint
from search.frames import framed
from search.near_hashes import HeldHashes, near_pairs
from tests.drawings import bordered, drawn, file, screenshot


def fingerprint(image: Image.Image) -> Fingerprint:
    """Of a picture that has one."""
    made = Fingerprint.of(image)
    assert made is not None
    return made


EDITS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "recompressed": lambda image: Image.open(io.BytesIO(file(image, quality=30))).convert("RGB"),
    "smaller": lambda image: image.resize((200, 150)),
    "larger": lambda image: image.resize((1600, 1200)),
    "bordered": bordered,
    "in a screenshot": screenshot,
    "a screenshot, bordered": lambda image: bordered(screenshot(image)),
    "cropped": lambda image: image.crop((24, 18, 800, 600)),
    "warmer": lambda image: ImageEnhance.Color(image).enhance(1.25),
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.85),
}


@pytest.mark.parametrize("edit", EDITS, ids=str)
@pytest.mark.parametrize("seed", range(4))
def test_an_edited_picture_is_another_one(edit: str, seed: int) -> None:
    """The same picture, whatever is usually done to it, and whichever of the two is asked about."""
    one, other = fingerprint(drawn(seed)), fingerprint(EDITS[edit](drawn(seed)))
    assert one.is_same(other)
    assert other.is_same(one)
    held = HeldHashes.empty().with_more([7], other.to_bytes()[:HASHES_SIZE])
    assert held.near(one.hashes[None]) == [[7]]
    assert near_pairs(np.stack([other.hashes, one.hashes])) == [(0, 1)]


def test_different_pictures_are_one() -> None:
    """None of thirty drawings is the same as any other."""
    made = [fingerprint(drawn(seed)) for seed in range(30)]
    assert not any(one.is_same(other) for place, one in enumerate(made) for other in made[:place])


def test_a_red_car_is_a_green_car() -> None:
    """A hash sees no colour: the same shapes in other colours are another picture."""
    image = drawn(5)
    red, green, blue = image.split()
    swapped = Image.merge("RGB", (green, red, blue))
    assert not fingerprint(image).is_same(fingerprint(swapped))


def test_a_mirrored_picture_is_the_same() -> None:
    """It is not promised to be, and words in it read differently."""
    assert not fingerprint(drawn(6)).is_same(fingerprint(ImageOps.mirror(drawn(6))))


@pytest.mark.parametrize("colour", ["red", "blue", "white", (250, 10, 10)])
def test_all_empty_pictures_are_one(colour: str | tuple[int, int, int]) -> None:
    """A picture of one colour has no structure: its hash would be noise, and equal that of every other such picture."""
    assert Fingerprint.of(Image.new("RGB", (640, 480), colour)) is None


def test_a_thing_before_a_wall_is_taken_for_a_framed_picture() -> None:
    """Only what has four straight sides is: else every ball would be the same as its own middle."""
    image = Image.new("RGB", (320, 240), "white")
    ImageDraw.Draw(image).ellipse((90, 50, 230, 190), fill="red")
    assert framed(image).size == image.size
    picture = drawn(1, (200, 150))
    width, height = framed(ImageOps.expand(picture, 40, "white")).size
    assert 190 <= width <= 200
    assert 140 <= height <= 150


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (7, 5), (33, 20)])
def test_a_tiny_picture_breaks_it(size: tuple[int, int]) -> None:
    """A few pixels have a fingerprint or none, and no error."""
    noise = np.random.default_rng(1).integers(0, 255, (*size[::-1], 3), np.uint8)
    made = Fingerprint.of(Image.fromarray(noise))
    assert made is None or made.is_same(made)


def test_a_fingerprint_changes_in_storage() -> None:
    """Its bytes give it back; the hashes come first."""
    for image in (drawn(2), screenshot(drawn(2))):
        made = fingerprint(image)
        data = made.to_bytes()
        again = Fingerprint.from_bytes(data)
        assert np.array_equal(again.hashes, made.hashes)
        assert data[:HASHES_SIZE] == made.hashes.astype("<u8").tobytes()
        assert again.to_bytes() == data
        assert len(data) in (656, 1088)
