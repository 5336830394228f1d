"""Small honest pictures, in as many dialects of each accepted format as Pillow can write."""

import random
from typing import Any

from PIL import Image, ImageCms

from search.images import accept_heif
from tests.fuzzing.containers import parts
from tests.hostile import encoded

SIDE = 96
"""Pixels of each side."""


def seeds() -> list[tuple[str, bytes]]:
    """(format, file) pairs."""
    accept_heif()
    picture = _picture()
    clear, grey, palette = picture.convert("RGBA"), picture.convert("L"), picture.quantize(32)
    clear.putalpha(Image.linear_gradient("L").resize(picture.size))
    frames = [picture.rotate(90 * turn) for turn in range(3)]
    extras = {"exif": _exif(), "icc_profile": _profile()}
    moving = {"save_all": True, "append_images": frames[1:], "duration": 40}
    sixteen = Image.new("I;16", picture.size, 40_000)
    made: list[tuple[str, Image.Image, dict[str, Any]]] = [
        ("JPEG", picture, {}),
        ("JPEG", picture, {"progressive": True, "quality": 95, "subsampling": 0, **extras}),
        ("JPEG", grey, {"restart_marker_blocks": 2}),
        ("JPEG", picture.convert("CMYK"), {"optimize": True}),
        ("MPO", picture, {"save_all": True, "append_images": frames[1:]}),
        ("PNG", picture, extras),
        ("PNG", clear, {"compress_level": 0}),
        ("PNG", palette, {"transparency": 3, "bits": 4}),
        ("PNG", sixteen, {}),
        ("PNG", picture.convert("1"), {}),
        ("PNG", frames[0], {"save_all": True, "append_images": frames[1:]}),
        ("GIF", palette, {}),
        ("GIF", frames[0], {**moving, "transparency": 0, "disposal": 2}),
        ("WEBP", picture, extras),
        ("WEBP", picture, {"lossless": True}),
        ("WEBP", clear, {"quality": 60}),
        ("WEBP", frames[0], moving),
        ("AVIF", picture, {"speed": 10, **extras}),
        ("AVIF", clear, {"speed": 10}),
        ("AVIF", frames[0], {"speed": 10, **moving}),
        ("HEIF", picture, extras),
        ("HEIF", clear, {}),
    ]
    return [
        ("JPEG" if kind == "MPO" else kind, _timeless(encoded(image, kind, **options))) for kind, image, options in made
    ]


def _picture(side: int = 96) -> Image.Image:
    """Smooth and rough parts; the same every time."""
    rough = Image.frombytes("RGB", (side, side), random.Random(5).randbytes(3 * side * side))
    smooth = Image.merge(
        "RGB", (Image.linear_gradient("L"), Image.radial_gradient("L"), Image.new("L", (256, 256), 99))
    )
    return Image.blend(rough, smooth.resize((side, side)), 0.8)


def _exif() -> bytes:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x8769] = 6, "Maker", {0x9286: b"comment" * 9}
    return exif.tobytes()


def _profile() -> bytes:
    """Without the moment of its making, in bytes 24 to 36."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile[:24] + bytes(12) + profile[36:]


def _timeless(data: bytes) -> bytes:
    """Without the moments that an AVIF sequence notes behind the version of some of its boxes."""
    whole = bytearray(data)
    for start, _ in parts(data) if data[4:8] == b"ftyp" else []:
        if data[start + 4 : start + 8] in (b"mvhd", b"tkhd", b"mdhd"):
            length = 16 if data[start + 8] else 8
            whole[start + 12 : start + 12 + length] = bytes(length)
    return bytes(whole)
