"""Files that mean harm, or are only odd: each is read rightly, or refused with a reason, in bounded memory."""

import re
import struct
import zlib
from collections.abc import AsyncIterator

import numpy as np
import pytest
from PIL import Image

from search.decoding import Decoders
from search.errors import ImageRefused
from search.images import DecodingLimits, accept_heif, decode
from tests.hostile import encoded, png
from tests.processes import children, memory_kb

accept_heif()  # before the formats below are written
LIMITS = DecodingLimits(max_pixels=4_000_000)
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 160, 0), (0, 0, 255), (255, 255, 255)
MOST_KB = 120 * 1024
"""What a worker may have had in memory after all that is refused: some 35 MB are its own."""


def quarters() -> Image.Image:
    """Red and green above, blue and white below: no turn or mirror image of it is the same."""
    image = Image.new("RGB", (96, 64), WHITE)
    for colour, corner in ((RED, (0, 0)), (GREEN, (48, 0)), (BLUE, (0, 32))):
        image.paste(colour, (*corner, corner[0] + 48, corner[1] + 32))
    return image


def shows_quarters(image: Image.Image, tolerance: int = 60) -> bool:
    """Size, place and colour of each quarter."""
    places = {(24, 16): RED, (72, 16): GREEN, (24, 48): BLUE, (72, 48): WHITE}
    return image.size == (96, 64) and all(
        np.abs(np.subtract(np.asarray(image.getpixel(place), dtype=int), colour)).max() < tolerance
        for place, colour in places.items()
    )


TURNED_BACK = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_a_picture_lies_on_its_side(kind: str, orientation: int) -> None:
    """All eight orientations, in every format that has them: upright, and not a mirror image."""
    stored = quarters().transpose(TURNED_BACK[orientation]) if orientation in TURNED_BACK else quarters()
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.info["exif"] = exif.tobytes()  # from here HEIC's writer takes it, which has a box of its own for it
    options = {} if kind == "HEIF" else {"exif": exif}
    assert shows_quarters(decode(encoded(stored, kind, quality=95, **options), LIMITS))


