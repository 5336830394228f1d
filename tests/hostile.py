"""Pictures that nobody means well with, made by hand."""

import io

from PIL import Image


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """The picture as a file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def endless_jpeg(width: int = 6_000, height: int = 4_100, scans: int = 100_000) -> bytes:
    """A progressive JPEG of one colour whose shortest scan, a few dozen bytes for the whole picture, comes over and
    over: some MB that take many minutes. Its sides are too long for the sandbox to make a preview."""
    data = encoded(Image.new("L", (width, height), 90), "JPEG", progressive=True)
    starts = [place for place in range(len(data)) if data[place : place + 2] == b"\xff\xda"]
    scans_found = [data[start : _marker_after(data, start + 2)] for start in starts]
    return data[:-2] + min(scans_found, key=len) * scans + data[-2:]


def _marker_after(data: bytes, start: int) -> int:
    """The next marker that ends coded data: neither a stuffed zero nor a restart."""
    return next(
        place for place in range(start, len(data) - 1) if data[place] == 0xFF and not _belongs_to_scan(data[place + 1])
    )


def _belongs_to_scan(code: int) -> bool:
    return code == 0 or 0xD0 <= code <= 0xD7
