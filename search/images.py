"""From a stranger's bytes to pixels, safely. The only place where picture files are opened.

Order matters: the header is read first, its size judged, and only then is anything decoded, so that a
decompression bomb costs no more than its header.
"""

import io
import struct
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from search.errors import ImageRefused

ACCEPTED_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "HEIF")
PHOTO_SIDES_LIMIT = 10_000
"""Bot API, sendPhoto: width and height must not exceed 10000 in total."""
PHOTO_RATIO_LIMIT = 20
"""Bot API, sendPhoto: the ratio of the sides must be at most 20."""
PREVIEW_SIDE = 1280
"""Telegram's own clients show photos at 1280 px; a larger upload would be reduced by the server."""


@dataclass(frozen=True, slots=True)
class DecodingLimits:
    """What is refused before anything is decoded."""

    max_pixels: int = 50_000_000
    """RGB of that size takes 150 MB; the largest phone cameras of today take 200 megapixels but Telegram
    reduces photos to 2560 px, so only documents come near."""

    max_side: int = 30_000


def is_heif_accepted() -> bool:
    """Whether HEIC pictures can be read here."""
    return "HEIF" in Image.OPEN


def accept_heif() -> bool:
    """Teaches Pillow HEIC where the optional `heif` extra is installed; says whether it is."""
    try:
        from pillow_heif import register_heif_opener  # noqa: PLC0415 - optional: its wheel carries GPL parts
    except ImportError:
        return False
    register_heif_opener()
    return True


def decode(data: bytes, limits: DecodingLimits, shorter_side: int | None = None) -> Image.Image:
    """The picture in `data` upright, RGB, transparency on white; of an animation the first frame.

    With `shorter_side`, a JPEG may be decoded at a reduced size that still has twice that many pixels on its
    shorter side (7 ms instead of 16 ms for 1280×960).

    Raises:
        ImageRefused: with a reason that a person can read.
    """
    if not data:
        raise ImageRefused("The file is empty.")
    try:
        with Image.open(io.BytesIO(data), formats=ACCEPTED_FORMATS) as image:
            _judge(image.size, limits)
            if shorter_side is not None:
                image.draft("RGB", _draft_size(image.size, 2 * shorter_side))
            return _flatten(_upright(image))
    except ImageRefused:
        raise
    except UnidentifiedImageError as exc:
        raise ImageRefused("The file is not a picture in a format I can read.") from exc
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as exc:
        raise ImageRefused("The picture has too many pixels.") from exc
    except MemoryError as exc:
        raise ImageRefused("The picture needs more memory than there is.") from exc
    except Exception as exc:  # decoders raise what they like; whatever it is, the file is refused
        raise ImageRefused(f"The picture is damaged ({type(exc).__name__}: {exc})."[:300]) from exc


def within_ratio(image: Image.Image, ratio: int = PHOTO_RATIO_LIMIT) -> Image.Image:
    """The middle of a picture that is longer than `ratio` times its width.

    CLIP's own transform makes the shorter side 224 pixels before it crops: of a 1×30,000 picture, 200 bytes as a
    file, that made 6 GB.
    """
    longest = ratio * min(image.size)
    if max(image.size) <= longest:
        return image
    return ImageOps.fit(image, (min(image.width, longest), min(image.height, longest)))


def preview(data: bytes, limits: DecodingLimits) -> bytes:
    """`data` as a JPEG that Telegram takes as a photo, whatever format and shape it came in.

    Raises:
        ImageRefused: as `decode`.
    """
    image = decode(data, limits, shorter_side=PREVIEW_SIDE // 2)
    image.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE), Image.Resampling.LANCZOS)
    needed = -(-max(image.size) // PHOTO_RATIO_LIMIT)
    if min(image.size) < needed:
        image = ImageOps.pad(image, (max(image.width, needed), max(image.height, needed)), color="white")
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=87)
    return buffer.getvalue()


def _judge(size: tuple[int, int], limits: DecodingLimits) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise ImageRefused("The picture has no pixels.")
    if width * height > limits.max_pixels or max(width, height) > limits.max_side:
        raise ImageRefused(
            f"The picture is {width}×{height}; I take up to {limits.max_pixels // 1_000_000} megapixels "
            f"and {limits.max_side} pixels a side."
        )


def _draft_size(size: tuple[int, int], shorter: int) -> tuple[int, int]:
    scale = max(shorter / min(size), 0)
    return (max(1, int(size[0] * scale)), max(1, int(size[1] * scale)))


def _upright(image: Image.Image) -> Image.Image:
    image.load()  # decoding errors belong to the picture; below, only its EXIF can be at fault
    try:
        return ImageOps.exif_transpose(image)
    except (ValueError, TypeError, KeyError, SyntaxError, OSError, struct.error, OverflowError):
        return image  # a broken EXIF block says nothing reliable: show the pixels as they lie


def _flatten(image: Image.Image) -> Image.Image:
    """RGB on white, whatever the mode: palette, CMYK, alpha, 16-bit or float greys."""
    if image.mode.startswith(("I", "F")):
        image = _eight_bits(image)
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(white, layer).convert("RGB")
    return image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Greys of 16 or 32 bits stretched over their own range: `convert("L")` would clip them all to white."""
    wide = image.convert("F")
    low, high = wide.getextrema()
    assert isinstance(low, float) and isinstance(high, float)  # noqa: S101, PT018 - one band
    if image.mode.startswith("I;16"):
        low, high = 0.0, 65535.0
    scale = 255.0 / (high - low) if high > low else 0.0
    return wide.point(lambda value: value * scale - low * scale).convert("L")
