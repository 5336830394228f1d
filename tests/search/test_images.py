"""Strangers' files: whatever they hold, decoding ends in a picture or in a reason."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import ExifTags, Image

from search.errors import ImageRefused
from search.images import DecodingLimits, accept_heif, decode, model_input, preview, within_ratio

LIMITS = DecodingLimits(max_pixels=1_000_000, max_side=5_000)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def two_halves(width: int = 80, height: int = 40) -> Image.Image:
    """Left red, right blue."""
    image = Image.new("RGB", (width, height), "red")
    image.paste("blue", (width // 2, 0, width, height))
    return image


def is_close(pixel: object, colour: tuple[int, int, int]) -> bool:
    return bool(np.abs(np.subtract(np.asarray(pixel, dtype=int), colour)).max() < 40)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "GIF"])
def test_an_accepted_format_is_not_refused(kind: str) -> None:
    """Every format that the help names is read, with its colours."""
    image = decode(encoded(two_halves(), kind), LIMITS)
    assert (image.mode, image.size) == ("RGB", (80, 40))
    assert is_close(image.getpixel((10, 20)), (255, 0, 0))
    assert is_close(image.getpixel((70, 20)), (0, 0, 255))


def test_heic_is_read_where_the_extra_is_installed() -> None:
    """The optional extra is enough: nothing else has to be switched on. It is among what tests install."""
    assert accept_heif()
    assert decode(encoded(two_halves(), "HEIF"), LIMITS).size == (80, 40)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_phone_photo_is_not_embedded_lying_on_its_side(orientation: int) -> None:
    """All eight EXIF orientations come out upright: the same picture as the first."""
    upright = two_halves()
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = decode(encoded(stored, "JPEG", exif=exif, quality=95), LIMITS)
    assert image.size == (80, 40)
    assert is_close(image.getpixel((10, 20)), (255, 0, 0))


def test_transparency_does_not_turn_black() -> None:
    """What can be seen through lies on white, as clients show it."""
    assert decode(encoded(Image.new("RGBA", (8, 8), (0, 0, 0, 0)), "PNG"), LIMITS).getpixel((4, 4)) == (255, 255, 255)
    palette = Image.new("P", (8, 8), 0)
    assert decode(encoded(palette, "PNG", transparency=0), LIMITS).getpixel((4, 4)) == (255, 255, 255)


def test_a_16_bit_picture_does_not_turn_white() -> None:
    """Greys of 16 bits are scaled, not clipped."""
    greys = np.linspace(0, 65535, 256, dtype=np.uint16).reshape(16, 16)
    image = decode(encoded(Image.fromarray(greys), "PNG"), LIMITS)
    assert is_close(image.getpixel((8, 8)), (136, 136, 136))


def test_cmyk_is_read() -> None:
    """Print-shop JPEGs are pictures too."""
    assert is_close(decode(encoded(two_halves().convert("CMYK"), "JPEG"), LIMITS).getpixel((10, 20)), (255, 0, 0))


def test_of_an_animation_the_first_frame_is_taken() -> None:
    """Not the last, and not an error."""
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue", "green")]
    for kind in ("GIF", "WEBP"):
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)
        assert is_close(decode(data, LIMITS).getpixel((10, 10)), (255, 0, 0))


def png_of(width: int, height: int) -> bytes:
    """A header that claims a size, and nothing behind it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"GIF89a", "not a picture|damaged"),
        (b"%PDF-1.7 not a picture at all", "not a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture"),
        (encoded(two_halves(), "JPEG")[:-200], "damaged"),
        (encoded(two_halves(), "PNG")[:60], "damaged"),
        (png_of(60_000, 60_000), "60000×60000|too many pixels"),
        (png_of(100_000, 2), "100000×2"),
        (png_of(2_000, 600), "2000×600"),
        (png_of(0, 5), "no pixels|not a picture|damaged"),
        (encoded(two_halves(), "BMP"), "not a picture"),
        (encoded(two_halves(), "TIFF"), "not a picture"),
    ],
    ids=[
        "empty",
        "header only",
        "pdf",
        "svg",
        "cut jpeg",
        "cut png",
        "bomb",
        "ribbon",
        "too big",
        "zero",
        "bmp",
        "tiff",
    ],
)
def test_a_hostile_file_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    """And with nothing else: no other exception, no picture."""
    with pytest.raises(ImageRefused, match=reason):
        decode(data, LIMITS)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")  # Pillow says so, and goes on
