"""Pictures that nobody means well with, made by hand."""

import io
import struct
import zlib

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


def png(width: int, height: int, *, depth: int = 8, colour_type: int = 2, pixels: bytes = zlib.compress(b"")) -> bytes:
    """A PNG by hand: `pixels` are its compressed rows, or whatever else."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
