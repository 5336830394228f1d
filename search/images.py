"""From a stranger's bytes to pixels. The only place where picture files are opened, and `search.decoder` the only
process: what is wrong in a decoder's C code must not be wrong in the bot's.

Order matters: the header is read first, its size judged, and only then is anything decoded, so that a
decompression bomb costs no more than its header. What was decoded is reduced before it is turned or kept.
"""

import io
import struct
from dataclasses import dataclass
from datetime import datetime

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from search.errors import ImageRefused

ACCEPTED_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "HEIF")
PHOTO_SIDES_LIMIT = 10_000
"""Bot API, sendPhoto: width and height must not exceed 10000 in total."""
PHOTO_RATIO_LIMIT = 20
"""Bot API, sendPhoto: the ratio of the sides must be at most 20."""
LARGEST_SIDE = 2560
"""Of photos that Telegram keeps; more is thrown away."""
LARGEST_PHOTO = 10_000_000
"""Bot API, sendPhoto: bytes."""
PREVIEW_SIDE = 1280
"""Telegram's own clients show photos at 1280 px; a larger upload would be reduced by the server."""

DRAFT_COVER = 1.1
"""Pixels of a JPEG's shorter side, per pixel of the model's input, that are left when it is reduced while decoded. What
goes is what its compression has spoilt most: at 1.2, vectors were as near to the largest size's as with all of it
(cosines of 0.998 and more). Reduced by averaging they were not (0.968): other formats keep twice."""
LEAST_DRAFT = 240
"""The same for a fingerprint, which is made of 320 pixels on the longer side."""

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes each EXIF orientation upright; 1 is."""


@dataclass(frozen=True, slots=True)
class DecodingLimits:
    """What is refused before anything is decoded."""

    max_pixels: int = 50_000_000
    """RGB of that size takes 150 MB; the largest phone cameras of today take 200 megapixels but Telegram
    reduces photos to 2560 px, so only documents come near."""

    max_side: int = 30_000

    cpu_seconds: float = 20.0
    """Processor time for one picture, so that a busy machine refuses none: the slowest honest one of 50 megapixels took
    2, while a JPEG of 20 MB can be made to take minutes."""


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


def decode(
    data: bytes, limits: DecodingLimits, shorter_side: int | None = None, drafted_side: int | None = None
) -> Image.Image:
    """The picture in `data` upright, RGB, transparency on white; of an animation the first frame.

    With `shorter_side`, it is reduced by a whole factor where it still has twice that many pixels on its shorter
    side: a JPEG while it is decoded (7 ms instead of 16 ms for 1280×960), and as far as it has `drafted_side` where
    that is given.

    Raises:
        ImageRefused: with a reason that a person can read.
    """
    if not data:
        raise ImageRefused("The file is empty.")
    try:
        with Image.open(io.BytesIO(data), formats=ACCEPTED_FORMATS) as image:
            _judge(image.size, limits)
            if shorter_side is not None and image.format in ("JPEG", "MPO"):  # for HEIC it would take a thumbnail,
                image.draft("RGB", _draft_size(image.size, drafted_side or 2 * shorter_side))  # which may differ
            image.load()
            _judge(image.size, limits)  # again: of some formats only the decoder knows the size
            return _upright(_reduced(_flattened(image), shorter_side), _orientation(image))
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


def model_input(data: bytes, limits: DecodingLimits, side: int) -> Image.Image:
    """The picture as a model with an input of `side` pixels, and the fingerprint beside it, need it.

    Raises:
        ImageRefused: with a reason that a person can read.
    """
    return decode(data, limits, side, max(round(DRAFT_COVER * side), LEAST_DRAFT))


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
    """`data` as a JPEG that Telegram takes as a photo, whatever format and shape it came in; as it is, where it is one.

    Raises:
        ImageRefused: as `decode`.
    """
    image = decode(data, limits, shorter_side=PREVIEW_SIDE // 2)
    if _is_photo(data):
        return data
    image.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE), Image.Resampling.LANCZOS)
    needed = -(-max(image.size) // PHOTO_RATIO_LIMIT)
    if min(image.size) < needed:
        image = ImageOps.pad(image, (max(image.width, needed), max(image.height, needed)), color="white")
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=87)
    return buffer.getvalue()


def taken(data: bytes) -> datetime | None:
    """When a camera says that it took the picture; naive where it does not say in which time zone.

    Only the file's header is read. None where it says nothing that can be understood.
    """
    try:
        with Image.open(io.BytesIO(data), formats=ACCEPTED_FORMATS) as image:
            told = image.getexif().get_ifd(ExifTags.IFD.Exif)
        moment = datetime.strptime(str(told[ExifTags.Base.DateTimeOriginal])[:19], "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007
        offset = str(told.get(ExifTags.Base.OffsetTimeOriginal, "")).strip("\0 ")
        return datetime.fromisoformat(f"{moment.isoformat()}{offset}")
    except Exception:  # noqa: BLE001 - decoders raise what they like, and the file's own date will do
        return None


def _is_photo(data: bytes) -> bool:
    """Whether a picture that can be decoded is as Telegram keeps photos: to compress it once more would only harm it.
    One with EXIF may say where it was taken, and is not handed on."""
    with Image.open(io.BytesIO(data), formats=ACCEPTED_FORMATS) as image:
        is_plain = image.format == "JPEG" and image.mode in ("RGB", "L") and not image.getexif()
        is_shaped = max(image.size) <= min(LARGEST_SIDE, PHOTO_RATIO_LIMIT * min(image.size))
        return is_plain and is_shaped and len(data) <= LARGEST_PHOTO


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


def _orientation(image: Image.Image) -> int:
    """As EXIF or XMP say it, 1 to 8; 1 where they are broken: then the pixels are shown as they lie."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except (ValueError, TypeError, KeyError, SyntaxError, OSError, struct.error, OverflowError):
        return 1


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    turn = TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def _reduced(image: Image.Image, shorter_side: int | None) -> Image.Image:
    factor = 1 if shorter_side is None else min(image.size) // (2 * shorter_side)
    return image if factor < 2 else image.reduce(factor)


def _flattened(image: Image.Image) -> Image.Image:
    """RGB on white, whatever the mode: palette, CMYK, alpha, 16-bit or float greys.

    Pasted, not composited: of 50 megapixels with transparency that takes 400 MB instead of 800.
    """
    if image.mode.startswith(("I", "F")):
        image = _eight_bits(image)
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        white = Image.new("RGB", layer.size, "white")
        white.paste(layer, mask=layer)
        return white
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
