"""Pictures that are broken, oddly made, or no pictures to Telegram."""

import io
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from sandbox.errors import BadRequest
from sandbox.pictures import Picture, thumbnail
from tests.sandbox.people import png


def _picture(kind: str, orientation: int = 6) -> bytes:
    """Left half red, right half blue, told to lie on its side."""
    image = Image.new("RGB", (40, 20), "red")
    image.paste("blue", (20, 0, 40, 20))
    exif = image.getexif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    image.save(buffer, kind, **({"exif": exif} if kind in ("JPEG", "PNG", "WEBP") else {}))
    return buffer.getvalue()


WHOLE = {kind: _picture(kind) for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP")}


@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from(sorted(WHOLE)),
    changes=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.integers(0, 60),
)
def test_broken_picture_crashes_the_sandbox(kind: str, changes: list[tuple[int, int]], cut: int) -> None:
    """Whatever bytes are changed or missing, a picture is taken or refused in words."""
    content = bytearray(WHOLE[kind])
    for place, value in changes:
        content[place % len(content)] = value
    broken = bytes(content[: len(content) - cut])
    with suppress(BadRequest):
        Picture(broken).encode()
    thumbnail(broken)


def test_odd_exif_is_refused() -> None:
    """A photo whose EXIF data are nonsense is taken as it lies."""
    for exif in (b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\xff\xff", b"Exif\x00\x00II*\x00\xff\xff\xff\x7f", b"x"):
        buffer = io.BytesIO()
        Image.new("RGB", (40, 20)).save(buffer, "JPEG", exif=exif)
        picture = Picture(buffer.getvalue())
        picture.encode()
        assert (picture.sizes[-1].width, picture.sizes[-1].height) == (40, 20)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_picture_is_turned_the_wrong_way(kind: str, orientation: int) -> None:
    """All eight orientations come out as Pillow's own `exif_transpose` would have them."""
    content = _picture(kind, orientation)
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    largest = Picture(content).sizes[-1]
    shown = Image.open(io.BytesIO(largest.content))
    assert (largest.width, largest.height) == shown.size == expected.size
    for corner in ((2, 2), (expected.width - 3, expected.height - 3)):
        pixel, wanted = shown.getpixel(corner), expected.convert("RGB").getpixel(corner)
        assert isinstance(pixel, tuple)
        assert isinstance(wanted, tuple)
        assert (pixel[0] > pixel[2]) == (wanted[0] > wanted[2])


@pytest.mark.parametrize("kind", ["TIFF", "PPM", "ICO", "TGA"])
def test_drawing_format_is_taken_as_a_photo(kind: str) -> None:
    """Telegram takes JPEG, PNG, WebP, GIF and BMP; what else Pillow reads is no photo."""
    with pytest.raises(BadRequest, match="IMAGE_PROCESS_FAILED"):
        Picture(_picture(kind))
    assert thumbnail(_picture(kind)) is None


@pytest.mark.parametrize(
    ("side", "sizes"),
    [(1280, [90, 320, 800, 1280]), (1281, [90, 320, 800, 1280, 1281]), (4000, [90, 320, 800, 1280, 2560])],
)
def test_large_photo_ends_at_1280(side: int, sizes: list[int]) -> None:
    """Photos larger than 1280 pixels keep a size of up to 2560."""
    assert [size.width for size in Picture(png(side, 300)).sizes] == sizes