def test_a_broken_exif_block_does_not_cost_the_picture() -> None:
    """The pixels are there: they are taken as they lie."""
    data = encoded(two_halves(), "JPEG", exif=b"Exif\x00\x00MM\x00\x2a\xff\xff\xff\xff garbage")
    assert decode(data, LIMITS).size == (80, 40)


def test_a_reduced_jpeg_keeps_enough_pixels_for_the_model() -> None:
    """Decoding at reduced size never goes below twice the model's input."""
    image = decode(encoded(Image.new("RGB", (1_280, 640)), "JPEG"), LIMITS, shorter_side=64)
    assert min(image.size) >= 128
    assert image.size[0] < 1_280


@pytest.mark.parametrize(
    ("kind", "size", "side", "left"),
    [
        ("JPEG", (800, 600), 224, (400, 300)),  # what Telegram offers, half of which is enough
        ("JPEG", (800, 450), 224, (800, 450)),  # of whose half the model would have to make up pixels
        ("JPEG", (320, 240), 64, (320, 240)),  # enough for the model long since, but not for the fingerprint
        ("PNG", (800, 600), 224, (800, 600)),  # averaging harms more than a JPEG's own reduction
    ],
)
def test_a_models_input_is_not_reduced_further_than_its_vector_bears(
    kind: str, size: tuple[int, int], side: int, left: tuple[int, int]
) -> None:
    """A JPEG by halves as long as 1.1 times the input is left, and what a fingerprint needs; others keep twice."""
    assert model_input(encoded(Image.new("RGB", size), kind), LIMITS, side).size == left


@pytest.mark.parametrize("size", [(60, 40), (3_000, 300), (40, 2_000), (2_500, 20)])
def test_a_preview_is_what_telegram_takes_as_a_photo(size: tuple[int, int]) -> None:
    """JPEG, sides within 10,000 in total, ratio at most 20."""
    with Image.open(io.BytesIO(preview(encoded(Image.new("RGB", size, "red"), "PNG"), LIMITS))) as image:
        assert image.format == "JPEG"
        assert sum(image.size) <= 10_000
        assert max(image.size) <= 20 * min(image.size)


@pytest.mark.parametrize("size", [(1, 30_000), (30_000, 1), (3, 100), (300, 200)])
def test_a_thread_of_pixels_does_not_become_gigabytes(size: tuple[int, int]) -> None:
    """A model's transform enlarges the shorter side: what it gets is never longer than twenty times that."""
    width, height = within_ratio(Image.new("RGB", size)).size
    assert max(width, height) <= 20 * min(width, height)
    assert (width, height) == size or min(width, height) == min(size)


def test_a_photo_is_compressed_once_more() -> None:
    """What is as Telegram keeps photos is sent as it is; with EXIF, which may say where it was taken, it is not."""
    picture = Image.new("RGB", (1000, 750), "red")
    plain = encoded(picture, "JPEG")
    exif = Image.Exif()
    exif[ExifTags.Base.Software] = "a camera"
    assert preview(plain, LIMITS) == plain
    others = [encoded(picture, "JPEG", exif=exif), encoded(picture, "PNG"), encoded(picture.resize((4000, 9)), "JPEG")]
    assert not any(preview(other, LIMITS) == other for other in others)
    with pytest.raises(ImageRefused):
        preview(plain[:400], LIMITS)