@pytest.mark.parametrize("orientation", [0, 9, 255, 65_535])
def test_an_orientation_that_does_not_exist_is_obeyed(orientation: int) -> None:
    """It says nothing: the pixels are taken as they lie."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert shows_quarters(decode(encoded(quarters(), "PNG", exif=exif), LIMITS))


def deep_png(colour_type: int, channels: int) -> bytes:
    """The quarters in 16 bits a channel, which Pillow reads and does not write."""
    shown = quarters().convert("RGBA" if channels == 4 else "RGB")
    pixels = np.asarray(shown).astype(">u2") * 257
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    return png(96, 64, depth=16, colour_type=colour_type, pixels=zlib.compress(rows))


MOVING = {"save_all": True, "append_images": [Image.new("RGB", (96, 64), "black")] * 3, "duration": 50}
CIRCLE = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x87\x69\0\x04\0\0\0\x01\0\0\0\x08\0\0\0\x08"
"""A directory whose only entry, and whose successor, is itself."""
ODD = {
    "cmyk": encoded(quarters().convert("CMYK"), "JPEG", quality=95),
    "progressive cmyk": encoded(quarters().convert("CMYK"), "JPEG", quality=95, progressive=True),
    "palette": encoded(quarters().quantize(16), "PNG"),
    "palette with holes": encoded(quarters().quantize(16), "PNG", transparency=15),
    "gif palette": encoded(quarters().quantize(16), "GIF"),
    "16 bits": deep_png(2, 3),
    "16 bits with alpha": deep_png(6, 4),
    "see-through": encoded(quarters().convert("RGBA"), "WEBP", lossless=True),
    "animated gif": encoded(quarters(), "GIF", **MOVING),
    "animated png": encoded(quarters(), "PNG", **MOVING),
    "animated webp": encoded(quarters(), "WEBP", quality=95, **MOVING),
    "animated avif": encoded(quarters(), "AVIF", quality=95, **MOVING),
    "several pictures": encoded(quarters(), "MPO", quality=95, save_all=True, append_images=[Image.new("RGB", (9, 9))]),
    "broken colour profile": encoded(quarters(), "JPEG", quality=95, icc_profile=b"\xff" * 3_000),
    "cut colour profile": encoded(quarters(), "WEBP", quality=95, icc_profile=b"\0\0\x0c\x48appl"),
    "broken exif": encoded(quarters(), "JPEG", quality=95, exif=b"Exif\0\0MM\0*\xff\xff\xff\xff garbage"),
    "exif in a circle": encoded(quarters(), "JPEG", quality=95, exif=CIRCLE),
    "a zip behind a jpeg": encoded(quarters(), "JPEG", quality=95) + b"PK\x03\x04" + bytes(500),
    "a pdf behind a png": encoded(quarters(), "PNG") + b"%PDF-1.7\n" + bytes(500),
    "a script in a comment": encoded(quarters(), "JPEG", quality=95, comment=b"<script>alert(1)</script>"),
}


@pytest.mark.filterwarnings("ignore:.*EXIF.*", "ignore:Truncated File Read", "ignore:.*MPO")
@pytest.mark.parametrize("name", ODD)
def test_an_odd_picture_is_read_wrongly(name: str) -> None:
    """Its colours are where they belong: of an animation the first frame, of a polyglot the picture."""
    assert shows_quarters(decode(ODD[name], LIMITS))


def boxes_resized(data: bytes, width: int, height: int) -> bytes:
    """An AVIF or HEIC whose every `ispe` says another size."""
    return re.sub(rb"ispe....(.{8})", b"ispe\0\0\0\0" + struct.pack(">II", width, height), data, flags=re.DOTALL)


def jpeg_resized(width: int, height: int) -> bytes:
    """A JPEG whose frame header says another size."""
    data = bytearray(encoded(quarters(), "JPEG"))
    place = data.index(b"\xff\xc0") + 5
    data[place : place + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def webp_resized(width: int, height: int) -> bytes:
    """A WebP whose canvas is of another size than its picture."""
    data = bytearray(encoded(quarters(), "WEBP", exif=Image.Exif()))
    place = data.index(b"VP8X") + 12
    data[place : place + 6] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return bytes(data)


def with_chunk(kind: bytes, body: bytes) -> bytes:
    """A PNG with one more chunk behind its header."""
    data, length = encoded(quarters(), "PNG"), len(body)
    return data[:33] + struct.pack(">I", length) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) + data[33:]


def tiff(side: int) -> bytes:
    """Of one colour, in one byte."""
    tags = ((256, side), (257, side), (258, 1), (259, 1), (262, 0), (273, 8), (277, 1), (278, side), (279, 1))
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)


HUGE = "megapixels|not a picture|damaged|too many pixels|more memory"
FORMAT = "not a picture in a format"


def refused() -> dict[str, tuple[bytes, str]]:
    """What is not read, and why."""
    real = zlib.compress(bytes(2_501 * 20_000))
    wide_gif = b"GIF89a\1\0\1\0\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\x02\x02\x44\1\0;"
    return {
        "png of 60,000 a side": (png(60_000, 60_000), HUGE),
        "png of 400 megapixels": (png(20_000, 20_000, depth=1, colour_type=0, pixels=real), HUGE),
        "png ribbon": (png(60_000, 1, pixels=zlib.compress(bytes(180_001))), "60000×1"),
        "gif of 65,535 a side": (b"GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\x02\0;", HUGE),
        "gif with a frame larger than its screen": (wide_gif, HUGE),
        "webp of 16 million a side": (webp_resized(1 << 24, 1 << 24), HUGE),
        "webp of 16,383 a side": (webp_resized(16_383, 16_383), HUGE),
        "jpeg of 65,500 a side": (jpeg_resized(65_500, 65_500), HUGE),
        "avif of 60,000 a side": (boxes_resized(encoded(quarters(), "AVIF"), 60_000, 60_000), HUGE),
        "heic of 60,000 a side": (boxes_resized(encoded(quarters(), "HEIF"), 60_000, 60_000), HUGE),
        "tiff of 60,000 a side": (tiff(60_000), FORMAT),
        "jpeg of two bytes": (b"\xff\xd8", f"{FORMAT}|damaged"),
        "pdf before a jpeg": (b"%PDF-1.4\n" + encoded(quarters(), "JPEG"), FORMAT),
        "html": (b"<!doctype html><img src=x>", FORMAT),
        "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nquit\n", FORMAT),
        "one byte": (b"\0", FORMAT),
        "no bytes": (b"", "empty"),
    }


def bounded() -> dict[str, bytes]:
    """What is read or not, with bombs beside the picture."""
    zeros = zlib.compress(bytes(100_000_000), 9)
    frame = b"," + struct.pack("<HHHH", 0, 0, 40, 40) + b"\0\x02\x02\x44\1\0"
    return {
        "a colour profile of 100 MB": with_chunk(b"iCCP", b"x\0\0" + zeros),
        "a text of 100 MB": with_chunk(b"zTXt", b"x\0\0" + zeros),
        "another text of 100 MB": with_chunk(b"iTXt", b"x\0\1\0\0\0" + zeros),
        "100 MB more than the picture has pixels": png(96, 64, pixels=zeros),
        "ten thousand frames": encoded(Image.new("L", (40, 40)), "GIF")[:-1] + frame * 10_000 + b";",
    }


@pytest.fixture
async def decoders(request: pytest.FixtureRequest) -> AsyncIterator[Decoders]:
    """As the bot has them."""
    running = Decoders(getattr(request, "param", LIMITS))
    yield running
    await running.close()


async def test_a_bomb_goes_off(decoders: Decoders) -> None:
    """Refused by what the header says, or stopped on the way: the reason is told, the memory bounded, and the worker
    lives."""
    for name, (data, reason) in refused().items():
        with pytest.raises(ImageRefused) as caught:
            await decoders.picture(data, 64)
        assert re.search(reason, str(caught.value)), (name, str(caught.value))
    for name, data in bounded().items():
        assert await _outcome(decoders, data) in ("read", "refused"), name
    [worker] = children("search.decoder")
    assert memory_kb(worker, "VmHWM") < MOST_KB


async def _outcome(decoders: Decoders, data: bytes) -> str:
    try:
        image = await decoders.picture(data, 64)
    except ImageRefused as exc:
        return "crashed" if "broke its decoder" in str(exc) else "refused"
    return "read" if max(image.size) < 200 else "read as something else"


@pytest.mark.parametrize("decoders", [DecodingLimits()], indirect=True, ids=["50 megapixels"])
async def test_the_largest_picture_accepted_takes_more_than_its_share(decoders: Decoders) -> None:
    """Fifty honest megapixels with transparency: read, in the memory that the worker is allowed."""
    rows = zlib.compress(bytes((7_071 * 4 + 1) * 7_071), 1)
    image = await decoders.picture(png(7_071, 7_071, colour_type=6, pixels=rows), 256)
    assert (image.size, image.getpixel((0, 0))) == ((544, 544), WHITE)
    [worker] = children("search.decoder")
    assert memory_kb(worker, "VmHWM") < 700 * 1024
