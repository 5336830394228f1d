"""What Telegram makes of an uploaded photo: JPEG sizes of at most 90, 320, 800 and 1280 pixels.

https://core.telegram.org/bots/api#photosize and #sendphoto
"""

import hashlib
import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from sandbox import file_ids
from sandbox.errors import BadRequest

MAX_PHOTO_BYTES = 10 * 1024 * 1024
MAX_SIDES = 10_000
MAX_RATIO = 20
LONGEST_SIDES = {"s": 90, "m": 320, "x": 800, "y": 1280}
THUMBNAIL_SIDE = 320
QUALITY = 87
"""About what Telegram's own clients use."""


@dataclass(frozen=True)
class Size:
    """One JPEG of a photo: its id, true dimensions in pixels, and bytes."""

    unique_id: str
    width: int
    height: int
    content: bytes


@dataclass(frozen=True)
class Picture:
    """A photo as Telegram keeps it, smallest size first."""

    digest: str
    sizes: tuple[Size, ...]


def picture(content: bytes) -> Picture:
    """The sizes of an uploaded photo. Raises BadRequest for what Telegram does not take as a photo."""
    if not content:
        raise BadRequest("file must be non-empty")
    if len(content) > MAX_PHOTO_BYTES:
        raise BadRequest(
            f"file of size {len(content)} bytes is too big for a photo; the maximum size is {MAX_PHOTO_BYTES} bytes"
        )
    image = _decoded(content)
    boxes = _boxes(*image.size)
    sizes: list[Size] = []
    for letter, box in reversed(boxes.items()):  # each smaller size is made from the one before it
        image = _resized(image, box)
        sizes.insert(0, Size(file_ids.unique_id("photo", content, letter), *box, _jpeg(image)))
    return Picture(hashlib.sha256(content).hexdigest(), tuple(sizes))


def thumbnail(content: bytes) -> Size | None:
    """A document's preview, or None where it is no picture."""
    try:
        image = _decoded(content)
    except BadRequest:
        return None
    box = _scaled(*image.size, THUMBNAIL_SIDE)
    image = _resized(image, box)
    return Size(file_ids.unique_id("thumbnail", content), *box, _jpeg(image))


def _decoded(content: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's warnings about odd metadata are nobody's business here
            image = Image.open(io.BytesIO(content))
            _check_dimensions(*image.size)
            image.draft("RGB", (LONGEST_SIDES["y"], LONGEST_SIDES["y"]))  # a JPEG is decoded no larger than needed
            ImageOps.exif_transpose(image, in_place=True)
            return _flat(image)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as exc:
        raise BadRequest("IMAGE_PROCESS_FAILED") from exc


def _check_dimensions(width: int, height: int) -> None:
    if width + height > MAX_SIDES or max(width, height) > MAX_RATIO * min(width, height):
        raise BadRequest("PHOTO_INVALID_DIMENSIONS")


def _flat(image: Image.Image) -> Image.Image:
    """RGB, with what is transparent shown on white."""
    image.load()
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    ground = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(ground, layer).convert("RGB")


def _boxes(width: int, height: int) -> dict[str, tuple[int, int]]:
    """Size letters to dimensions; nothing is enlarged, so the last one may be the original's."""
    boxes = {}
    for letter, side in LONGEST_SIDES.items():
        boxes[letter] = _scaled(width, height, side)
        if side >= max(width, height):
            break
    return boxes


def _scaled(width: int, height: int, longest: int) -> tuple[int, int]:
    scale = min(1.0, longest / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _resized(image: Image.Image, box: tuple[int, int]) -> Image.Image:
    """As small as `box`: whole factors first, which is three times faster than filtering every pixel."""
    return image if image.size == box else image.resize(box, Image.Resampling.BILINEAR, reducing_gap=1.0)


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()
