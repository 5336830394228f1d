"""What Telegram makes of an uploaded photo: JPEG sizes of at most 90, 320, 800, 1280 and 2560 pixels.

https://core.telegram.org/bots/api#photosize and #sendphoto
"""

import hashlib
import io
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import ExifTags, Image

from sandbox import file_ids
from sandbox.errors import BadRequest

MAX_PHOTO_BYTES = 10 * 1024 * 1024
MAX_SIDES = 10_000
MAX_RATIO = 20
LONGEST_SIDES = {"s": 90, "m": 320, "x": 800, "y": 1280, "w": 2560}
THUMBNAIL_SIDE = 320
QUALITY = 87
"""About what Telegram's own clients use."""
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
"""What is taken as a picture; Pillow knows many more."""
_SIDEWAYS = frozenset({5, 6, 7, 8})
"""EXIF orientations that swap width and height."""
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientations to what puts the picture upright."""
_UNREADABLE = (
    OSError,  # with UnidentifiedImageError
    ValueError,
    SyntaxError,
    TypeError,
    LookupError,
    EOFError,
    OverflowError,
    AttributeError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
"""What Pillow's readers raise for broken files."""
Box = tuple[int, int]


class Picture:
    """A photo as Telegram keeps it. Dimensions are known at once, the JPEGs are made when first needed."""

    def __init__(self, content: bytes) -> None:
        """Raises BadRequest for what Telegram does not take as a photo, as far as its head tells."""
        _check_bytes(content)
        boxes = _boxes(*_dimensions(content))
        self.digest = hashlib.sha256(content).hexdigest()
        self.sizes = tuple(
            Size(file_ids.unique_id("photo", content, letter), *box, self) for letter, box in boxes.items()
        )
        """Smallest first."""
        self._source: bytes | None = content
        self._lock = threading.Lock()
        self._jpegs: dict[str, bytes] = {}

    @property
    def encoded(self) -> bool:
        """Whether the JPEGs are there already."""
        return self._source is None

    def encode(self) -> None:
        """Makes all sizes, some milliseconds of work. Raises BadRequest when the photo cannot be decoded."""
        with self._lock:
            if self._source is None:
                return
            image = _decoded(self._source)
            for size in reversed(self.sizes):  # each smaller one is made from the one before
                image = _resized(image, (size.width, size.height))
                self._jpegs[size.unique_id] = _jpeg(image)
            self._source = None

    def jpeg(self, unique_id: str) -> bytes:
        """One size's bytes."""
        self.encode()
        return self._jpegs[unique_id]


@dataclass(frozen=True)
class Size:
    """One JPEG of a photo: its id and true dimensions in pixels."""

    unique_id: str
    width: int
    height: int
    picture: Picture

    @property
    def content(self) -> bytes:
        """The JPEG."""
        return self.picture.jpeg(self.unique_id)


@dataclass(frozen=True)
class Thumbnail:
    """A document's preview: its id, dimensions in pixels and JPEG."""

    unique_id: str
    width: int
    height: int
    content: bytes


def thumbnail(content: bytes) -> Thumbnail | None:
    """A document's preview, or None where it is no picture."""
    try:
        _check_sides(*_dimensions(content))
        image = _decoded(content)
    except BadRequest:
        return None
    box = _scaled(*image.size, THUMBNAIL_SIDE)
    return Thumbnail(file_ids.unique_id("thumbnail", content), *box, _jpeg(_resized(image, box)))


def _check_bytes(content: bytes) -> None:
    if not content:
        raise BadRequest("file must be non-empty")
    if len(content) > MAX_PHOTO_BYTES:
        reason = (
            f"file of size {len(content)} bytes is too big for a photo; the maximum size is {MAX_PHOTO_BYTES} bytes"
        )
        raise BadRequest(reason)


def _check_sides(width: int, height: int) -> None:
    if width + height > MAX_SIDES or max(width, height) > MAX_RATIO * min(width, height):
        raise BadRequest("PHOTO_INVALID_DIMENSIONS")


@contextmanager
def _opened(content: bytes) -> Iterator[Image.Image]:
    """A picture whose pixels are not decoded yet."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's warnings about odd metadata are nobody's business here
            with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
                yield image
    except _UNREADABLE as exc:
        raise BadRequest("IMAGE_PROCESS_FAILED") from exc


def _dimensions(content: bytes) -> Box:
    """Width and height as they will be seen."""
    with _opened(content) as image:
        _check_sides(*image.size)
        width, height = image.size
        return (height, width) if _orientation(image) in _SIDEWAYS else (width, height)


def _decoded(content: bytes) -> Image.Image:
    with _opened(content) as image:
        image.draft("RGB", (LONGEST_SIDES["w"], LONGEST_SIDES["w"]))  # a JPEG is decoded no larger than needed
        turn = _TURNS.get(_orientation(image))
        flat = _flat(image)
        return flat if turn is None else flat.transpose(turn)


def _orientation(image: Image.Image) -> int:
    """How the picture is to be turned, by its EXIF data; metadata that cannot be read turns nothing."""
    try:
        found = image.getexif().get(ExifTags.Base.Orientation)
        return found if isinstance(found, int) else 1
    except _UNREADABLE:
        return 1


def _flat(image: Image.Image) -> Image.Image:
    """RGB, with what is transparent shown on white."""
    image.load()
    if not image.has_transparency_data:
        return image.convert("RGB") if image.mode != "RGB" else image
    layer = image.convert("RGBA")
    ground = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(ground, layer).convert("RGB")


def _boxes(width: int, height: int) -> dict[str, Box]:
    """Size letters to dimensions; nothing is enlarged, so the last one may be the original's."""
    boxes = {}
    for letter, side in LONGEST_SIDES.items():
        boxes[letter] = _scaled(width, height, side)
        if side >= max(width, height):
            break
    return boxes


def _scaled(width: int, height: int, longest: int) -> Box:
    scale = min(1.0, longest / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _resized(image: Image.Image, box: Box) -> Image.Image:
    """As small as `box`: whole factors first, which is three times faster than filtering every pixel."""
    return image if image.size == box else image.resize(box, Image.Resampling.BILINEAR, reducing_gap=1.0)


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()
